"""Evaluates one rule for ever: at its interval, on changed facts, and when time alone changes its result."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import structlog

from alerts import schedule
from alerts.applying import Applier, Evaluated
from alerts.evaluations import Evaluation, Evaluations
from alerts.leadership import LeadershipLostError
from alerts.metrics import Metrics
from alerts.plan import batches, changes, remember
from alerts.query import Answer, EvaluationError, Sessions
from alerts.reading import Reader
from alerts.rule import NoData, Rule
from alerts.state import deadline
from alerts.store import LiveAlert, live_alerts
from alerts.subjects import Subject, load_subjects
from alerts.subjects import remember as remember_subjects
from alerts.templates import Templates
from alerts.waiting import wait
from ioc_core.db import Pool
from ioc_core.errors import StorageError

log = structlog.get_logger(__name__)

RETRY_FAILED = timedelta(seconds=5)
_LONGEST_ERROR = 1000


@dataclass(frozen=True, slots=True)
class Engine:
    """What the runners of all rules share."""

    pool: Pool
    applier: Applier
    evaluations: Evaluations
    templates: Templates
    metrics: Metrics
    clock: Callable[[], datetime]
    sessions: Sessions


class Runner:
    """One rule's evaluations, one after another."""

    def __init__(self, rule: Rule, engine: Engine, live: dict[str, LiveAlert]) -> None:
        self.rule = rule
        self._engine = engine
        self._live: dict[str, LiveAlert] | None = live
        calm = rule.severity in {3, 4}
        self._timing = (
            schedule.Timing(rule.interval, schedule.CALM_DEBOUNCE, schedule.CALM_SPACING)
            if calm
            else schedule.Timing(rule.interval)
        )
        self._committed_at: datetime | None = None  # of the oldest facts not yet evaluated
        self._woken = asyncio.Event()
        self.error = ""  # of the last evaluation; empty: it succeeded
        self._reader = Reader(rule, engine.templates)
        self._subjects: dict[str, Subject] | None = None

    def notice(self, committed_at: datetime) -> None:
        """Have the rule evaluated soon: facts that it reads were committed."""
        if self._timing.changed_at is None:
            self._committed_at = committed_at
        self._timing = schedule.changed(self._timing, self._engine.clock())
        self._woken.set()

    @property
    def due(self) -> datetime | None:
        """When the next evaluation is due by itself or by what was noticed; None: at once, because there was none."""
        return schedule.next_run(self._timing)

    @property
    def noticed(self) -> bool:
        """Whether facts that it reads have changed since its last evaluation."""
        return self._timing.changed_at is not None

    async def run(self) -> None:
        """Evaluate for ever.

        Raises:
            LeadershipLostError: another process leads. OSError, asyncpg.InterfaceError: the database is away.
        """
        while True:
            due = await self._until_due()
            await self.evaluate(due)

    async def _until_due(self) -> datetime:
        while True:
            now = self._engine.clock()
            due = self.due
            if due is None or due <= now:
                return min(due or now, now)
            self._woken.clear()
            await wait(self._woken, (due - now).total_seconds())

    async def evaluate(self, due: datetime) -> None:
        """Evaluate once; a failure is recorded, and leaves every alert as it is."""
        engine, now, started = self._engine, self._engine.clock(), time.perf_counter()
        observed_at = min(self._committed_at or due, now)
        self._timing = schedule.began(self._timing, now)
        self._committed_at = None
        wake: datetime | None = None
        rows: int | None = None
        error = ""
        try:
            answer = await engine.sessions.ask(self.rule)
            rows = len(answer.rows)
            await self._settle(answer, now, observed_at)
            wake = answer.wake
        except EvaluationError as failure:
            error = str(failure)[:_LONGEST_ERROR]
        except (asyncpg.PostgresError, StorageError) as failure:
            if isinstance(failure, asyncpg.PostgresConnectionError):
                raise
            self._live = self._subjects = None
            error = f"what it changed can't be written: {failure}"[:_LONGEST_ERROR]
        except (LeadershipLostError, OSError, asyncpg.InterfaceError):
            raise
        except Exception as fault:  # supervises this rule: a fault in it must not stop the others
            self._live = self._subjects = None
            log.exception("rule_evaluation_crashed", rule=self.rule.alert)
            error = f"{type(fault).__name__}: {fault}"[:_LONGEST_ERROR]
        self.error = error
        self._record(Evaluation(self.rule.alert, now, time.perf_counter() - started, rows, error))
        ended = engine.clock()
        if error:
            wake = ended + RETRY_FAILED
        self._timing = schedule.ended(
            self._timing, ended, deadline=None if error else self._next_deadline(), wake=wake
        )

    async def _settle(self, answer: Answer, now: datetime, observed_at: datetime) -> None:
        engine = self._engine
        live, subjects = await self._known()
        reading = await self._reader.read(answer, live, subjects, now)
        all_changes = list(changes(live, reading.found, now, self.rule.hold, reading.holding))
        await engine.applier.remember(self.rule, reading.memory.first, reading.silent, now)
        remember_subjects(subjects, reading.memory.first)
        evaluated = Evaluated(reading.found, now, observed_at)
        for batch in batches(self.rule.alert, all_changes):
            ids = await engine.applier.apply(batch, evaluated)
            remember(live, batch, ids)
            for change in batch.changes:
                for part in (change.begin, change.move):
                    if part is not None:
                        engine.metrics.transitions.labels(part.step).inc()
        await engine.applier.remember(self.rule, reading.memory.then, (), now)
        remember_subjects(subjects, reading.memory.then)

    async def _known(self) -> tuple[dict[str, LiveAlert], dict[str, Subject]]:
        """What is live and what is remembered; read from the database at first, and after trouble."""
        if self._live is None:
            async with self._engine.pool.acquire() as connection:
                self._live = (await live_alerts(connection, self.rule.alert)).get(self.rule.alert, {})
        if self._subjects is None:
            self._subjects = {}
            if self.rule.when is not None and self.rule.when.no_data is not NoData.OK:
                async with self._engine.pool.acquire() as connection:
                    self._subjects = await load_subjects(connection, self.rule)
        return self._live, self._subjects

    def _next_deadline(self) -> datetime | None:
        instants = (deadline(alert.episode, self.rule.hold) for alert in (self._live or {}).values())
        return min((instant for instant in instants if instant is not None), default=None)

    def _record(self, evaluation: Evaluation) -> None:
        engine = self._engine
        engine.evaluations.add(evaluation)
        engine.metrics.evaluation_duration.labels(self.rule.alert).observe(evaluation.duration_seconds)
        if evaluation.error:
            engine.metrics.evaluation_failures.labels(self.rule.alert).inc()
            log.warning("rule_evaluation_failed", rule=self.rule.alert, error=evaluation.error)
