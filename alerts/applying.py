"""Writes what evaluations change: state, history, groups and outbox in one transaction of the leader."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.escalation.escalator import Escalator
from alerts.flushing import MOST_GROUPS, Flush
from alerts.leadership import assert_leading
from alerts.mutes.muting import Muting
from alerts.mutes.store import forget
from alerts.placing import Placed, Placement, end, renew
from alerts.plan import Batch
from alerts.rows import Finding
from alerts.rule import Rule
from alerts.state import Step
from alerts.store import ENGINE, Move, begin, history, lock, move, rewrite
from alerts.subjects import Subject, void_subjects, write_subjects
from ioc_core import alert_actions
from ioc_core.db import Connection, Pool

_GONE = """
UPDATE alerts SET state = 'resolved', resolved_at = $2, updated_at = $2
WHERE state IN ('firing', 'closed') AND origin = 'rule' AND NOT (rule = ANY($1::text[])) RETURNING id, rule
"""
_FIRING = "SELECT id, rule, severity, labels FROM alerts WHERE state = 'firing' ORDER BY id"
_TO_DO = f"""
SELECT EXISTS (SELECT FROM alerts WHERE stirred_at IS NOT NULL) AS stirred, ({alert_actions.NEXT_TIMER}) AS next_timer
"""
_STIRRED = """
SELECT id, rule, severity, labels, state FROM alerts WHERE stirred_at IS NOT NULL
ORDER BY id LIMIT $1 FOR NO KEY UPDATE
"""
_SEEN_TO = "UPDATE alerts SET stirred_at = NULL WHERE id = ANY($1::bigint[])"
_MAKE_DUE = "UPDATE notification_groups SET due_at = least(due_at, $2) WHERE key = ANY($1::text[])"
_DUE = "SELECT min(due_at) FROM notification_groups"

Also = Callable[[Connection], Awaitable[None]]
"""Writes something in the transaction of a batch."""
PEOPLE_AT_ONCE = 500
"""Alerts that people changed, seen to in one transaction."""
GATHER = timedelta(seconds=5)
"""Longer than the batches of one evaluation take."""


@dataclass(slots=True)
class Evaluated:
    """One evaluation on its way into the database, batch by batch; `touched` are the groups to tell of."""

    found: Mapping[str, Finding]
    now: datetime
    observed_at: datetime
    touched: set[str] = field(default_factory=set)


class Applier:
    """The one place that changes alerts; one transaction at a time.

    `told` is called after a commit that put something into the outbox, `moved` after one that changed alerts.
    """

    def __init__(
        self,
        pool: Pool,
        epoch: int,
        *,
        placement: Placement,
        muting: Muting,
        flush: Flush,
        escalator: Escalator,
        told: Callable[[], None],
        moved: Callable[[datetime], None],
    ) -> None:
        self._pool = pool
        self._epoch = epoch
        self._placement = placement
        self._muting = muting
        self._flush = flush
        self._escalator = escalator
        self._told = told
        self._moved = moved
        self._one_at_a_time = asyncio.Lock()
        self.groups_touched = asyncio.Event()

    async def apply(self, batch: Batch, evaluated: Evaluated, also: Also | None = None) -> dict[str, int]:
        """Write one batch, and what `also` writes; return the ids of new alerts by fingerprint.

        Receivers are told with the last batch, so that one evaluation is one message; should the process die before
        it, the groups of the earlier batches are due soon all the same.

        Raises:
            LeadershipLostError: nothing was written. StorageError, asyncpg.UniqueViolationError: the state in the
                database isn't what the batch was made from; nothing was written.
        """
        async with self._one_at_a_time, self._pool.acquire() as connection, connection.transaction():
            now = evaluated.now
            await assert_leading(connection, self._epoch)
            ids = await begin(connection, batch.rule, batch.begins, now, origin=batch.origin)
            await lock(connection, batch.known())
            await move(connection, batch.moves, now)
            closed = await rewrite(connection, batch.rewrites, now)
            known = ids | {m.fingerprint: m.alert_id for m in batch.moves}
            known |= {r.finding.fingerprint: r.alert_id for r in batch.rewrites}
            placed = [item for item in batch.to_place(evaluated.found, known) if item.alert_id not in closed]
            ended = batch.ended()
            rules = {batch.rule} if placed or ended else set()
            evaluated.touched |= await self._tell(
                connection, placed, ended, now, rules=rules, observed_at=evaluated.observed_at
            )
            told = await self._flush_touched(connection, evaluated.touched, now, last=batch.last)
            if also is not None:
                await also(connection)
        self._after(told)
        if any(_is_seen(item) for item in [*batch.begins, *batch.moves]) or batch.rewrites:
            self._moved(now)
        return ids

    async def remember(
        self, rule: Rule, changed: Mapping[str, Subject | None], silent_alerts: Sequence[int], now: datetime
    ) -> None:
        """Write what a rule remembers of its subjects; that live alerts have no data any more is history.

        Raises:
            LeadershipLostError: nothing was written.
        """
        if not changed:
            return
        async with self._one_at_a_time, self._pool.acquire() as connection, connection.transaction():
            await assert_leading(connection, self._epoch)
            await write_subjects(connection, rule, changed)
            await history(connection, now, ((alert_id, "no_data", "") for alert_id in silent_alerts))

    async def flush_due(self, now: datetime) -> datetime | None:
        """Tell of the groups that are due; return when the next one is, None when none is.

        Raises:
            LeadershipLostError: nothing was written.
        """
        looked = 1
        while looked:
            async with self._one_at_a_time, self._pool.acquire() as connection, connection.transaction():
                await assert_leading(connection, self._epoch)
                flushed = await self._flush.flush(connection, now)
            looked = flushed.looked
            if flushed.told:
                self._told()
        due: datetime | None = await self._pool.fetchval(_DUE)
        return due

    async def escalate(self, now: datetime) -> datetime | None:
        """Do what escalations have due, and stop those of which somebody has every alert; return when the next is due.

        Raises:
            LeadershipLostError: nothing was written.
        """
        while True:
            async with self._pool.acquire() as connection:
                to_do, due = await self._escalator.has_work(connection, now)
            if not to_do:
                return due
            async with self._one_at_a_time, self._pool.acquire() as connection, connection.transaction():
                await assert_leading(connection, self._epoch)
                await self._escalator.stop_quiet(connection, now)
                told = await self._escalator.do_due(connection, now)
            if told:
                self._told()
            self._moved(now)

    async def follow_people(self, now: datetime) -> datetime | None:
        """Let end what people's times end, and tell of what people did; return when the next time runs out.

        Raises:
            LeadershipLostError: nothing was written.
        """
        while True:
            to_do = await self._pool.fetchrow(_TO_DO)
            assert to_do is not None
            due: datetime | None = to_do["next_timer"]
            if not to_do["stirred"] and (due is None or due > now):
                return due
            async with self._one_at_a_time, self._pool.acquire() as connection, connection.transaction():
                await assert_leading(connection, self._epoch)
                await alert_actions.run_out(connection, actor=ENGINE, now=now, limit=PEOPLE_AT_ONCE)
                keys = await self._stirred(connection, now)
                told = await self._flush_touched(connection, keys, now, last=True)
            self._after(told)
            self._moved(now)

    async def _stirred(self, connection: Connection, now: datetime) -> set[str]:
        """Make news of what people did to alerts: closed is over, opened again or left by everybody is news again."""
        rows = await connection.fetch(_STIRRED, PEOPLE_AT_ONCE)
        firing = [
            Placed(row["id"], row["rule"], row["severity"], row["labels"]) for row in rows if row["state"] == "firing"
        ]
        closed = [row["id"] for row in rows if row["state"] == "closed"]
        keys = await self._tell(connection, firing, closed, now, rules={row["rule"] for row in rows})
        keys |= await renew(connection, [item.alert_id for item in firing], now)
        await connection.execute(_SEEN_TO, [row["id"] for row in rows])
        return keys

    async def take_over(self, rules: Sequence[Rule], now: datetime, renamed: Mapping[str, str] | None = None) -> None:
        """Fit what an earlier leader left to the present configuration: end alerts of rules that are gone, and put
        the others into the groups of the present routes. `renamed`: rules that are gone → how they are called now."""
        async with self._one_at_a_time, self._pool.acquire() as connection, connection.transaction():
            await assert_leading(connection, self._epoch)
            names = [rule.alert for rule in rules]
            await connection.execute(
                "DELETE FROM alerts WHERE state = 'pending' AND origin = 'rule' AND NOT (rule = ANY($1::text[]))",
                names,
            )
            ended = await connection.fetch(_GONE, names, now)
            gone = [row["id"] for row in ended]
            notes = ((row["id"], Step.RESOLVED, _why_gone(row["rule"], renamed or {})) for row in ended)
            await history(connection, now, notes)
            await void_subjects(connection, rules)
            placed = [
                Placed(row["id"], row["rule"], row["severity"], row["labels"])
                for row in await connection.fetch(_FIRING)
            ]
            keys = await self._placement.place(connection, placed, now)
            await forget(connection, gone)
            keys |= await end(connection, gone, now)
            kept = await self._muting.settle_all(connection, now)
            keys |= await renew(connection, sorted(kept.unmuted), now)
            told = await self._flush_touched(connection, keys, now, last=True)
        self._after(told)
        self._moved(now)

    async def follow_mutes(self, now: datetime) -> datetime | None:
        """Let mutes begin and end as people and the clock want it; return when the clock next wants something.

        Raises:
            LeadershipLostError: nothing was written.
        """
        while True:
            async with self._pool.acquire() as connection:
                due = await self._muting.due(connection, now)
            if due is None or due > now:
                return due
            async with self._one_at_a_time, self._pool.acquire() as connection, connection.transaction():
                await assert_leading(connection, self._epoch)
                kept = await self._muting.settle_all(connection, now)
                keys = await renew(connection, sorted(kept.unmuted), now)
                told = await self._flush_touched(connection, keys, now, last=True)
            self._after(told)
            self._moved(now)

    async def _tell(
        self,
        connection: Connection,
        placed: Sequence[Placed],
        ended: Sequence[int],
        now: datetime,
        *,
        rules: set[str],
        observed_at: datetime | None = None,
    ) -> set[str]:
        """Make news of what fires, unless it is muted, and of what ended; return the keys of the groups."""
        observed_at = observed_at or now
        keys: set[str] = set()
        if placed:
            keys |= await self._placement.place(connection, placed, observed_at)
        if ended:
            await forget(connection, ended)
            keys |= await end(connection, ended, observed_at)
        kept = await self._muting.settle(connection, [item.alert_id for item in placed], rules, now)
        return keys | await renew(connection, sorted(kept.unmuted), observed_at)

    async def _flush_touched(self, connection: Connection, keys: set[str], now: datetime, *, last: bool) -> int:
        """Tell of these groups now, or, when there are too many or more is to come, make them due."""
        if not keys:
            return 0
        if last and len(keys) <= MOST_GROUPS:
            return (await self._flush.flush(connection, now, sorted(keys))).told
        await connection.execute(_MAKE_DUE, sorted(keys), now if last else now + GATHER)
        return 0

    def _after(self, told: int) -> None:
        self.groups_touched.set()
        if told:
            self._told()


def _why_gone(rule: str, renamed: Mapping[str, str]) -> str:
    return f"the rule is now called {renamed[rule]}" if rule in renamed else "the rule is no longer there"


def _is_seen(item: object) -> bool:
    return not (isinstance(item, Move) and item.step in {Step.ABSENT, Step.RETURNED})
