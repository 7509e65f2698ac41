"""Evaluates one rule at instants of the past, with the engine's own functions, and without writing anything."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from alerts.backtest.ledger import Ledger
from alerts.plan import batches, changes, remember
from alerts.query import Answer, EvaluationError
from alerts.reading import Reader
from alerts.rule import Rule
from alerts.state import deadline
from alerts.store import LiveAlert
from alerts.subjects import Subject
from alerts.subjects import remember as remember_subjects
from alerts.templates import Templates

MOST_STEPS = 100_000
MOST_ALERTS = 20_000
"""Alerts of one backtest: more is a rule that isn't ready, and fills memory."""
MOST_FAILURES = 10
WAKE_REST = timedelta(seconds=1)
"""`wake` evaluates at most so often, as a rule whose wake is always a moment ahead would never come to an end."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when (both included), and how often."""

    start: datetime
    end: datetime
    step: timedelta

    @property
    def steps(self) -> int:
        """How many instants these are."""
        return (self.end - self.start) // self.step + 1


@dataclass(slots=True)
class Replay:
    """What came of it. `until`: the last instant that was evaluated; `stopped`: why that isn't the end, or ''."""

    ledger: Ledger
    until: datetime
    evaluations: int = 0
    failures: int = 0
    first_failure: str = ""
    stopped: str = ""


Ask = Callable[[datetime], Awaitable[Answer]]
Watch = Callable[[Replay], None]


class Replayer:
    """One rule, one pass. `ask` returns what the rule finds as of an instant; `longest`: seconds it may take."""

    def __init__(self, rule: Rule, templates: Templates, ask: Ask, *, longest: float) -> None:
        self._rule = rule
        self._ask = ask
        self._longest = longest
        self._reader = Reader(rule, templates)
        self._live: dict[str, LiveAlert] = {}
        self._subjects: dict[str, Subject] = {}
        self._ids = count(1)

    async def run(self, span: Span, watch: Watch) -> Replay:
        """Evaluate at each step, and between them at `wake` and where `for` or `keep_firing_for` runs out.

        Raises:
            EvaluationError: already the first evaluation fails. Later ones leave every alert as it is.
        """
        result = Replay(Ledger(), span.start)
        began, now, step = time.monotonic(), span.start, 0
        while now <= span.end:
            wake = await self._try(now, result)
            result.until = now
            watch(result)
            result.stopped = self._why_stop(result, time.monotonic() - began)
            if result.stopped:
                break
            while span.start + step * span.step <= now:
                step += 1
            now = min([span.start + step * span.step, *self._between(now, wake)])
        return result

    async def _try(self, now: datetime, result: Replay) -> datetime | None:
        result.evaluations += 1
        try:
            return await self._evaluate(now, result.ledger)
        except EvaluationError as failure:
            if result.evaluations == 1:
                raise
            result.failures += 1
            result.first_failure = result.first_failure or f"at {now.isoformat()}: {failure}"
            return None

    async def _evaluate(self, now: datetime, ledger: Ledger) -> datetime | None:
        rule, live = self._rule, self._live
        answer = await self._ask(now)
        reading = await self._reader.read(answer, live, self._subjects, now)
        found = list(changes(live, reading.found, now, rule.hold, reading.holding))
        remember_subjects(self._subjects, reading.memory.first)
        for batch in batches(rule.alert, found):
            for change in batch.changes:
                ledger.note(change, now)
            remember(live, batch, {begin.finding.fingerprint: next(self._ids) for begin in batch.begins})
        remember_subjects(self._subjects, reading.memory.then)
        return answer.wake

    def _between(self, now: datetime, wake: datetime | None) -> list[datetime]:
        """What may change with time alone, later than `now`."""
        ends = (deadline(alert.episode, self._rule.hold) for alert in self._live.values())
        instants = [instant for instant in ends if instant is not None and instant > now]
        return [*instants, max(wake, now + WAKE_REST)] if wake is not None and wake > now else instants

    def _why_stop(self, result: Replay, seconds: float) -> str:
        if len(result.ledger) > MOST_ALERTS:
            return f"there are more than {MOST_ALERTS:,} alerts"
        if result.failures >= MOST_FAILURES:
            return f"{result.failures} evaluations failed"
        if result.evaluations > 2 * MOST_STEPS:
            return f"there are more than {2 * MOST_STEPS:,} instants to look at"
        return f"it took longer than {self._longest:g} s" if seconds > self._longest else ""
