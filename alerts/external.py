"""Makes alerts of what other systems send: as a rule would that finds, at each look, what was sent and isn't over."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg
import structlog

from alerts.applying import Applier, Evaluated
from alerts.metrics import Metrics
from alerts.plan import Batch, Change, changes, remember
from alerts.rows import Finding
from alerts.rule import Hold
from alerts.store import EXTERNAL, LiveAlert, live_alerts
from alerts.waiting import wait
from ioc_core import external_alerts
from ioc_core.db import Connection, Pool
from ioc_core.errors import StorageError
from ioc_core.events import content_id
from ioc_core.external_alerts import ExternalAlert, Seen

log = structlog.get_logger(__name__)

AT_ONCE = 1000
"""Sent alerts seen to in one round."""
LONGEST_WAIT = 0.5
"""Seconds until what was sent is seen although its notice was lost."""
HOLD = Hold(timedelta(), timedelta())
"""Who sends alerts has waited already."""
_ORPHANS = """
SELECT a.rule, a.fingerprint FROM alerts a
WHERE a.origin = 'external' AND a.state <> 'resolved'
  AND NOT EXISTS (SELECT FROM external_alerts e WHERE e.fingerprint = a.fingerprint)
"""


class External:
    """The external alerts of one leader's term."""

    def __init__(self, pool: Pool, applier: Applier, *, metrics: Metrics, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._applier = applier
        self._metrics = metrics
        self._clock = clock
        self._live: dict[str, LiveAlert] | None = None

    async def run(self, noticed: asyncio.Event) -> None:
        """See to what is sent for ever: when it is noticed, when an end has come, and twice a second.

        Raises:
            LeadershipLostError: another process leads. OSError, asyncpg.InterfaceError: the database is away.
        """
        while True:
            noticed.clear()
            pause = LONGEST_WAIT
            try:
                due = await self.follow(self._clock())
                if due is not None:
                    pause = (due - self._clock()).total_seconds()
            except (asyncpg.PostgresError, StorageError) as error:
                if isinstance(error, asyncpg.PostgresConnectionError):
                    raise
                self._live = None
                log.warning("external_alerts_failed", error=str(error))
                await asyncio.sleep(LONGEST_WAIT)
            await wait(noticed, min(max(pause, 0.01), LONGEST_WAIT))

    async def follow(self, now: datetime) -> datetime | None:
        """See to everything that was sent or is over by `now`; return when the next one is over.

        Raises:
            LeadershipLostError: what is left wasn't written.
        """
        live = await self._known(now)
        while True:
            async with self._pool.acquire() as connection:
                rows = await external_alerts.to_see(connection, now, AT_ONCE)
                if not rows:
                    return await external_alerts.next_end(connection)
            await self._see(live, rows, now)

    async def _known(self, now: datetime) -> dict[str, LiveAlert]:
        """The live alerts by fingerprint; at first from the database, where those of which nothing is known end."""
        if self._live is not None:
            return self._live
        async with self._pool.acquire() as connection:
            by_rule = await live_alerts(connection, origin=EXTERNAL)
            orphans = await connection.fetch(_ORPHANS)
        live = {mark: alert for alerts in by_rule.values() for mark, alert in alerts.items()}
        gone: dict[str, list[str]] = {}
        for row in orphans:
            gone.setdefault(row["rule"], []).append(row["fingerprint"])
        evaluated = Evaluated({}, now, now)
        for rule, marks in gone.items():
            known = {mark: live[mark] for mark in marks}
            over = Batch(rule, list(changes(known, {}, now, HOLD)), last=True, origin=EXTERNAL)
            await self._apply(live, over, evaluated)
        self._live = live
        return live

    async def _see(self, live: dict[str, LiveAlert], rows: Sequence[Seen], now: datetime) -> None:
        """Write what these rows change, as one evaluation; the marks go in the transactions that change the alerts.

        What began and ended while nobody led has its history, but is told to nobody.
        """
        of_rule: dict[str, list[Seen]] = {}
        for row in rows:
            of_rule.setdefault(row.alert.rule, []).append(row)
        observed_at = min(min(row.received_at for row in rows), now)
        findings = {row.alert.fingerprint: finding(row.alert) for row in rows}
        evaluated = Evaluated(findings, now, observed_at)
        for index, (rule, mine) in enumerate(of_rule.items(), 1):
            begun = begun_and_over(mine, live, now)
            if begun:
                await self._apply(live, Batch(rule, begun, last=False, origin=EXTERNAL), evaluated)
            found = {row.alert.fingerprint: findings[row.alert.fingerprint] for row in mine if row.alert.ends_at > now}
            known = {
                row.alert.fingerprint: live[row.alert.fingerprint] for row in mine if row.alert.fingerprint in live
            }
            last = index == len(of_rule)
            batch = Batch(rule, list(changes(known, found, now, HOLD)), last=last, origin=EXTERNAL)
            await self._apply(live, batch, evaluated, mine)

    async def _apply(
        self, live: dict[str, LiveAlert], batch: Batch, evaluated: Evaluated, seen: Sequence[Seen] = ()
    ) -> None:
        async def take_marks(connection: Connection) -> None:
            await external_alerts.saw(connection, seen, evaluated.now)

        ids = await self._applier.apply(batch, evaluated, take_marks if seen else None)
        remember(live, batch, ids)
        for change in batch.changes:
            for part in (change.begin, change.move):
                if part is not None:
                    self._metrics.transitions.labels(part.step).inc()


def finding(alert: ExternalAlert) -> Finding:
    """Return what a rule's row would be for the alert as it was sent. Pure."""
    said = json.dumps([alert.severity, alert.details, alert.annotations], ensure_ascii=False, sort_keys=True)
    return Finding(
        fingerprint=alert.fingerprint,
        severity=alert.severity,
        labels=alert.labels,
        details=alert.details,
        annotations=alert.annotations,
        value=None,
        content_id=content_id(said),
    )


def begun_and_over(rows: Sequence[Seen], live: Mapping[str, LiveAlert], now: datetime) -> list[Change]:
    """Return the beginnings of what is over by `now` and was never seen firing; they are told to nobody yet. Pure."""
    found = {
        row.alert.fingerprint: finding(row.alert)
        for row in rows
        if row.alert.ends_at <= now and row.alert.fingerprint not in live
    }
    return list(changes({}, found, now, HOLD))
