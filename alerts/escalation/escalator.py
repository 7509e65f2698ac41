"""Takes groups of alerts from step to step: starts, does what is due, stops when somebody has them, tells the end.

Every function is called inside a fenced transaction of the leader, and a step, its messages and the next step's
instant are one commit: a crash, a restart or a day's outage neither skips nor doubles one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from alerts.escalation import digest, persons, steps, store
from alerts.escalation.calls import Call, Reach, calls, receiver_of
from alerts.escalation.outgoing import Outbound, Outgoing
from alerts.escalation.store import Done, Escalating
from alerts.flushing import Told, members_of
from alerts.grouping import Member, Reason
from alerts.store import history
from ioc_core.db import Connection
from ioc_core.oncall import Override
from ioc_core.oncall.overrides import between

AT_ONCE = 200
"""Escalations that one transaction moves on."""
_MOMENT = timedelta(microseconds=1)
_FIRING = """
SELECT id AS alert_id, severity FROM alerts a
WHERE id = ANY($1::bigint[]) AND state = 'firing' AND (acknowledged_by IS NULL OR acknowledged_until <= $2)
  AND (snoozed_until IS NULL OR snoozed_until <= $2)
  AND NOT EXISTS (SELECT FROM alert_mutes x WHERE x.alert_id = a.id)
ORDER BY severity, firing_at, id
"""


class Escalator:
    """Knows by which policy each receiver's groups go on, who can be reached, and how messages are written."""

    def __init__(self, policy_of: Mapping[str, str], reach: Reach, outbound: Outbound) -> None:
        self._policy_of = policy_of
        self._reach = reach
        self._policies = reach.oncall.policies
        self._outbound = outbound

    async def follow(self, connection: Connection, told: Sequence[Told], now: datetime) -> int:
        """Start an escalation of groups that are being told of, or end it; return how many messages there are."""
        told = [item for item in told if item.receiver in self._policy_of]
        if not told:
            return 0
        running = await store.running(connection, [item.key for item in told], self._policies)
        over: list[tuple[Escalating, str]] = []
        begun: list[Told] = []
        joined: list[tuple[Escalating, Told]] = []
        for item in told:
            known = running.get(item.key)
            if known is not None and steps.is_under_way(item.members):
                if item.reason is not Reason.REPEAT:
                    joined.append((known, item))
                continue
            if known is not None:
                reason = "returned" if steps.needs_calling(item.members) else steps.why_stop(item.members) or "over"
                over.append((_with(known, item.members), reason))
            if steps.needs_calling(item.members):
                begun.append(item)
        await store.end(connection, over, now)
        written = await self._start(connection, begun, now) + await self._tell_news(connection, joined, now)
        return written + await self._tell_end(connection, told, now)

    async def do_due(self, connection: Connection, now: datetime) -> int:
        """Do steps that are due, the longest overdue first, at most one of each escalation, and digests; return how
        many messages there are."""
        due = await store.due(connection, now, AT_ONCE, self._policies)
        members = await members_of(connection, [item.key for item in due], now)
        ended: list[tuple[Escalating, str]] = []
        to_do: list[Escalating] = []
        for found in due:
            item = _with(found, members.get(found.key, ()))
            reason = steps.why_stop(item.members)
            if reason is None and (item.policy is None or item.position.step >= len(item.policy.steps)):
                reason = "policy_gone"
            if reason is None:
                to_do.append(item)
            else:
                ended.append((item, reason))
        await store.end(connection, ended, now)
        written = await self._do(connection, to_do, now)
        gone = [
            item
            for item, reason in ended
            if reason == "policy_gone" and str(item.group["receiver"]) in self._policy_of
        ]
        written += await self._start(connection, [Told(item.group, item.members, Reason.FIRST) for item in gone], now)
        return written + await self._tell_digests(connection, now)

    async def has_work(self, connection: Connection, now: datetime) -> tuple[bool, datetime | None]:
        """Return whether there is something to do now, and when the next step or digest is due; outside of a term's
        transactions, so that an idle centre does nothing."""
        due = await self.next_due(connection)
        quiet: bool = await connection.fetchval(store.ANY_QUIET, now)
        return quiet or (due is not None and due <= now), due

    async def stop_quiet(self, connection: Connection, now: datetime) -> int:
        """Stop escalations of which somebody has every alert; return how many."""
        found = await store.quiet(connection, now, AT_ONCE, self._policies)
        members = await members_of(connection, [item.key for item in found], now)
        quiet = [_with(item, members.get(item.key, ())) for item in found]
        ended = [(item, reason) for item in quiet if (reason := steps.why_stop(item.members)) is not None]
        await store.end(connection, ended, now)
        return len(ended)

    async def next_due(self, connection: Connection) -> datetime | None:
        """Return when the next step or digest is due; None: none is."""
        instants: list[datetime | None] = [await connection.fetchval(store.NEXT)]
        instants += [digest.due(item) for item in (await persons.waiting(connection)).values()]
        return min((instant for instant in instants if instant is not None), default=None)

    async def _start(self, connection: Connection, begun: Sequence[Told], now: datetime) -> int:
        new = []
        for told in begun:
            policy = self._policies[self._policy_of[told.receiver]]
            new.append((told, policy, steps.first(policy, now)))
        ids = (
            await store.start(connection, [(told.key, policy, place) for told, policy, place in new], now)
            if new
            else {}
        )
        items = [
            Escalating(ids[told.key], told.group, policy, place, told.members, told.reason)
            for told, policy, place in new
        ]
        at_once = await self._do(connection, [item for item in items if item.position.due_at <= now], now)
        return at_once + (await self._tell_digests(connection, now) if items else 0)

    async def _do(self, connection: Connection, items: Sequence[Escalating], now: datetime) -> int:
        """Do one step of each, whose members are known and need somebody."""
        if not items:
            return 0
        overrides = await self._overrides(connection, now)
        done, after, finished = [], [], []
        going: list[Outgoing] = []
        pages: list[tuple[Outgoing, int]] = []
        for item in items:
            assert item.policy is not None
            place = item.position
            called = calls(self._reach, item.policy.steps[place.step], now, overrides)
            done.append(Done(item, called))
            for call in called:
                out = _outgoing(item, call)
                if call.person is None:
                    going.append(out)
                else:
                    pages.append((out, place.round))
            following = steps.following(item.policy, place, reached=bool(called))
            if following is None:
                finished.append((item, "finished"))
            else:
                after.append((item, following))
        await store.record(connection, done, after, now)
        await store.end(connection, finished, now)
        going += await persons.admit(connection, sorted(pages, key=_gravest_first), "page", now)
        return await self._outbound.write(connection, going, now)

    async def _tell_news(
        self, connection: Connection, joined: Sequence[tuple[Escalating, Told]], now: datetime
    ) -> int:
        """Tell whom the last step called of what has joined a group, or has grown graver, since."""
        if not joined:
            return 0
        overrides = await self._overrides(connection, now)
        going: list[Outgoing] = []
        pages: list[tuple[Outgoing, int]] = []
        for item, told in joined:
            step = None if item.policy is None else steps.before(item.policy, item.position)
            if item.policy is None or step is None or step >= len(item.policy.steps):
                continue
            for call in calls(self._reach, item.policy.steps[step], now, overrides):
                mark = f"{item.id}/news/{now.isoformat()}"
                out = Outgoing(call, mark, told.group, told.members, told.reason, now, item.id)
                if call.person is None:
                    going.append(out)
                else:
                    pages.append((out, 0))
        going += await persons.admit(connection, pages, "news", now)
        written = await self._outbound.write(connection, going, now)
        return written + await self._tell_digests(connection, now)

    async def _overrides(self, connection: Connection, now: datetime) -> list[Override]:
        return [entry.override for entry in await between(connection, now, now + _MOMENT)]

    async def _tell_end(self, connection: Connection, told: Sequence[Told], now: datetime) -> int:
        """Tell those who were paged of a group that it is over."""
        over = {item.key: item for item in told if not any(member.firing for member in item.members)}
        going = []
        for key, receiver, escalation, channels in await persons.paged(connection, list(over)) if over else ():
            working = tuple(channel for channel in channels if channel in self._reach.working.get(receiver, ()))
            if working:
                item = over[key]
                mark = f"end/{escalation}"
                out = Outgoing(
                    Call(receiver, working), mark, item.group, item.members, Reason.RESOLVED, now, escalation
                )
                going.append((out, 0))
        admitted = await persons.admit(connection, going, "end", now)
        return await self._outbound.write(connection, admitted, now)

    async def _tell_digests(self, connection: Connection, now: datetime) -> int:
        written = 0
        for person, item in (await persons.waiting(connection)).items():
            if digest.due(item) <= now:
                written += await self._tell_digest(connection, person, now)
        return written

    async def _tell_digest(self, connection: Connection, person: str, now: datetime) -> int:
        messages, channels, alert_ids = await persons.take(connection, person)
        rows = await connection.fetch(_FIRING, alert_ids, now)
        receiver = receiver_of(person)
        working = tuple(channel for channel in channels if channel in self._reach.working.get(receiver, ()))
        working = working or tuple(self._reach.working.get(receiver, ()))[:1]
        members = [
            Member(
                row["alert_id"],
                firing=True,
                severity=row["severity"],
                acknowledged=False,
                news_at=now,
                told_severity=None,
            )
            for row in rows
        ]
        content: dict[str, object] = {
            "channels": list(working),
            "severity": min((member.severity for member in members), default=4),
            "alert_ids": [member.alert_id for member in members],
        }
        number = await persons.keep_digest(connection, person, messages, content, now)
        if number is None or not working:
            return 0
        group = {"key": f"digest:{person}", "receiver": receiver, "labels": {}}
        out = Outgoing(Call(receiver, working), f"digest/{number}", group, members, Reason.DIGEST, now)
        await history(connection, now, _noted(members, person, len(messages)))
        return await self._outbound.write(connection, [out], now)


def _noted(members: Sequence[Member], person: str, pages: int) -> Iterable[tuple[int, str, str]]:
    note = f"{person}: {pages} tin gọi trong một tin gộp"
    return ((member.alert_id, "digest", note) for member in members)


def _gravest_first(page: tuple[Outgoing, int]) -> tuple[int, datetime, int]:
    item, _ = page
    firing = [member for member in item.members if member.firing]
    return min(member.severity for member in firing), item.due_at, min(member.alert_id for member in firing)


def _outgoing(item: Escalating, call: Call) -> Outgoing:
    place = item.position
    begins = place.round == 0 and place.step == 0
    reason = item.reason if not begins or item.reason is not Reason.ESCALATED else Reason.FIRST
    mark = f"{item.id}/{place.round}/{place.step}"
    return Outgoing(call, mark, item.group, item.members, reason, place.due_at, item.id, place.step)


def _with(item: Escalating, members: Sequence[Member]) -> Escalating:
    return Escalating(item.id, item.group, item.policy, item.position, members, item.reason)
