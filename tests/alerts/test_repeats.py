"""A repeat is kept to the second, whatever the group does: random nights of one group."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.grouping import Member, Reason, decide, next_look, told_at
from alerts.routes import Waits
from tests.alerts.night import Night

START = datetime(2026, 11, 20, 23, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LATEST = timedelta(milliseconds=400)
"""How late the leader may be in looking at what is due."""


@dataclass
class Group:
    """One group as alerts/flushing.py keeps it: its row, its members, and what was told when."""

    waits: Waits
    notified_at: datetime | None = None
    due_at: datetime | None = None
    members: dict[int, Member] = field(default_factory=dict)
    tells: list[tuple[datetime, Reason]] = field(default_factory=list)
    nagging_since: datetime | None = None  # since when without a gap some member that was told nags

    def look(self, now: datetime, *, unsent: bool = False) -> None:
        members = list(self.members.values())
        verdict = decide(self.waits, self.notified_at, members, now, unsent=unsent)
        told = told_at(self.waits, self.notified_at, verdict, now)
        self.due_at = verdict.at
        if verdict.send:
            assert told is not None
            self.due_at = next_look(self.waits, members, told)
            self.tells.append((now, verdict.reason))
            self.members = {
                member.alert_id: replace(member, news_at=None, told_severity=member.severity)
                if not member.muted
                else member
                for member in members
                if member.firing
            }
        self.notified_at = told
        nags = any(member.firing and not member.quiet and member.told_severity for member in self.members.values())
        self.nagging_since = (self.nagging_since or now) if nags else None

    def overdue(self, now: datetime) -> bool:
        """Whether something that was told has nagged for longer than the repeat interval since it was last told."""
        if self.nagging_since is None or not self.tells:
            return False
        since = max(self.nagging_since, self.tells[-1][0])
        return now - since > self.waits.repeat_interval + SECOND

    def change(self, what: str, number: int, now: datetime) -> None:
        """What happens to an alert of the group, with what it makes of the member's row."""
        member = self.members.get(number)
        if what == "begin":
            if member is None:
                self.members[number] = Member(number, True, 2, acknowledged=False, news_at=now, told_severity=None)
        elif member is None or not member.firing:
            return
        elif what == "end":
            self.members[number] = replace(member, firing=False, muted=False, news_at=now)
        elif what == "graver":
            self.members[number] = replace(member, severity=1, news_at=member.news_at or now)
        elif what == "ack":
            self.members[number] = replace(member, acknowledged=True)
        elif what == "mute":
            self.members[number] = replace(member, muted=True)
        elif what == "unmute" and member.muted:
            self.members[number] = replace(member, muted=False, news_at=now)
        elif what == "let go" and member.acknowledged:
            self.members[number] = replace(member, acknowledged=False, news_at=now)


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 4 * 3600 * 10).map(lambda tenths: timedelta(seconds=tenths / 10)),
        st.sampled_from(["begin", "begin", "end", "graver", "ack", "let go", "mute", "unmute", "touch"]),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=60,
)
MINUTES = st.integers(0, 30).map(lambda minutes: timedelta(minutes=minutes))


@settings(max_examples=300)
@given(
    events=EVENTS,
    waits=st.builds(
        Waits,
        group_wait=st.integers(0, 300).map(lambda seconds: timedelta(seconds=seconds)),
        group_interval=MINUTES,
        repeat_interval=st.integers(1, 60).map(lambda minutes: timedelta(minutes=minutes)),
    ),
    late=st.lists(st.integers(0, 400), min_size=1, max_size=7),
)
def test_each_repeat_is_on_the_second(events: list[tuple[timedelta, str, int]], waits: Waits, late: list[int]) -> None:
    group = Group(waits)
    looks = 0
    for offset, what, number in [*sorted(events), (timedelta(hours=6), "touch", 1)]:
        at = START + offset
        while group.due_at is not None and group.due_at <= at:
            looks += 1
            now = group.due_at + timedelta(milliseconds=late[looks % len(late)])
            if now > at:
                break
            assert not group.overdue(now), group.tells
            group.look(now)
            assert group.due_at is None or group.due_at > now
        assert not group.overdue(at - LATEST), group.tells
        group.change(what, number, at)
        group.look(at)
    repeats = [
        (later - told, reason)
        for (told, _), (later, reason) in zip(group.tells, group.tells[1:], strict=False)
        if reason is Reason.REPEAT
    ]
    for passed, _ in repeats:
        assert abs(passed - waits.repeat_interval) <= SECOND, group.tells


@given(st.lists(st.integers(0, 400), min_size=1, max_size=5))
def test_repeats_do_not_drift(late: list[int]) -> None:
    waits = Waits(timedelta(), timedelta(minutes=5), timedelta(minutes=15))
    group = Group(waits)
    group.change("begin", 1, START)
    group.look(START)
    for turn in range(200):
        assert group.due_at is not None
        group.look(group.due_at + timedelta(milliseconds=late[turn % len(late)]))
    assert group.tells[-1][0] - (START + 200 * waits.repeat_interval) <= LATEST


def test_what_is_still_being_tried_stands_for_the_repeat() -> None:
    waits = Waits(timedelta(), timedelta(), timedelta(minutes=15))
    group = Group(waits)
    group.change("begin", 1, START)
    group.look(START)
    group.look(START + timedelta(minutes=15), unsent=True)
    group.look(START + timedelta(minutes=22))  # delivered meanwhile; touched
    group.look(START + timedelta(minutes=30))
    assert [at - START for at, _ in group.tells] == [timedelta(), timedelta(minutes=30)]


async def test_a_repeat_takes_the_news_with_it(night: Night) -> None:
    await night.heat("a", 11, grade=3)
    await night.at("0:00")
    await night.at("0:02")
    assert await night.at("0:02:30") == ["[P3] a nóng"]
    await night.heat("b", 11, grade=3)
    await night.at("1:00:10")
    assert await night.at("1:02:20") == []  # b fires; group_wait ends at 1:02:50
    assert await night.at("1:02:29") == []
    assert await night.at("1:02:30") == ["[P3] b nóng (và 1 cảnh báo khác)"]
    assert await night.at("2:02:29") == []
    assert len(await night.at("2:02:30")) == 1
