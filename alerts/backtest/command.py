"""What `ioc rules backtest` does: reads what is asked for, asks the database of the past, reports."""

import difflib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import asyncpg

from alerts.backtest.history import BacktestError, check_kept, notes_of, views_then
from alerts.backtest.replaying import MOST_STEPS, Replay, Replayer, Span
from alerts.backtest.report import Report
from alerts.query import Answer
from alerts.rule import Rule
from alerts.rule_file import load_rules
from alerts.simulated_time import SimulatedSession, simulate
from alerts.templates import Templates
from ioc_core.addresses import database_url
from ioc_core.db import connect
from ioc_core.durations import parse_duration
from ioc_core.settings import Settings

_SAY_EACH = 2.0  # seconds between two lines of progress
_LEAST_STEP = timedelta(seconds=1)
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says. `longest`: the time that all of it may take."""

    rule: str
    start: str
    end: str
    step: str = "30s"
    longest: str = "30m"


def read_span(asked: Asked, now: datetime, zone: tzinfo) -> Span:
    """Return the instants that are asked for; those without an offset are of `zone`.

    Raises:
        BacktestError: naming the option that is wrong.
    """
    start, end = _instant("--from", asked.start, zone), _instant("--to", asked.end, zone)
    step = _duration("--step", asked.step)
    if step < _LEAST_STEP:
        raise BacktestError(f"--step {asked.step}: must be at least 1s")
    if start >= end:
        raise BacktestError(f"--from {asked.start} must be earlier than --to {asked.end}")
    for option, at in (("--to", end), ("--from", start)):
        if at > now:
            raise BacktestError(f"{option} {at.isoformat()}: lies in the future, now is {_brief(now, zone)}")
    span = Span(start, end, step)
    if span.steps > MOST_STEPS:
        least = (end - start) // MOST_STEPS + timedelta(seconds=1)
        raise BacktestError(
            f"{span.steps:,} steps of {asked.step} are more than {MOST_STEPS:,}: "
            f"ask for a shorter time, or --step {int(least.total_seconds())}s"
        )
    return span


def find_rule(name: str, rules: Sequence[Rule]) -> Rule:
    """Return the rule of that name. Raises: BacktestError, saying which names are near."""
    known = {rule.alert: rule for rule in rules}
    if name in known:
        return known[name]
    lower = {alert.lower(): alert for alert in known}
    near = [lower[match] for match in difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.5)]
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(known))}"
    raise BacktestError(f"there is no rule {name!r} in config/rules: {hint}")


async def backtest(settings: Settings, asked: Asked, now: datetime, say: Callable[[str], None]) -> Report:
    """Return what the rule would have done; `say` is told of the progress, a line every two seconds.

    Raises:
        ConfigErrors: the rules are wrong. EvaluationError: the rule can't be evaluated at all.
        BacktestError: it can't be done, and why; also that the database is away.
    """
    zone = ZoneInfo(settings.timezone)
    templates = Templates(zone)
    rule = find_rule(asked.rule, load_rules(settings.config_dir, templates))
    span = read_span(asked, now, zone)
    longest = _duration("--longest", asked.longest).total_seconds()
    notes = notes_of(rule)
    dsn = database_url(settings)
    try:
        connection = await connect(dsn, application="rules-backtest")
        try:
            await check_kept(connection, settings, rule, span.start, now)
            await simulate(connection, await views_then(connection))
            replayer = Replayer(rule, templates, _AskedOfThePast(connection, rule).ask, longest=longest)
            replay = await replayer.run(span, _progress(span, say))
        finally:
            await connection.close()
    except _AWAY as error:
        raise BacktestError(f"the database can't be asked: {error or type(error).__name__}") from error
    return Report(rule.alert, span, replay, notes, zone)


class _AskedOfThePast:
    """Asks one rule as of whichever instant it is given."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", rule: Rule) -> None:
        self._rule = rule
        self._at = datetime.min.replace(tzinfo=UTC)
        self._session = SimulatedSession(connection, lambda: self._at)

    async def ask(self, at: datetime) -> Answer:
        """Return what the rule finds as of `at`. Raises: as `Session.ask`."""
        self._at = at
        return await self._session.ask(self._rule)


def _progress(span: Span, say: Callable[[str], None]) -> Callable[[Replay], None]:
    said_at = time.monotonic()

    def watch(replay: Replay) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= _SAY_EACH:
            said_at = time.monotonic()
            done = (replay.until - span.start) / (span.end - span.start)
            say(f"{done:4.0%}  {replay.until.isoformat(timespec='seconds')}  {len(replay.ledger)} alerts")

    return watch


def _instant(option: str, text: str, zone: tzinfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(zone)
    except (ValueError, OverflowError) as error:
        raise BacktestError(f"{option} {text!r}: is no instant: write it like 2026-11-20T08:00:00+07:00") from error


def _duration(option: str, text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise BacktestError(f"{option} {text!r}: {error}") from error


def _brief(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")
