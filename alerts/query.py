"""Runs rules' SQL: read-only, as the role that may only see the documented views, with a deadline.

A few connections are kept for this alone, with the rules prepared on them; the gravest rule that waits goes next.
"""

import asyncio
import contextlib
import heapq
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from alerts.rule import Rule
from ioc_core.db import connect
from ioc_core.errors import IocError

ROLE = "ioc_rules"
STATEMENT_TIMEOUT = timedelta(seconds=10)
MOST_ROWS = 20_000
"""A rule that finds more has no meaning for people: it fails instead of filling the tables."""
_UNKNOWN_SEVERITY = 2  # of a rule whose rows say it


class EvaluationError(IocError):
    """A rule couldn't be evaluated; its alerts stay as they are."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of `expr`, and the next instant at which they may change with no new fact."""

    columns: tuple[str, ...]
    rows: Sequence[asyncpg.Record]
    wake: datetime | None


def limited(expr: str) -> str:
    """Return `expr` as the part of a query that it must be, and so that too many rows are noticed."""
    return f"SELECT * FROM (\n{expr}\n) AS result LIMIT {MOST_ROWS + 1}"  # one line is put before `expr`


class Session:
    """One connection, and what is prepared on it."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", timeout: timedelta) -> None:
        self.connection = connection
        self._begin = (
            f"BEGIN READ ONLY; SET LOCAL ROLE {ROLE};"
            f" SET LOCAL statement_timeout = {timeout // timedelta(milliseconds=1)}"
        )
        self._prepared: dict[str, PreparedStatement[asyncpg.Record]] = {}

    async def ask(self, rule: Rule) -> Answer:
        """Return what `rule` finds now. Raises: as `Sessions.ask`."""
        try:
            await self.connection.execute(self._begin)
            rows = await (await self._statement(limited(rule.expr))).fetch()
            wake = await (await self._statement(rule.wake)).fetchval() if rule.wake is not None else None
        except asyncpg.PostgresConnectionError:
            raise
        except asyncpg.PostgresError as error:
            self._prepared.clear()  # a view may have changed
            raise EvaluationError(f"{type(error).__name__}: {error}") from error
        finally:
            if not self.connection.is_closed():
                await self.connection.execute("ROLLBACK")
        if len(rows) > MOST_ROWS:
            raise EvaluationError(f"finds more than {MOST_ROWS:,} rows")
        if wake is not None and not (isinstance(wake, datetime) and wake.tzinfo is not None):
            raise EvaluationError(f"wake must give a timestamptz, got {wake!r}")
        return Answer(tuple(rows[0].keys()) if rows else (), rows, wake)

    async def _statement(self, sql: str) -> "PreparedStatement[asyncpg.Record]":
        prepared = self._prepared.get(sql)
        if prepared is None:
            prepared = self._prepared[sql] = await self.connection.prepare(sql)
        return prepared


class Sessions:
    """The sessions of a leader; made by `open_sessions`."""

    def __init__(self, sessions: Sequence[Session]) -> None:
        self._free = list(sessions)
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()

    async def ask(self, rule: Rule) -> Answer:
        """Return what `rule` finds now, as soon as a session is free.

        Raises:
            EvaluationError: the SQL fails, takes too long or finds over 20,000 rows.
            OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError: the database is away.
        """
        severity = rule.severity if isinstance(rule.severity, int) else _UNKNOWN_SEVERITY
        while not self._free:
            free = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (severity, next(self._order), free))
            await free
        with self._lent() as session:
            return await session.ask(rule)

    @contextlib.contextmanager
    def _lent(self) -> Iterator[Session]:
        session = self._free.pop()
        try:
            yield session
        finally:
            self._free.append(session)
            while self._waiting:
                *_, waiter = heapq.heappop(self._waiting)
                if not waiter.done():
                    waiter.set_result(None)
                    break


@contextlib.asynccontextmanager
async def open_sessions(dsn: str, number: int, *, limit: timedelta = STATEMENT_TIMEOUT) -> AsyncIterator[Sessions]:
    """Connect `number` sessions; they end with the context. `limit`: the longest a statement may take.

    Raises:
        OSError, TimeoutError, asyncpg errors: the database is away.
    """
    sessions: list[Session] = []
    with contextlib.ExitStack() as opened:
        for _ in range(number):
            connection = await connect(dsn, application="alerts-rules")
            opened.callback(connection.terminate)
            sessions.append(Session(connection, limit))
        yield Sessions(sessions)
