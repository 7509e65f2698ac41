"""The pure part of escalation: which step comes when, whom it calls, why it stops, when pages become a digest."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.escalation import digest, steps
from alerts.escalation.calls import Reach, calls
from alerts.escalation.digest import Waiting
from alerts.escalation.steps import Position
from alerts.grouping import Member
from ioc_core.oncall import OnCall, Override, Policy, Rotation, Step, Target

T0 = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def step(wait: int, *whom: Target, kinds: tuple[str, ...] | None = ()) -> Step:
    return Step(wait * MINUTE, whom, kinds)


URGENT = Policy("urgent", "Khẩn", (step(0), step(5), step(10)), 1, 15 * MINUTE)


def test_waits_count_from_the_instant_at_which_the_step_before_was_due() -> None:
    found = [steps.first(URGENT, T0)]
    while (following := steps.following(URGENT, found[-1], reached=True)) is not None:
        found.append(following)
    assert [(place.round, place.step, (place.due_at - T0) // MINUTE) for place in found] == [
        (0, 0, 0), (0, 1, 5), (0, 2, 15), (1, 0, 30), (1, 1, 35), (1, 2, 45),
    ]  # fmt: skip


def test_a_step_that_reached_nobody_waits_for_no_answer_but_rounds_stay_apart() -> None:
    assert steps.following(URGENT, Position(0, 0, T0), reached=False) == Position(0, 1, T0)
    assert steps.following(URGENT, Position(0, 2, T0), reached=False) == Position(1, 0, T0 + 15 * MINUTE)
    assert steps.following(URGENT, Position(1, 2, T0), reached=False) is None


def test_the_step_before() -> None:
    assert steps.before(URGENT, Position(0, 0, T0)) is None
    assert steps.before(URGENT, Position(0, 2, T0)) == 1
    assert steps.before(URGENT, Position(1, 0, T0)) == 2


def member(
    *, firing: bool = True, ack: bool = False, snoozed: bool = False, told: int | None = 1, news: bool = False
) -> Member:
    return Member(1, firing, 1, ack, T0 if news else None, told, snoozed)


STOPS = [
    ("nobody has it", [member()], None),
    ("somebody has it", [member(ack=True)], "acknowledged"),
    ("one of two is nobody's", [member(ack=True), member()], None),
    ("put off", [member(snoozed=True), member(ack=True)], "snoozed"),
    ("over", [member(firing=False), member(firing=False)], "over"),
    ("what is over doesn't count", [member(firing=False), member(ack=True)], "acknowledged"),
    ("the group is gone", [], "over"),
]


@pytest.mark.parametrize(("members", "reason"), [case[1:] for case in STOPS], ids=[case[0] for case in STOPS])
def test_why_an_escalation_stops(members: list[Member], reason: str | None) -> None:
    assert steps.why_stop(members) == reason


UNDER_WAY = [
    ("it waits since it was told", [member()], True),
    ("never told before", [member(told=None, news=True)], False),
    ("somebody had it until now", [member(news=True)], False),
    ("it grew graver", [member(told=3, news=True)], True),
    ("a new one beside it", [member(), member(told=None, news=True)], True),
    ("a new one beside one that somebody has", [member(ack=True), member(told=None, news=True)], False),
]


@pytest.mark.parametrize(
    ("members", "expected"), [case[1:] for case in UNDER_WAY], ids=[case[0] for case in UNDER_WAY]
)
def test_whether_an_escalation_goes_on(members: list[Member], expected: bool) -> None:
    assert steps.is_under_way(members) is expected


WORKING = {
    "person:an": ["phone/0", "mail/1", "mail/2"], "person:ba": ["mail/0"], "person:dead": [], "duty": ["webhook/0"],
}  # fmt: skip
ROTATION = Rotation(
    "main", "Trực", "daily", ("an", "ba", "dead"), date(2026, 11, 20), None, (time(7),), ZoneInfo("Asia/Ho_Chi_Minh")
)
REACH = Reach(OnCall(rotations={"main": ROTATION}), WORKING)
AN, MAIN, DUTY = Target("person", "an"), Target("rotation", "main"), Target("receiver", "duty")
CALLS = [
    ("his first way", step(0, AN), {"person:an": ("phone/0",)}),
    ("all his ways", step(0, AN, kinds=None), {"person:an": ("phone/0", "mail/1", "mail/2")}),
    ("ways of a kind", step(0, AN, kinds=("mail",)), {"person:an": ("mail/1", "mail/2")}),
    ("none of that kind: his first one", step(0, AN, kinds=("voice",)), {"person:an": ("phone/0",)}),
    ("who is on call", step(0, MAIN), {"person:an": ("phone/0",)}),
    ("nobody twice", step(0, MAIN, AN), {"person:an": ("phone/0",)}),
    ("a receiver by all its channels", step(0, DUTY, AN), {"duty": ("webhook/0",), "person:an": ("phone/0",)}),
    ("nobody to be reached", step(0, Target("person", "dead"), Target("rotation", "gone")), {}),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "expected"), [case[1:] for case in CALLS], ids=[case[0] for case in CALLS])
def test_whom_a_step_calls(wanted: Step, expected: dict[str, tuple[str, ...]]) -> None:
    assert {call.receiver: call.channels for call in calls(REACH, wanted, T0, [])} == expected


def test_an_override_is_called_instead_and_a_gap_calls_nobody() -> None:
    ba = Override(1, "main", "ba", T0, T0 + MINUTE)
    gap = Override(2, "main", None, T0 + MINUTE, T0 + 2 * MINUTE)
    assert [call.receiver for call in calls(REACH, step(0, MAIN), T0, [ba, gap])] == ["person:ba"]
    assert calls(REACH, step(0, MAIN), T0 + MINUTE, [ba, gap]) == []


def test_ten_messages_in_ten_minutes_go_by_themselves() -> None:
    nine = [T0 - timedelta(seconds=number) for number in range(9)]
    assert digest.goes_by_itself(nine, T0)
    assert not digest.goes_by_itself([*nine, T0 - digest.WITHIN + timedelta(seconds=1)], T0)
    assert digest.goes_by_itself([*nine, T0 - digest.WITHIN], T0)


DIGESTS = [
    ("an emergency is told at once", Waiting(T0, 1, None), 0),
    ("but a minute after the digest before", Waiting(T0, 1, T0 - timedelta(seconds=20)), 40),
    ("others are gathered", Waiting(T0, 2, None), 300),
    ("however long ago the last one was", Waiting(T0, 3, T0 - timedelta(hours=1)), 300),
]  # fmt: skip


@pytest.mark.parametrize(("waiting", "seconds"), [case[1:] for case in DIGESTS], ids=[case[0] for case in DIGESTS])
def test_when_a_digest_is_due(waiting: Waiting, seconds: int) -> None:
    assert digest.due(waiting) == T0 + timedelta(seconds=seconds)


@given(st.lists(st.integers(0, 3600), max_size=200))
def test_nobody_gets_more_than_ten_single_messages_in_any_ten_minutes(arrivals: list[int]) -> None:
    told: list[datetime] = []
    for seconds in sorted(arrivals):
        now = T0 + timedelta(seconds=seconds)
        if digest.goes_by_itself(told, now):
            told.append(now)
    assert all(sum(at - digest.WITHIN < other <= at for other in told) <= digest.MOST for at in told)
