"""Finds the mutes that alerts should have now and keeps them; the leader's, in its fenced transactions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.mutes import store
from alerts.mutes.causes import Causes, System, explained
from alerts.mutes.flapping import flapping, lately
from alerts.mutes.mute import Mute, Target
from alerts.mutes.silencing import next_change, silenced
from alerts.mutes.store import Kept
from ioc_core import silences
from ioc_core.db import Connection

_CALM = "UPDATE silences SET stirred_at = NULL WHERE id = ANY($1::uuid[])"
_STIRRED = "SELECT id FROM silences WHERE stirred_at IS NOT NULL ORDER BY id FOR NO KEY UPDATE"
_TO_DO = f"""
SELECT EXISTS (SELECT FROM silences WHERE stirred_at IS NOT NULL) AS stirred, ({store.NEXT_WARNING}) AS next_warning,
       ({store.NEXT_END}) AS next_end
"""
_SYSTEMS = "SELECT code, name, owner, depends_on FROM systems"


class Muting:
    """Mutes of one term of a leader. `changes_at`: when the clock alone changes what silences mute; None: never."""

    def __init__(self, zone: ZoneInfo, causes: Causes | None = None) -> None:
        self._zone = zone
        self._causes = causes or Causes()
        self._source_rules = self._causes.source_rules()
        self._settled_at: datetime | None = None
        self.changes_at: datetime | None = None

    async def settle(
        self, connection: Connection, alert_ids: Sequence[int], rules: Collection[str], now: datetime
    ) -> Kept:
        """Keep the mutes of these alerts, of those that fire, and of all that an alert of `rules` may explain.

        `rules` are those of alerts that began, changed or ended. Never as of an earlier instant than all were kept.
        """
        now = max(now, self._settled_at or now)
        if rules and (self._source_rules is None or self._source_rules.intersection(rules)):
            return await self._keep(connection, None, now)
        if not alert_ids:
            return Kept(frozenset(), frozenset())
        return await self._keep(connection, alert_ids, now)

    async def settle_all(self, connection: Connection, now: datetime) -> Kept:
        """Keep the mutes of all alerts, see to what people changed of silences, and warn of those that end soon."""
        stirred = [row["id"] for row in await connection.fetch(_STIRRED)]
        kept = await self._keep(connection, None, now)
        if stirred:
            await connection.execute(_CALM, stirred)
        await store.warn(connection, now)
        return kept

    async def due(self, connection: Connection, now: datetime) -> datetime | None:
        """Return when `settle_all` is to be called next, `now` when people changed a silence; None: no time is set."""
        to_do = await connection.fetchrow(_TO_DO)
        assert to_do is not None
        if to_do["stirred"]:
            return now
        instants = (self.changes_at, to_do["next_warning"], to_do["next_end"])
        return min((at for at in instants if at is not None), default=None)

    async def _keep(self, connection: Connection, alert_ids: Sequence[int] | None, now: datetime) -> Kept:
        running = await silences.running(connection, now)
        explaining = self._source_rules is None or bool(self._source_rules)
        flap_rules = self._causes.flapping
        targets = await store.targets(connection, alert_ids) if running or explaining or flap_rules else []
        wanted: dict[int, list[Mute]] = {}
        for alert_id, mute in silenced(running, targets, now, self._zone):
            wanted.setdefault(alert_id, []).append(mute)
        if explaining and targets:
            firing = targets if alert_ids is None else await store.targets(connection, rules=self._source_rules)
            for alert_id, mute in await self._explained(connection, firing, targets):
                wanted.setdefault(alert_id, []).append(mute)
        suspects = list(lately(flap_rules, targets, now))
        times = await store.beginnings(connection, [(target, rule.within) for target, rule in suspects])
        for alert_id, mute in flapping(suspects, times):
            wanted.setdefault(alert_id, []).append(mute)
        if alert_ids is None:
            self._settled_at = now
            self.changes_at = next_change(running, now, self._zone)
        return await store.keep(connection, wanted, alert_ids, now)

    async def _explained(
        self, connection: Connection, firing: Sequence[Target], targets: Sequence[Target]
    ) -> list[tuple[int, Mute]]:
        systems: Mapping[str, System] = {}
        if self._causes.dependencies is not None:
            rows = await connection.fetch(_SYSTEMS)
            systems = {
                row["code"]: System(row["code"], row["name"], row["owner"], frozenset(row["depends_on"]))
                for row in rows
            }
        return list(explained(self._causes, systems, firing, targets))
