"""Runs a rule's SQL: read-only, as the role that may only see the documented views, with a deadline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from alerts.rule import Rule
from ioc_core.db import Pool
from ioc_core.errors import IocError

ROLE = "ioc_rules"
STATEMENT_TIMEOUT_SECONDS = 10
MOST_ROWS = 20_000
"""A rule that finds more has no meaning for people: it fails instead of filling the tables."""
_BEGIN = f"BEGIN READ ONLY; SET LOCAL ROLE {ROLE}; SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT_SECONDS}s'"


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


async def ask(pool: Pool, rule: Rule) -> Answer:
    """Return what `rule` finds now.

    Raises:
        EvaluationError: the SQL fails, takes over 10 s or finds over 20,000 rows.
        OSError, asyncpg.InterfaceError, TimeoutError: the database is away.
    """
    async with pool.acquire(timeout=STATEMENT_TIMEOUT_SECONDS) as connection:
        try:
            await connection.execute(_BEGIN)
            rows = await connection.fetch(limited(rule.expr))
            wake = await connection.fetchval(rule.wake) if rule.wake is not None else None
        except asyncpg.PostgresError as error:
            raise EvaluationError(f"{type(error).__name__}: {error}") from error
        finally:
            if not connection.is_closed():
                await connection.execute("ROLLBACK")
    if len(rows) > MOST_ROWS:
        raise EvaluationError(f"finds more than {MOST_ROWS:,} rows")
    if wake is not None and not (isinstance(wake, datetime) and wake.tzinfo is not None):
        raise EvaluationError(f"wake must give a timestamptz, got {wake!r}")
    return Answer(tuple(rows[0].keys()) if rows else (), rows, wake)
