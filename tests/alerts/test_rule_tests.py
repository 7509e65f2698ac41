"""`ioc rules test`: files, comparison, the clock that is turned, and whole runs in a database of their own."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from alerts.query import ROLE
from alerts.rule_tests.acts import make_override, make_silence
from alerts.rule_tests.command import Suite, load_suite, run_suite, run_tests
from alerts.rule_tests.comparing import Found, FoundAlert, FoundNotification, difference
from alerts.rule_tests.coverage import coverage
from alerts.rule_tests.file import load_timelines
from alerts.rule_tests.model import CheckModel, OverrideModel, SilenceModel
from alerts.simulated_time import SETTING, SimulatedSession, View, at_simulated_time, by_the_clock, simulate
from alerts.views import ROLLED_UP, VIEWS
from ioc_core.db import Pool, connect
from ioc_core.engine import EmbeddedPostgres
from ioc_core.errors import ConfigErrors, InputError
from ioc_core.events import DossierEvent, Sample, SecurityEvent
from ioc_core.oncall import load_oncall
from ioc_core.settings import Settings
from tests.alerts.facts import add_dossier, set_gauge
from tests.alerts.test_shipped_rules import RULES as SHIPPED
from tests.alerts.test_shipped_rules import add_probe, add_source
from tests.conftest import CONFIG

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = "pg_temp.simulated_now()"

CALLS = [
    ("SELECT now()", f"SELECT {NOW}"),
    ("SELECT NOW( ), pg_catalog.now()", f"SELECT {NOW}, {NOW}"),
    ("SELECT current_date, CURRENT_TIMESTAMP(3)", f"SELECT ({NOW})::date, {NOW}"),
    ("SELECT x.now, now AS now, snow(), \"now()\", x.current_date", None),
    ("SELECT 'now()', $$now()$$, $a$ now() $a$ -- now()\n /* now() */", None),
    ("SELECT 'it''s' || now()", f"SELECT 'it''s' || {NOW}"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), CALLS)
def test_what_tells_the_time_is_replaced(sql: str, expected: str | None) -> None:
    assert at_simulated_time(sql) == (expected or sql)


def test_views_over_views_that_tell_the_time_are_made_anew_in_order() -> None:
    views = {
        1: View(1, "outer", " SELECT * FROM inner_view;", (2,)),
        2: View(2, "inner_view", " SELECT now();", ()),
        3: View(3, "still", " SELECT 1;", ()),
        4: View(4, "changed", " SELECT 2;", ()),
    }
    assert by_the_clock(views, {"changed": "SELECT 3"}) == [
        ("inner_view", f" SELECT {NOW}"), ("outer", " SELECT * FROM inner_view"), ("changed", "SELECT 3"),
    ]  # fmt: skip


async def test_at_the_present_every_simulated_view_says_what_the_real_one_does(
    alert_pool: Pool, alert_dsn: str
) -> None:
    now = datetime.now(UTC)
    await add_dossier(alert_pool, "A", due_at=now - timedelta(days=1))
    await add_dossier(alert_pool, "B", status=1, channel=2, filed_at=now - timedelta(days=9))
    await add_probe(alert_pool, "p", certificate_not_after=now + timedelta(days=9))
    await add_source(alert_pool, "s", seen=now - timedelta(hours=1), within=60)
    await set_gauge(alert_pool, 3, host="a")
    connection = await connect(alert_dsn, application="test")
    try:
        await simulate(connection)
        async with connection.transaction(readonly=True):
            await connection.execute(f"SET LOCAL ROLE {ROLE}")
            await connection.execute(f"SELECT set_config('{SETTING}', now()::text, true)")
            for view in (view for view in VIEWS if view.startswith("v_")):
                real = await connection.fetch(f"SELECT to_jsonb(v)::text FROM public.{view} v ORDER BY 1")
                simulated = await connection.fetch(f"SELECT to_jsonb(v)::text FROM {view} v ORDER BY 1")
                assert real == simulated, view
        clock = [now - timedelta(days=2)]
        session = SimulatedSession(connection, lambda: clock[0])
        assert len((await session.ask(SHIPPED["DossierOverdue"])).rows) == 0
        clock[0] = now + timedelta(days=6)
        (row,) = (await session.ask(SHIPPED["DossierOverdue"])).rows
        assert (row["code"], row["value"], row["grade"]) == ("A", 7, 2)
    finally:
        await connection.close()


FILE = """\
tests:
  - name: A
    rules: [Hot]
    start: 2026-11-20T08:00:00
    events:
      - at: 1m
        times: 2
        every: 30s
        security: {event_outcome: failure, source_ip: 203.0.113.1}
      - at: 2m
        dossier: {code: H1, status: 2, filed_at: -3d, due_at: +1h}
      - at: 0s
        series: {metric: load, labels: {host: a}, values: 1 _ 3.5}
    expect:
      - at: 1m
        alerts: []
      - at: 2m
        notifications: [{receiver: duty}]
"""


def written(folder: Path, text: str) -> Path:
    """A file of tests with that text."""
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    (timeline,) = load_timelines([written(tmp_path, FILE)], ["Hot"], ZONE)
    start = datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert timeline.start == start
    seconds = [((told.at - start).total_seconds(), type(told.what)) for told in timeline.told]
    assert seconds == [(0, Sample), (60, SecurityEvent), (90, SecurityEvent), (120, DossierEvent), (120, Sample)]
    ids = {told.what.event_id for told in timeline.told if isinstance(told.what, SecurityEvent)}
    assert len(ids) == 2
    dossier = timeline.told[3].what
    assert isinstance(dossier, DossierEvent) and dossier.filed_at is not None and dossier.due_at is not None
    assert (dossier.filed_at - start, dossier.due_at - start) == (timedelta(days=-3), timedelta(hours=1))
    assert [check.place.line for check in timeline.checks] == [15, 17]
    assert timeline.expects_something


MANY = """\
tests:
  - name: Many
    rules: [Hot]
    start: 2026-11-20T08:00:00
    events:
      - at: -2d
        times: 2
        every: 1d
        each_time: 2
        dossier: {code: "H{n}", status: 2, filed_at: at-3h, due_at: at}
    expect: [{at: 1m, alerts: [{state: firing}]}]
"""


def test_many_are_told_at_once_and_before_the_start(tmp_path: Path) -> None:
    (timeline,) = load_timelines([written(tmp_path, MANY)], ["Hot"], ZONE)
    days, hours = timedelta(days=1), timedelta(hours=1)
    found = [
        (told.at - timeline.start, told.what.code, told.what.received_at, told.what.filed_at, told.what.due_at)
        for told in timeline.told
        if isinstance(told.what, DossierEvent)
    ]
    assert found == [
        (after, code, timeline.start + after, timeline.start + after - 3 * hours, timeline.start + after)
        for after, code in ((-2 * days, "H0"), (-2 * days, "H1"), (-days, "H2"), (-days, "H3"))
    ]


WRONG = [
    ("Hot", "Cold", "a.yaml:3: tests[0].rules[0] 'Cold': is no rule of config/rules"),
    ("code: H1, ", "", "a.yaml:11: tests[0].events[1].dossier: Object missing required field `code`"),
    ("code: H1", "code: H1, kode: 1", "a.yaml:11: tests[0].events[1].dossier: Object contains unknown field `kode`"),
    ("status: 2", "status: 99", "a.yaml:11: tests[0].events[1].dossier: Invalid enum value 99 - at `$.status`"),
    ("values: 1 _ 3.5", "values: 1 x", "a.yaml:13: tests[0].events[2].series: values: 'x' is neither a number nor _"),
    ("at: 2m\n        notif", "at: 1m\n        notif", "a.yaml:17: tests[0].expect[1].at '1m': isn't later than"),
    ("alerts: []", "alert: []", "a.yaml:16: tests[0].expect[0].alert: unknown key"),
    ("        alerts: []\n", "", "a.yaml:15: tests[0].expect[0]: must say what alerts or what"),
    ("dossier:", "probe: {target: x, success: true}\n        dossier:",
     "a.yaml:10: tests[0].events[1]: must be exactly one"),
    ("rules: [Hot]", "rules: [Hot, Hot2]", "a.yaml:3: tests[0].rules[1] 'Hot2': is no rule"),
    ("at: 1m\n        times", "at: -x\n        times", "a.yaml:6: tests[0].events[0].at '-x': is not a duration"),
    ("security: {event_outcome: failure, source_ip: 203.0.113.1}", "evaluation: {rule: Cold}",
     "a.yaml:9: tests[0].events[0].evaluation.rule 'Cold': is no rule of this test"),
    ("security: {event_outcome: failure, source_ip: 203.0.113.1}", "silence: {matchers: [], lasts: 1h}",
     "a.yaml:9: tests[0].events[0].silence.matchers"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "complaint"), WRONG)
def test_a_wrong_line_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in FILE
    with pytest.raises(ConfigErrors) as caught:
        load_timelines([written(tmp_path, FILE.replace(old, new))], ["Hot"], ZONE)
    said = str(caught.value.errors[0]).removeprefix(f"{tmp_path}/")
    assert said.startswith(complaint)


HOT = FoundAlert("Hot", "firing", 1, {"host": "a", "unit": "66"}, "a nóng", 11.0)
COLD = FoundAlert("Hot", "pending", 1, {"host": "b"}, "b nóng", 12.0)
CALL = FoundNotification("duty", "first", 1, "[P1] a nóng", 1)

DIFFERENCES: list[tuple[str, dict[str, object], Found, list[str]]] = [
    ("nothing was asked of it", {"notifications": []}, Found([HOT]), []),
    ("parts fit", {"alerts": [{"state": "firing", "labels": {"host": "a"}}]}, Found([HOT]), []),
    ("none is expected", {"alerts": []}, Found([HOT]),
     ["  alerts:", "    + found     Hot firing P1 {host='a', unit='66'} value 11 'a nóng'"]),
    ("none is there", {"alerts": [{"state": "firing", "severity": 1, "labels": {"host": "a"}, "value": 3}]}, Found(),
     ["  alerts:", "    - expected  firing P1 {host='a'} value 3"]),
    ("another state", {"alerts": [{"rule": "Hot", "state": "pending"}]}, Found([HOT]),
     ["  alerts:", "    - expected  Hot pending",
      "    + found     Hot firing P1 {host='a', unit='66'} value 11 'a nóng'"]),
    ("the vague one is matched last",
     {"alerts": [{"rule": "Hot", "state": "firing"}, {"state": "firing", "value": 11}]},
     Found([HOT, FoundAlert("Hot", "firing", 2, {}, "", 3)]), []),
    ("two for one", {"alerts": [{"state": "firing"}, {"state": "firing"}]}, Found([HOT]),
     ["  alerts:", "    - expected  firing", "      both      Hot firing P1 {host='a', unit='66'} value 11 'a nóng'"]),
    ("a label that must not be there", {"alerts": [{"state": "firing", "labels": {"unit": ""}}]}, Found([HOT]),
     ["  alerts:", "    - expected  firing {unit=''}",
      "    + found     Hot firing P1 {host='a', unit='66'} value 11 'a nóng'"]),
    ("notifications", {"notifications": [{"receiver": "duty", "reason": "repeat"}]}, Found([HOT], [CALL]),
     ["  notifications:", "    - expected  duty repeat", "    + found     duty first P1 '[P1] a nóng' (1)"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "found", "lines"), [case[1:] for case in DIFFERENCES], ids=[case[0] for case in DIFFERENCES]
)
def test_differences(expected: dict[str, object], found: Found, lines: list[str]) -> None:
    assert difference(CheckModel.model_validate({"at": "1m", **expected}), found) == lines


def test_coverage_counts_what_checks_have_seen() -> None:
    rules = [SHIPPED["SystemDown"], SHIPPED["BruteForce"]]
    covered = coverage(rules, {("SystemDown", "firing"), ("SystemDown", "resolved"), ("BruteForce", "pending")})
    assert covered.percent == 50
    assert covered.lines() == [
        "  BruteForce: never seen firing or resolved", "coverage 50 %: 1 of 2 rules seen firing and resolved",
    ]  # fmt: skip


RULES = """
groups:
  - name: test
    rules:
      - alert: Hot
        expr: SELECT labels->>'host' AS host, value FROM v_series WHERE metric = 'heat'
        fire_when: value > 10
        for: 1m
        severity: 1
        annotations: {summary: "{{ host }} nóng"}
      - alert: Always
        expr: SELECT 1 AS value
        severity: 4
        annotations: {summary: immer}
"""
HEAD = """
  - name: {name}
    rules: [{rule}]
    start: 2026-11-20T08:00:00
    events: [{{at: 0s, series: {{metric: heat, labels: {{host: a}}, values: {values}}}}}]
    expect:
"""
RUNS: list[tuple[str, str, str, str, str]] = [
    # name, rule, values, checks; what is said ('': it passes)
    ("it fires and ends", "Hot", "11 11 11 5",
     "[{at: 1m, alerts: [{state: firing}]}, {at: 3m, alerts: [{state: resolved}]}]", ""),
    ("a peak, and a wave", "Hot", "11 5 11 11",
     "[{at: 2m30s, alerts: [{state: pending}]}, {at: 3m, alerts: [{state: firing}],"
     " notifications: [{receiver: duty, reason: first, title: '[P1] a nóng'}]}]", ""),
    ("too late", "Hot", "11 11 11", "[{at: 30s, alerts: [{state: firing}]}]",
     "at 0:00:30 (2026-11-20 08:00:30+0700)\n  alerts:\n    - expected  firing\n"
     "    + found     Hot pending P1 {host='a'} value 11 'a nóng'"),
    ("nothing ever", "Hot", "5 5 5", "[{at: 2m, alerts: []}]", ""),  # an eager rule would fire: it can fail
    ("nothing there", "Hot", "_ _", "[{at: 2m, alerts: []}]",
     "can't fail: it expects nothing to happen, and passes as well"),
    ("no need of events", "Always", "5", "[{at: 1m, alerts: [{state: firing}]}]",
     "can't fail: it passes without its events"),
]  # fmt: skip


@pytest.fixture
def province(tmp_path: Path, plain_server: EmbeddedPostgres) -> Settings:
    """Settings with the shipped catalogues, and rules of a test."""
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder, ignore=shutil.ignore_patterns("rules", "routes.yaml", "*.geojson"))
    (folder / "rules" / "tests").mkdir(parents=True)
    (folder / "rules" / "test.yaml").write_text(RULES, encoding="utf-8")
    (folder / "routes.yaml").write_text(
        dedent("""
        route: {receiver: duty, group_by: ['...'], group_wait: 0s, group_interval: 0s, repeat_interval: 1h}
        receivers: [{name: duty, channels: [{type: webhook, url: "http://127.0.0.1/"}]}]
        """),
        encoding="utf-8",
    )
    return Settings(config_dir=folder, database_url=SecretStr(plain_server.url), data_dir=tmp_path / "data")


async def test_runs_pass_fail_and_are_found_to_prove_nothing(
    province: Settings, plain_server: EmbeddedPostgres
) -> None:
    path = province.config_dir / "rules" / "tests" / "a.yaml"
    text = "tests:"
    for name, rule, values, checks, _ in RUNS:
        text += HEAD.format(name=name, rule=rule, values=f'"{values}"').rstrip() + f" {checks}\n"
    path.write_text(text, encoding="utf-8")
    said: list[str] = []
    assert not await run_tests(province, [], least_coverage=0, say=said.append)
    for name, *_, complaint in RUNS:
        place = next(index for index, line in enumerate(said) if line.endswith(f": {name}"))
        assert said[place].startswith("FAILED" if complaint else "ok"), said[place]
        if complaint:
            line = text[: text.index(f"name: {name}")].count("\n") + 1
            assert complaint in said[place + 1]
            at = said[place + 1].removeprefix(f"{path}:").partition(":")[0]
            assert int(at) in {line, line + 4}
    assert said[-3:] == [
        "  Always: never seen resolved", "coverage 75 %: 1 of 2 rules seen firing and resolved", "6 tests, 3 failed",
    ]  # fmt: skip
    connection = await connect(plain_server.url, application="test")
    left = await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname LIKE 'ioc_rules%'")
    await connection.close()
    assert left == 0


async def test_what_people_cannot_do_is_refused_as_by_the_centre(alert_pool: Pool) -> None:
    now, oncall = datetime(2026, 11, 20, tzinfo=UTC), load_oncall(CONFIG, ZONE)
    silence = SilenceModel.model_validate({"matchers": ["alertname"], "lasts": "1h"})
    with pytest.raises(InputError, match="is not a matcher"):
        await make_silence(alert_pool, silence, now, ZONE)
    for names, complaint in (
        ({"rotation": "x"}, "rotation 'x'"),
        ({"rotation": "truc-ban", "person": "y"}, "person 'y'"),
    ):
        with pytest.raises(InputError, match=f"there is no {complaint}"):
            await make_override(alert_pool, OverrideModel.model_validate({**names, "lasts": "1h"}), now, oncall)


async def test_it_is_known_which_views_read_rollups(alert_pool: Pool) -> None:
    """By their definition, or by that of the function that they ask."""
    views = await alert_pool.fetch(r"""
        SELECT viewname FROM pg_views v LEFT JOIN pg_proc p ON v.viewname = 'v_' || p.proname
        WHERE v.schemaname = 'public' AND concat(v.definition, p.prosrc) ~ '\mrollup_1[mhd]\M'
    """)
    assert {row["viewname"] for row in views} == ROLLED_UP


@pytest.fixture(scope="module")
def shipped() -> Suite:
    """The shipped rules and their timelines."""
    return load_suite(Settings(config_dir=CONFIG), [])


def test_every_shipped_rule_has_timelines_in_which_it_fires_and_ends(shipped: Suite) -> None:
    shown = {
        (alert.rule or timeline.rules[0], alert.state)
        for timeline in shipped.timelines
        for check in timeline.checks
        for alert in check.expected.alerts or ()
    }
    assert coverage(shipped.rules, shown).lines() == [
        f"coverage 100 %: {len(SHIPPED)} of {len(SHIPPED)} rules seen firing and resolved"
    ]


@pytest.mark.slow
async def test_the_shipped_tests_pass(shipped: Suite, database: str) -> None:
    said: list[str] = []
    assert await run_suite(shipped, database, least_coverage=100, say=said.append), "\n".join(said)
