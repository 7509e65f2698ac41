"""Edited rule files: taken over without a restart, or refused; pure parts, and a running engine."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from alerts.cli import start_files
from alerts.last_good import keep, last_good
from alerts.leader import Centre
from alerts.live_bus import LiveBus
from alerts.metrics import Metrics
from alerts.receivers import Receivers
from alerts.reloading import Files, Reloader, digest, read_again
from alerts.route_file import load_routing
from alerts.rule import Rule
from alerts.rule_changes import RuleChanges, rule_changes
from alerts.rule_file import load_rules
from ioc_core.bus import Bus
from ioc_core.db import Pool
from ioc_core.errors import ConfigError, ConfigErrors
from ioc_core.live import Facts
from ioc_core.oncall import OnCall
from ioc_core.settings import Settings
from tests.alerts.conftest import ROUTES
from tests.alerts.engine_process import engine_process
from tests.alerts.facts import notify, set_gauge
from tests.alerts.night import ZONE
from tests.alerts.phone import Phone
from tests.alerts.test_rule_file import GOOD, TEMPLATES, write
from tests.conftest import CONFIG

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TWO = GOOD + GOOD[GOOD.index("      - alert") :].replace("SystemDown", "PortalDown").replace("NOT success", "success")


def rules_of(folder: Path, text: str) -> tuple[Rule, ...]:
    """The rules of a file with that text."""
    return load_rules(write(folder, text), TEMPLATES)


CHANGES = [
    ("nothing", TWO, TWO, RuleChanges((), (), (), {})),
    ("only lines", TWO, "# a remark\n" + TWO, RuleChanges((), (), (), {})),
    ("one more", GOOD, TWO, RuleChanges(("PortalDown",), (), (), {})),
    ("one less", TWO, GOOD, RuleChanges((), ("PortalDown",), (), {})),
    ("another text", TWO, TWO.replace('"{{ target }}"', '"x"', 1), RuleChanges((), (), ("SystemDown",), {})),
    ("an interval for all", TWO, TWO.replace("30s", "10s"), RuleChanges((), (), ("SystemDown", "PortalDown"), {})),
    ("another name", TWO, TWO.replace("SystemDown", "SiteDown"), RuleChanges((), (), (), {"SystemDown": "SiteDown"})),
    ("another name and another text", GOOD, GOOD.replace("SystemDown", "SiteDown").replace("1m", "2m"),
     RuleChanges((), (), (), {"SystemDown": "SiteDown"})),
    ("another name and question", GOOD, GOOD.replace("SystemDown", "Up").replace("NOT success", "success"),
     RuleChanges(("Up",), ("SystemDown",), (), {})),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_what_is_said_of_a_change(tmp_path: Path, old: str, new: str, expected: RuleChanges) -> None:
    before = rules_of(tmp_path, old)
    assert rule_changes(before, rules_of(tmp_path, new)) == expected


class Watched:
    """A folder with rules, its reloader, and a database that objects to rules named `Bad`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.away = False
        self.registry = CollectorRegistry()
        (folder / "routes.yaml").write_text(ROUTES, encoding="utf-8")
        centre = Centre(
            rules=rules_of(folder, GOOD),
            routing=load_routing(folder),
            receivers=Receivers({}, {}, (), {}),
            templates=TEMPLATES,
            live_bus=LiveBus(Settings(), lambda: ""),
            metrics=Metrics(self.registry),
            console_url="",
            public_url="",
            pool_size=2,
            clock=lambda: NOW,
            zone=ZONE,
            oncall=OnCall(),
        )
        self.files = Files(centre, NOW - timedelta(hours=1))
        self.kept: list[str] = []
        self.reloader = Reloader(self.files, folder, read=self._read, check_sql=self._check_sql, keep=self._keep)

    def _keep(self) -> None:
        self.kept.append((self.folder / "rules" / "a.yaml").read_text(encoding="utf-8"))

    def _read(self, centre: Centre) -> Centre:
        return read_again(self.folder, centre, lambda _routing, _oncall: Receivers({}, {}, (), {}))

    async def _check_sql(self, rules: Sequence[Rule]) -> list[ConfigError]:
        if self.away:
            raise OSError("away")
        self.asked += [rule.alert for rule in rules]
        return [ConfigError(file="a", line=1, what="x", reason="bad") for rule in rules if rule.alert == "Bad"]

    async def edit(self, text: str, looks: int = 2) -> list[str]:
        """Write the file, look so often; return the names of the rules in use."""
        write(self.folder, text)
        for _ in range(looks):
            await self.reloader.look()
        return [rule.alert for rule in self.files.centre.rules]


@pytest.fixture
async def watched(tmp_path: Path) -> Watched:
    """A reloader that has looked once before."""
    made = Watched(tmp_path)
    assert await made.edit(GOOD) == ["SystemDown"]
    assert not made.files.moved.is_set()
    return made


async def test_an_edited_file_is_taken_over_once_it_rests(watched: Watched) -> None:
    assert await watched.edit(TWO, looks=1) == ["SystemDown"]
    assert await watched.edit(TWO, looks=1) == ["SystemDown", "PortalDown"]
    assert watched.asked == ["PortalDown"]  # the database is asked of what is new
    assert watched.files.moved.is_set()
    assert watched.files.loaded_at == NOW
    assert watched.kept[-1] == TWO
    centre = watched.files.centre
    assert await watched.edit(TWO, looks=3) == ["SystemDown", "PortalDown"]
    assert watched.files.centre is centre


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (GOOD.replace("for: 1m", "for: x"), "a.yaml:10: groups[0].rules[0].for 'x': is not a duration"),
        (GOOD[:70], "a.yaml:"),
        (TWO.replace("PortalDown", "Bad"), "a:1: x: bad"),
        ("", "a.yaml:1: file None: must be"),
    ],
)
async def test_a_broken_file_is_refused_and_the_old_rules_stay(watched: Watched, broken: str, complaint: str) -> None:
    before = watched.files.centre
    await watched.edit(broken, looks=4)
    assert watched.files.centre is before
    assert watched.files.refusal is not None and watched.files.refusal.at == NOW
    assert complaint in watched.files.refusal.problems[0]
    assert complaint in (await watched.files.note() or "")
    assert watched.registry.get_sample_value("ioc_rules_last_reload_successful") == 0
    assert broken not in watched.kept
    assert await watched.edit(GOOD) == ["SystemDown"]
    assert watched.files.refusal is None
    assert watched.files.centre is before, "put back as it was: nothing to begin anew"
    assert watched.registry.get_sample_value("ioc_rules_last_reload_successful") == 1


async def test_a_database_that_is_away_is_asked_again(watched: Watched) -> None:
    watched.away = True
    assert await watched.edit(TWO, looks=3) == ["SystemDown"]
    assert watched.files.refusal is None
    watched.away = False
    assert await watched.edit(TWO, looks=1) == ["SystemDown", "PortalDown"]


async def test_a_renamed_rule_is_known_by_what_it_asks(watched: Watched) -> None:
    assert await watched.edit(GOOD.replace("SystemDown", "SiteDown")) == ["SiteDown"]
    assert watched.files.renamed == {"SystemDown": "SiteDown"}


def test_the_digest_sees_content_names_and_routes(tmp_path: Path) -> None:
    seen = {digest(write(tmp_path, GOOD)), digest(write(tmp_path, TWO)), digest(write(tmp_path, GOOD, "b.yaml"))}
    (tmp_path / "routes.yaml").write_text(ROUTES)
    seen.add(digest(tmp_path))
    (tmp_path / "rules" / "tests").mkdir()
    (tmp_path / "rules" / "tests" / "a.yaml").write_text("not a rule file")
    seen.add(digest(tmp_path))
    assert len(seen) == 4


RULES = """
groups:
  - name: test
    interval: 1h
    rules:
      - alert: GaugeHigh
        expr: SELECT labels->>'host' AS host, value FROM v_series WHERE metric = 'test_gauge' AND value > 10
        severity: 2
        annotations: {summary: "{{ host }}: {{ value | number }}"}
"""
SECOND = RULES[RULES.index("      - alert") :].replace("GaugeHigh", "GaugeLow").replace("> 10", "< 1")


@pytest.mark.slow
async def test_a_running_engine_takes_over_edited_files(
    configured: Callable[..., Settings], pool: Pool, bus: Bus, phone: Phone
) -> None:
    settings = configured(RULES)

    async def until(sql: str) -> None:
        async with asyncio.timeout(10):
            while not await pool.fetchval(sql):
                await asyncio.sleep(0.05)

    async with (
        engine_process(settings, PHONE_URL=phone.url) as engine,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{engine.port}", trust_env=False) as client,
    ):
        await engine.until_leading()
        await set_gauge(pool, 11, host="a")
        await notify(bus, Facts.SAMPLES)
        await phone.until(lambda p: len(p.calls) == 1)
        await set_gauge(pool, 0, host="b")
        configured(RULES + SECOND)
        await phone.until(lambda p: len(p.calls) == 2)
        assert phone.calls[1].body["title"] == "[P2] b: 0"

        configured(RULES + SECOND.replace("value < 1", "valu < 1"))  # only the database knows
        await until("SELECT refused_at IS NOT NULL FROM v_rule_files")
        (problem,) = await pool.fetchval("SELECT problems FROM v_rule_files")
        assert f'{settings.config_dir}/rules/test.yaml:11: expr: column "valu" does not exist' in problem
        ready = await client.get("/readyz")
        assert (ready.status_code, problem in ready.json()["notes"]["rules"]) == (200, True)
        assert "ioc_rules_last_reload_successful 0.0" in await engine.metrics()
        await set_gauge(pool, 0, host="c")
        await notify(bus, Facts.SAMPLES)
        await phone.until(lambda p: len(p.calls) == 3)  # the old rules go on

        configured(RULES.replace("GaugeHigh", "GaugeHot"))
        await until("SELECT refused_at IS NULL FROM v_rule_files")
        await phone.until(lambda p: len(p.calls) == 7, within=10)
        titles = sorted(call.body["title"] for call in phone.calls[3:])
        assert titles == ["[P2] a: 11", "[ĐÃ HẾT] a: 11", "[ĐÃ HẾT] b: 0", "[ĐÃ HẾT] c: 0"]
        notes = await pool.fetch(
            "SELECT a.rule, h.note FROM alert_history h JOIN alerts a ON a.id = h.alert_id"
            " WHERE kind = 'resolved' ORDER BY a.id"
        )
        assert [tuple(row) for row in notes] == [
            ("GaugeHigh", "the rule is now called GaugeHot"),
            ("GaugeLow", "the rule is no longer there"),
            ("GaugeLow", "the rule is no longer there"),
        ]
        assert await pool.fetchval("SELECT epoch FROM alert_leader") == 1, "the same leader all the time"
        assert await engine.terminate() == 0
    assert b"Traceback" not in engine.output


@pytest.mark.slow
async def test_a_start_with_a_broken_file_goes_on_with_what_was_in_use(
    configured: Callable[..., Settings], pool: Pool, bus: Bus, phone: Phone
) -> None:
    settings = configured(RULES)
    async with engine_process(settings, PHONE_URL=phone.url) as engine:
        await engine.until_leading()
        assert await engine.terminate() == 0
    configured(RULES.replace("severity: 2", "severity: 8"))
    async with engine_process(settings, PHONE_URL=phone.url) as engine:
        await engine.until_leading()
        await set_gauge(pool, 11, host="a")
        await notify(bus, Facts.SAMPLES)
        await phone.until(lambda p: len(p.calls) == 1)
        assert phone.calls[0].body["title"] == "[P2] a: 11"
        async with asyncio.timeout(10):
            while not (problems := await pool.fetchval("SELECT problems FROM v_rule_files")):
                await asyncio.sleep(0.05)
        assert f"{settings.config_dir}/rules/test.yaml:" in problems[0]
        assert "ioc_rules_last_reload_successful 0.0" in await engine.metrics()
        mended = RULES.replace("severity: 2", "severity: 3")
        configured(mended)
        async with asyncio.timeout(10):
            while await pool.fetchval("SELECT problems FROM v_rule_files"):
                await asyncio.sleep(0.05)
        await set_gauge(pool, 12, host="b")
        await notify(bus, Facts.SAMPLES)
        await phone.until(lambda p: len(p.calls) == 2)
        assert phone.calls[1].body["title"] == "[P3] b: 12"
        assert await engine.terminate() == 0
    kept = settings.data_dir / "alerts" / "config" / "rules" / "test.yaml"
    assert kept.read_text(encoding="utf-8") == mended


@pytest.mark.parametrize("before", ["nothing", "broken as well"])
def test_a_start_without_anything_that_can_be_read_names_the_place_in_config(
    settings: Settings, tmp_path: Path, before: str
) -> None:
    broken = tmp_path / "config"
    shutil.copytree(CONFIG, broken)
    (broken / "routes.yaml").write_text("route: 1\n", encoding="utf-8")
    if before != "nothing":
        keep(broken, settings.data_dir)
        assert last_good(settings.data_dir).is_dir()
    with pytest.raises(ConfigErrors) as refused:
        start_files(settings.model_copy(update={"config_dir": broken}))
    assert {error.file for error in refused.value.errors} == {str(broken / "routes.yaml")}
