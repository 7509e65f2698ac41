"""How each rule's evaluation goes, kept in the table rule_evaluations: written in batches, failures at once."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from alerts.rule import Rule
from alerts.waiting import wait
from ioc_core.db import Pool

WRITE_EVERY = 5.0

_RULES = """
INSERT INTO rule_evaluations (rule, rule_group, file, line, severity)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[])
ON CONFLICT (rule) DO UPDATE SET rule_group = excluded.rule_group, file = excluded.file, line = excluded.line,
    severity = excluded.severity
"""
_GONE = "DELETE FROM rule_evaluations WHERE NOT (rule = ANY($1::text[]))"
_WRITE = """
UPDATE rule_evaluations r SET
    evaluated_at = n.at, duration_seconds = n.duration, rows = coalesce(n.rows, r.rows),
    ok_at = CASE WHEN n.error = '' THEN n.at ELSE r.ok_at END,
    error_at = CASE WHEN n.error = '' THEN r.error_at ELSE n.at END,
    error = CASE WHEN n.error = '' THEN r.error ELSE n.error END,
    failing_since = CASE WHEN n.error <> '' THEN coalesce(r.failing_since, n.at) END
FROM unnest($1::text[], $2::timestamptz[], $3::float8[], $4::int[], $5::text[]) AS n (rule, at, duration, rows, error)
WHERE r.rule = n.rule
"""


class Evaluation(Struct, frozen=True):
    """One evaluation: `error` is empty when it succeeded, `rows` is None when it didn't."""

    rule: str
    at: datetime
    duration_seconds: float
    rows: int | None = None
    error: str = ""


class Evaluations:
    """Collects the newest evaluation of each rule."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._newest: dict[str, Evaluation] = {}
        self._failing: set[str] = set()
        self._urgent = asyncio.Event()

    async def begin(self, rules: Sequence[Rule]) -> None:
        """Make the table list these rules and no others."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_GONE, [rule.alert for rule in rules])
            await connection.execute(
                _RULES,
                [rule.alert for rule in rules],
                [rule.group for rule in rules],
                [rule.place.file for rule in rules],
                [rule.place.line for rule in rules],
                [str(rule.severity) for rule in rules],
            )

    def add(self, evaluation: Evaluation) -> None:
        """Remember an evaluation; a first failure or recovery is written at once."""
        self._newest[evaluation.rule] = evaluation
        failed = bool(evaluation.error)
        if failed != (evaluation.rule in self._failing):
            (self._failing.add if failed else self._failing.discard)(evaluation.rule)
            self._urgent.set()

    async def write(self) -> None:
        """Write what was collected."""
        if not self._newest:
            return
        items, self._newest = list(self._newest.values()), {}
        await self._pool.execute(
            _WRITE,
            [item.rule for item in items],
            [item.at for item in items],
            [item.duration_seconds for item in items],
            [item.rows for item in items],
            [item.error for item in items],
        )

    async def run(self) -> None:
        """Write for ever, at once after failures, else every few seconds."""
        while True:
            await wait(self._urgent, WRITE_EVERY)
            self._urgent.clear()
            await self.write()
