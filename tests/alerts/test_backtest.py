"""`ioc rules backtest`: what adds up, what is refused, and that it finds the episodes that the engine itself had."""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from alerts.backtest.command import Asked, backtest, find_rule, read_span
from alerts.backtest.history import PASTS, BacktestError, Fidelity, notes_of, then, views_then
from alerts.backtest.ledger import PastAlert, totals
from alerts.backtest.replaying import MOST_FAILURES, Replay, Replayer, Span
from alerts.backtest.report import Report
from alerts.query import Answer, EvaluationError
from alerts.route_file import load_routing
from alerts.rule import Hold, Rule
from alerts.rule_tests.centre import Setting, SimulatedCentre
from alerts.rule_tests.file import load_timelines
from alerts.rule_tests.timeline import Timeline
from alerts.rule_tests.world import open_world
from alerts.rules_cli import app
from alerts.simulated_time import SETTING, simulate
from alerts.sql_text import calls
from alerts.templates import Templates
from alerts.views import VIEWS, read_by
from ingest.writer.facts import FactStore
from ioc_core.db import Pool, connect
from ioc_core.errors import EngineError
from ioc_core.events import Event
from ioc_core.oncall import load_oncall
from ioc_core.settings import Settings
from tests.alerts.test_docs import RULES_PAGE, section
from tests.alerts.test_shipped_rules import RULES as SHIPPED
from tests.conftest import CONFIG

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
START = datetime(2026, 11, 20, 8, tzinfo=ZONE)
NOW = START + timedelta(days=1)
MINUTE = timedelta(minutes=1)
TEMPLATES = Templates(ZONE)


def minutes(number: float) -> datetime:
    """So many minutes after the start."""
    return START + number * MINUTE


# What adds up


def alert(mark: str, begin: float, fires: float | None, end: float | None, raised: int = 0) -> PastAlert:
    """An alert by minutes after the start."""
    instants = [None if minute is None else minutes(minute) for minute in (fires, end)]
    return PastAlert(mark, {"host": mark}, 2, mark, minutes(begin), instants[0], instants[1], raised)


def test_totals_count_what_fired() -> None:
    day = 24 * 60
    found = totals(
        [
            alert("a", 0, 1, 11),
            alert("a", 41, 42, 45, raised=2),  # 30 minutes after its end: again
            alert("a", 75.1, 76, 77),  # over 30 minutes after it: not again
            alert("b", 46, 46, 47),  # another alert
            alert("c", 50, None, None),  # pending
            alert("b", day, day, None),  # goes on
        ],
        minutes(day + 60),
        ZONE,
    )
    assert (found.alerts, found.began_again, found.pages) == (5, 1, 2 + 4 + 2 + 2 + 1)
    assert (found.firing, found.longest) == (75 * MINUTE, 60 * MINUTE)
    assert found.per_day == {date(2026, 11, 20): 4, date(2026, 11, 21): 1}


# One rule over answers that are given here


class Given:
    """Answers by the second; also says when it was asked."""

    def __init__(self, grades: Callable[[float], int | None], wake: Callable[[float], datetime | None]) -> None:
        self.asked: list[float] = []
        self._grades = grades
        self._wake = wake

    async def ask(self, at: datetime) -> Answer:
        """A row with the grade of that second; 0: it fails, None: there is no row."""
        second = (at - START).total_seconds()
        self.asked.append(second)
        grade = self._grades(second)
        if grade == 0:
            raise EvaluationError("it is too slow")
        rows: Sequence[object] = () if grade is None else ({"host": "a", "value": second, "grade": grade},)
        return Answer((), rows, self._wake(second))  # type: ignore[arg-type]


RULE = replace(
    SHIPPED["SystemDown"],
    alert="Hot",
    hold=Hold(timedelta(seconds=45), timedelta(seconds=20)),
    details=(),
    annotations=replace(SHIPPED["SystemDown"].annotations, summary="{{ host }} P{{ severity }}", description=""),
)
SPAN = Span(START, minutes(10), timedelta(seconds=30))


def no_wake(_: float) -> None:
    """A rule that needs no waking."""


async def replayed(given: Given, span: Span = SPAN, *, longest: float = 60) -> Replay:
    """What `RULE` did."""
    return await Replayer(RULE, TEMPLATES, given.ask, longest=longest).run(span, lambda _: None)


async def test_what_ends_between_two_steps_is_looked_at_then() -> None:
    def grade(second: float) -> int | None:
        return (3 if second < 120 else 2) if 30 <= second < 180 or 400 <= second < 440 else None

    given = Given(grade, no_wake)
    result = await replayed(given)
    (found,) = result.ledger.alerts
    seconds = [(at - START).total_seconds() for at in (found.begin, found.firing_at, found.end) if at is not None]
    assert seconds == [30, 75, 200]
    assert (found.severity, found.raised, found.summary, found.pages) == (2, 1, "a P2", 3)
    assert result.ledger.forgotten == 1
    assert set(given.asked) - {30 * step for step in range(21)} == {75, 200}
    assert result.until == SPAN.end and not result.stopped


async def test_it_is_looked_at_when_wake_says_so() -> None:
    given = Given(lambda second: 1 if second >= 100.5 else None, lambda s: minutes(100.5 / 60) if s < 100.5 else None)
    result = await replayed(given)
    (found,) = result.ledger.alerts
    assert found.begin == minutes(100.5 / 60)
    assert found.end is None and found.pages == 1


async def test_a_wake_that_is_always_a_moment_ahead_comes_to_an_end() -> None:
    given = Given(lambda _: None, lambda second: START + timedelta(seconds=second, microseconds=1))
    await replayed(given, Span(START, minutes(1), timedelta(seconds=30)))
    assert given.asked == list(range(61))


async def test_a_failure_leaves_alerts_as_they_are_and_too_many_stop_it() -> None:
    result = await replayed(Given(lambda second: 0 if second == 120 else 1, no_wake))
    (found,) = result.ledger.alerts
    assert (found.begin, found.end, result.failures) == (START, None, 1)
    assert result.first_failure == f"at {minutes(2).isoformat()}: it is too slow"
    result = await replayed(Given(lambda second: 0 if second else 1, no_wake))
    assert result.stopped == f"{MOST_FAILURES} evaluations failed" and result.until == minutes(4.5)
    with pytest.raises(EvaluationError, match="too slow"):
        await replayed(Given(lambda _: 0, no_wake))


async def test_it_stops_when_its_time_is_over_and_says_so() -> None:
    result = await replayed(Given(lambda _: 1, no_wake), longest=0)
    assert result.evaluations == 1
    report = Report("Hot", SPAN, result, ["a note"], ZONE)
    assert list(report.text()) == [
        "Hot: 2026-11-20 08:00:00 to 2026-11-20 08:10:00 (Asia/Ho_Chi_Minh), step 30s, 1 evaluations",
        "warning: a note",
        "warning: 1 held at the start already: they may have begun before it",
        "warning: stopped at 2026-11-20 08:00:00, because it took longer than 0 s: what is here ends there",
        "P1  begin 2026-11-20 08:00:00  pending, goes on",
        "    a P1  {host='a', team='infrastructure'}" if RULE.labels else "    a P1  {host='a'}",
        "alerts           0",
        "ended before for 0",
        "firing           0s in all, the longest 0s",
        "began again      0 within 30m after their end",
        "pages            0 if each is told alone: begun, graver, ended",
    ]
    assert json.loads(report.json())["complete"] is False


# What is refused

SPANS = [
    ("2026-11-20", "2026-11-19", "30s", "--from 2026-11-20 must be earlier than --to 2026-11-19"),
    ("2026-11-20", "2026-11-20", "30s", "must be earlier"),
    ("yesterday", "2026-11-19", "30s", "--from 'yesterday': is no instant: write it like"),
    ("2026-11-20", "2026-11-22", "30s", "--to 2026-11-22T00:00:00+07:00: lies in the future, now is"),
    ("2026-11-20", "2026-11-21", "soon", "--step 'soon': is not a duration: write it like 30s"),
    ("2026-11-20", "2026-11-21", "500ms", "--step 500ms: must be at least 1s"),
    ("2026-10-01", "2026-11-20", "30s",
     "144,001 steps of 30s are more than 100,000: ask for a shorter time, or --step 44s"),
]  # fmt: skip


@pytest.mark.parametrize(("start", "end", "step", "complaint"), SPANS)
def test_a_wrong_option_is_named(start: str, end: str, step: str, complaint: str) -> None:
    with pytest.raises(BacktestError) as caught:
        read_span(Asked("Hot", start, end, step), NOW, ZONE)
    assert complaint in str(caught.value)


def test_instants_without_an_offset_are_the_provinces() -> None:
    span = read_span(Asked("Hot", "2026-11-20T08:00:00", "2026-11-20T02:00:00Z", "1m"), NOW, ZONE)
    assert (span.start, span.end, span.steps) == (START, minutes(60), 61)


def test_a_rule_that_is_not_there_is_guessed() -> None:
    rules = list(SHIPPED.values())
    with pytest.raises(BacktestError, match="no rule 'systemdwn' in config/rules: did you mean SystemDown"):
        find_rule("systemdwn", rules)
    with pytest.raises(BacktestError, match="there are AlertFlapping, BackdatedEntry, "):
        find_rule("xyz", rules)


def asking(sql: str, wake: str | None = None) -> Rule:
    """A rule with that SQL."""
    return replace(RULE, expr=sql, wake=wake)


def test_every_documented_view_has_a_past_or_none() -> None:
    assert set(PASTS) == set(VIEWS)
    assert all(past.because for past in PASTS.values() if past.fidelity is not Fidelity.EXACT)


@pytest.mark.parametrize("fidelity", list(Fidelity))
def test_the_page_says_of_each_view_what_it_knows_of_the_past(fidelity: Fidelity) -> None:
    rows = [line for line in section(RULES_PAGE, "Backtests").splitlines() if line.startswith(f"| {fidelity} |")]
    told = {name for line in rows for name in re.findall(r"`([a-z_]+)`", line.split("|")[2])}
    assert told == {view for view, past in PASTS.items() if past.fidelity is fidelity}


def test_what_only_knows_the_present_is_refused_wherever_it_stands() -> None:
    for sql, wake in [
        ("SELECT 1 AS value FROM v_probes p JOIN v_sources s ON true", None),
        ("SELECT 1 AS value FROM stuck_dossiers(now())", None),
        ("SELECT 1 AS value FROM v_probes", "SELECT now() FROM v_mutes"),
    ]:
        with pytest.raises(BacktestError, match=r"rule Hot reads what only shows the present state: v_(so|st|mu)"):
            notes_of(asking(sql, wake))
    assert notes_of(asking("SELECT 1 AS value FROM v_probes -- v_mutes")) == []
    (note,) = notes_of(asking("SELECT 1 AS value FROM silent_units(now())"))
    assert note.startswith("v_silent_units is read as known today: ")
    assert calls("SELECT f(1), \"G\" (2), 'h(3)' FROM x WHERE a IN (1)") >= {"f", "G"}


def test_the_shipped_rules_that_can_be_asked_of_the_past() -> None:
    refused = set()
    for name, rule in SHIPPED.items():
        try:
            notes_of(rule)
        except BacktestError:
            refused.add(name)
    assert refused == {
        "AlertFlapping", "DossierStuck", "NationalSyncLagging", "NewDossiersStopped", "NotificationFailing",
        "OnCallGap", "RuleEvaluationFailing", "RuleFilesRefused", "SilenceEnding", "SourceNeverSeen", "SourceSilent",
    }  # fmt: skip
    assert read_by(SHIPPED["SystemDown"]) == ("v_probes", "systems")


def test_one_table_of_a_view_is_replaced_under_its_alias() -> None:
    assert then(" SELECT 1 FROM ((a x\n JOIN b y ON true));", "a", "SELECT 2") == (
        " SELECT 1 FROM (((SELECT 2) x\n JOIN b y ON true))"
    )
    assert then("SELECT a.b FROM a;", "a", "SELECT 2") == "SELECT a.b FROM (SELECT 2) a"
    with pytest.raises(EngineError, match="must read c once to be asked of the past, reads it 0 times"):
        then("SELECT 1 FROM a", "c", "SELECT 2")


# The yardstick: the same timeline by the engine itself

MEMORY = "20 4 4 4 4 4 4 6 9 9 4 9 9 9 9 9 9 9 3 3 3 3 3 3 6 " + "_ " * 16 + "9"
TIMELINE = f"""
tests:
  - name: A morning
    rules: [SystemDown, HostMemoryLow, BruteForce, DossierOverdue]
    start: 2026-11-20T08:00:00
    events:
      - {{at: 0s, probe: {{target: "https://igate", system: igate, success: true}}}}
      - {{at: 30s, probe: {{target: "https://igate", system: igate, success: false, error: connection refused}}}}
      - {{at: 60s, probe: {{target: "https://igate", system: igate, success: true}}}}
      - {{at: 2m, every: 30s, times: 5, probe: {{target: "https://igate", system: igate, success: false}}}}
      - {{at: 5m, probe: {{target: "https://igate", system: igate, success: true}}}}
      - {{at: 20m, probe: {{target: "https://igate", system: igate, success: false}}}}
      - {{at: 41m, probe: {{target: "dns", kind: dns, success: false}}}}
      - at: 10m
        times: 12
        every: 30s
        security: {{event_category: authentication, event_outcome: failure, source_ip: 203.0.113.1, user_name: root}}
      - {{at: 17m, security: {{event_category: authentication, event_outcome: success, source_ip: 203.0.113.1}}}}
      - at: 0s
        dossier: {{code: H1, status: 2, resolving_unit: "66", filed_at: -3d, due_at: +10m15s}}
      - at: 1m
        dossier: {{code: H2, status: 2, resolving_unit: "66", filed_at: -3d, due_at: +12m}}
      - at: 30m
        dossier: {{code: H1, status: 10, resolving_unit: "66", filed_at: -3d, due_at: +10m15s, finished_at: +30m,
                   returned_at: +30m}}
      - {{at: 0s, series: {{metric: node_memory_MemTotal_bytes, labels: {{instance: a}}, values: "{"100 " * 42}"}}}}
      - {{at: 0s, series: {{metric: node_memory_MemAvailable_bytes, labels: {{instance: a}}, values: "{MEMORY}"}}}}
    expect:
      - at: 42m
        alerts: []
"""


async def seen(dsn: str, *, in_the_past: bool) -> dict[str, list[str]]:
    """What the views say at `NOW`, by their own definition or by that for the past."""
    connection = await connect(dsn, application="test")
    try:
        await simulate(connection, await views_then(connection) if in_the_past else None)
        await connection.execute(f"SET {SETTING} = '{NOW.isoformat()}'")
        return {
            view: [row[0] for row in await connection.fetch(f"SELECT to_jsonb(v)::text FROM {view} v ORDER BY 1")]
            for view in sorted(PASTS)
            if PASTS[view].table or view in {"v_dossiers", "v_open_dossiers"}
        }
    finally:
        await connection.close()


EPISODES = """
SELECT labels, pending_at, firing_at, resolved_at, annotations ->> 'summary' AS summary FROM alerts
WHERE rule = $1 ORDER BY pending_at, labels::text
"""
COUNTS = """
SELECT (SELECT count(*) FROM alerts) + (SELECT count(*) FROM alert_history) + (SELECT count(*) FROM rule_subjects)
"""

DOWN = """
WITH looks AS (
    INSERT INTO probe_results (target, observed_at, kind, success, duration_seconds, phases, error)
    SELECT 'dns', at, 'dns', at NOT BETWEEN '2025-03-01 00:10+07' AND '2025-03-01 00:29+07', 0.1, '{}', 'silent'
    FROM generate_series('2025-03-01 00:00+07'::timestamptz, '2025-03-01 01:00+07', interval '1 minute') AS at
    RETURNING *)
INSERT INTO probe_current (target, source, kind, observed_at, success, changed_at, duration_seconds)
SELECT target, 'probes', kind, observed_at, success, observed_at, 0.1 FROM looks ORDER BY observed_at DESC LIMIT 1
"""


async def live_through(dsn: str, timeline: Timeline, rules: Sequence[Rule]) -> None:
    """Let the engine itself live through `timeline`, with these rules, in this database."""
    setting = Setting(load_routing(CONFIG), load_oncall(CONFIG, ZONE), ZONE, TEMPLATES)
    until = timeline.checks[-1].at
    told = list(timeline.told)
    async with open_world(dsn, FactStore(CONFIG, ZONE)) as world:
        centre = SimulatedCentre(world, rules, setting)
        await centre.begin(timeline.start)
        while True:
            events: list[Event] = []
            while told and told[0].at <= centre.now:
                events.append(told.pop(0).what)  # type: ignore[arg-type]
            if events:
                await centre.store(events, [])
            assert await centre.work() == []
            due = centre.due()
            coming = min([instant for instant in (due, told[0].at if told else None) if instant is not None])
            if coming > until:
                return
            centre.now = max(coming, centre.now)


async def test_it_finds_the_episodes_that_the_engine_had(each_database: str, each_pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(TIMELINE, encoding="utf-8")
    (timeline,) = load_timelines([path], list(SHIPPED), ZONE)
    rules = [SHIPPED[name] for name in timeline.rules]
    await live_through(each_database, timeline, rules)
    settings = Settings(config_dir=CONFIG, database_url=SecretStr(each_database))
    rows = await each_pool.fetchval(COUNTS)
    expected_number = {"SystemDown": 3, "HostMemoryLow": 2, "BruteForce": 1, "DossierOverdue": 2}
    for rule in rules:
        asked = Asked(rule.alert, "2026-11-20T08:00:00", "2026-11-20T08:42:00", f"{rule.interval.seconds}s")
        report = await backtest(settings, asked, NOW, lambda _: None)
        found = [
            (dict(a.labels), a.begin, a.firing_at, a.end, a.summary)
            for a in sorted(report.replay.ledger.alerts, key=lambda a: (a.begin, str(a.labels)))
        ]
        assert found == [tuple(row) for row in await each_pool.fetch(EPISODES, rule.alert)], rule.alert
        assert len(found) == expected_number[rule.alert], rule.alert
        assert report.replay.failures == 0 and not report.replay.stopped
    assert await each_pool.fetchval(COUNTS) == rows  # nothing was written
    past = await seen(each_database, in_the_past=True)
    assert past == await seen(each_database, in_the_past=False)
    assert {view for view, said in past.items() if not said} == {"v_rejected"}


async def test_what_is_kept_is_looked_at_and_what_is_not_is_refused(
    database: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(config_dir=CONFIG, database_url=SecretStr(database))
    asked = Asked("SystemDown", "2026-08-01", "2026-08-02", "1h")
    with pytest.raises(BacktestError, match=r"--from 2026-08-01T00:00.*: probe_results is kept since 2026-08-23"):
        await backtest(settings, asked, NOW, lambda _: None)
    floor = datetime(2025, 1, 1, tzinfo=UTC)
    await pool.execute("INSERT INTO retention_floors VALUES ('probe_results', $1, now())", floor)
    await pool.execute(DOWN)
    report = await backtest(settings, asked, NOW, lambda _: None)
    assert report.replay.evaluations == 25 and report.totals().alerts == 0

    monkeypatch.setenv("IOC_CONFIG_DIR", str(CONFIG))
    monkeypatch.setenv("IOC_DATABASE_URL", database)
    arguments = ["backtest", "SystemDown", "--from", "2025-03-01", "--to", "2025-03-01T01:00", "--format"]
    done = await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    (found,) = said["alerts"]
    assert (found["begin"], found["firing_at"], found["end"]) == (
        "2025-03-01T00:10:00+07:00", "2025-03-01T00:11:00+07:00", "2025-03-01T00:30:00+07:00",
    )  # fmt: skip
    assert (found["severity"], found["firing_seconds"], found["pages"]) == (2, 1140, 2)
    assert found["labels"]["target"] == "dns"
    assert said["totals"] == {
        "alerts": 1, "ended_before_for": 0, "firing_seconds": 1140, "longest_seconds": 1140, "began_again": 0,
        "pages": 2, "begun_per_day": {"2025-03-01": 1},
    }  # fmt: skip
    done = await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "text"])
    assert "P2  begin 2025-03-01 00:10:00  firing 2025-03-01 00:11:00  end 2025-03-01 00:30:00  19m\n" in done.stdout
    assert "begun on 2025-03-01  1\n" in done.stdout


def test_the_command_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IOC_CONFIG_DIR", str(CONFIG))
    monkeypatch.setenv("IOC_DATABASE_URL", "postgresql://ioc@127.0.0.1:1/ioc")
    times = ["--from", "2025-01-01", "--to", "2025-01-02"]
    for arguments, complaint in [
        (["Nothing", *times], "there is no rule 'Nothing'"),
        (["SourceSilent", *times], "only shows the present state: v_sources"),
        (["SystemDown", *times], "the database can't be asked"),
    ]:
        done = CliRunner().invoke(app, ["backtest", *arguments])
        assert isinstance(done.exception, BacktestError) and complaint in str(done.exception)
    assert CliRunner().invoke(app, ["backtest", "SystemDown"]).exit_code == 2
