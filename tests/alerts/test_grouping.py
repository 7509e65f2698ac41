"""Should we tell? A table of reasons, and a group's night as a timeline."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.grouping import Member, Reason, decide, next_look
from alerts.routes import Waits

NOW = datetime(2026, 11, 20, 23, tzinfo=UTC)
S = timedelta(seconds=1)
M = timedelta(minutes=1)
WAITS = Waits(group_wait=30 * S, group_interval=5 * M, repeat_interval=60 * M)

NEW = Member(1, firing=True, severity=3, acknowledged=False, news_at=NOW - 30 * S, told_severity=None)
FRESH = replace(NEW, alert_id=2, news_at=NOW - 1 * S)
TOLD = Member(3, firing=True, severity=3, acknowledged=False, news_at=None, told_severity=3)
TAKEN = replace(TOLD, alert_id=4, acknowledged=True)
BACK = replace(TOLD, alert_id=8, news_at=NOW - 1 * S)
GRAVER = Member(5, firing=True, severity=2, acknowledged=False, news_at=NOW - 40 * S, told_severity=3)
OVER = Member(6, firing=False, severity=3, acknowledged=False, news_at=NOW - 60 * S, told_severity=3)
NEVER_TOLD = replace(OVER, alert_id=7, told_severity=None)

CASES = [
    ("the first alert is told when group_wait has passed", None, [NEW], False, True, Reason.FIRST, NOW),
    ("until then it waits for others", None, [FRESH], False, False, Reason.GROUP_WAIT, NOW + 29 * S),
    ("the oldest news decides", None, [NEW, FRESH], False, True, Reason.FIRST, NOW),
    ("a group just told of waits for group_interval", -M, [TOLD, NEW], False, False, Reason.GROUP_INTERVAL,
     NOW + 4 * M),
    ("after that its new alerts are told", -6 * M, [TOLD, NEW], False, True, Reason.NEW_ALERTS, NOW),
    ("a graver severity is told again", -6 * M, [TOLD, GRAVER], False, True, Reason.SEVERITY_RAISED, NOW - 10 * S),
    ("even whoever took it is told that it grew graver", -6 * M, [replace(GRAVER, acknowledged=True)], False, True,
     Reason.SEVERITY_RAISED, NOW - 10 * S),
    ("the end is told", -6 * M, [OVER], False, True, Reason.RESOLVED, NOW - 30 * S),
    ("the end of what was never told is not", None, [NEVER_TOLD], False, False, Reason.NOTHING, None),
    ("the end of an acknowledged alert is told", -6 * M, [TAKEN, OVER], False, True, Reason.RESOLVED, NOW - 30 * S),
    ("what somebody took before it was told is not told", None, [replace(NEW, acknowledged=True)], False, False,
     Reason.ACKNOWLEDGED, None),
    ("with no news it is quiet until repeat_interval", -20 * M, [TOLD], False, False, Reason.REPEAT_INTERVAL,
     NOW + 40 * M),
    ("then it is told again", -60 * M, [TOLD], False, True, Reason.REPEAT, NOW),
    ("acknowledged alerts are not repeated", -120 * M, [TAKEN], False, False, Reason.ACKNOWLEDGED, None),
    ("one that nobody took repeats the group", -60 * M, [TAKEN, TOLD], False, True, Reason.REPEAT, NOW),
    ("no repeat while the last one is still being tried", -60 * M, [TOLD], True, False, Reason.PREVIOUS_UNSENT,
     NOW + 60 * M),
    ("nor until the next one is due", -90 * M, [TOLD], True, False, Reason.PREVIOUS_UNSENT, NOW + 30 * M),
    ("a repeat that is due doesn't wait for the wait of news", -60 * M, [TOLD, FRESH], False, True,
     Reason.NEW_ALERTS, NOW),
    ("news that waits longer is looked at when the repeat is due", -60 * M + 9 * S, [TOLD, FRESH], False, False,
     Reason.GROUP_WAIT, NOW + 9 * S),
    ("what nobody was told of has no repeat to be on time with", -60 * M, [FRESH, TAKEN], False, False,
     Reason.GROUP_WAIT, NOW + 29 * S),
    ("news do not wait for what is still being tried", -6 * M, [TOLD, NEW], True, True, Reason.NEW_ALERTS, NOW),
    ("what nobody has any more is told at once, whatever the intervals", -10 * S, [TOLD, BACK], False, True,
     Reason.RETURNED, NOW - 1 * S),
    ("but not while it is snoozed", -20 * M, [replace(BACK, snoozed=True)], False, False, Reason.ACKNOWLEDGED, None),
    ("what is snoozed before it was told is not told", None, [replace(NEW, snoozed=True)], False, False,
     Reason.ACKNOWLEDGED, None),
    ("a snoozed alert that grew graver is told", -6 * M, [replace(GRAVER, snoozed=True)], False, True,
     Reason.SEVERITY_RAISED, NOW - 10 * S),
    ("a snoozed alert is not repeated", -120 * M, [replace(TOLD, snoozed=True)], False, False, Reason.ACKNOWLEDGED,
     None),
    ("the end of a snoozed alert is told", -6 * M, [replace(OVER, snoozed=True)], False, True, Reason.RESOLVED,
     NOW - 30 * S),
    ("a muted alert isn't told", None, [replace(NEW, muted=True)], False, False, Reason.MUTED, None),
    ("not even that it grew graver", -6 * M, [replace(GRAVER, muted=True)], False, False, Reason.MUTED, None),
    ("nor that nobody has it any more", -6 * M, [replace(BACK, muted=True)], False, False, Reason.MUTED, None),
    ("nor is it repeated", -120 * M, [replace(TOLD, muted=True)], False, False, Reason.MUTED, None),
    ("what isn't muted is told all the same", None, [NEW, replace(NEW, alert_id=9, muted=True)], False, True,
     Reason.FIRST, NOW),
    ("muted and taken: nobody is told", -120 * M, [TAKEN, replace(TOLD, muted=True)], False, False,
     Reason.ACKNOWLEDGED, None),
    ("the end of what was told is told, though it was muted meanwhile", -6 * M, [replace(OVER, muted=True)], False,
     True, Reason.RESOLVED, NOW - 30 * S),
    ("nothing left, nothing told", -6 * M, [], False, False, Reason.NOTHING, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("notified", "members", "unsent", "send", "reason", "at"),
    [row[1:] for row in CASES],
    ids=[row[0] for row in CASES],
)
def test_decision(
    notified: timedelta | None,
    members: list[Member],
    unsent: bool,
    send: bool,
    reason: Reason,
    at: datetime | None,
) -> None:
    verdict = decide(WAITS, None if notified is None else NOW + notified, members, NOW, unsent=unsent)
    assert (verdict.send, verdict.reason, verdict.at) == (send, reason, at)


@given(
    seconds=st.integers(0, 7200),
    told=st.none() | st.integers(0, 7200),
    members=st.lists(st.sampled_from([NEW, FRESH, TOLD, TAKEN, BACK, GRAVER, OVER, NEVER_TOLD]), max_size=6),
    unsent=st.booleans(),
)
def test_asking_again_at_the_instant_given_is_never_too_late(
    seconds: int, told: int | None, members: list[Member], unsent: bool
) -> None:
    """Nothing but time passes: just before `at` the answer is still no, so no moment to tell was missed."""
    now = NOW + seconds * S
    notified_at = None if told is None else NOW - told * S
    verdict = decide(WAITS, notified_at, members, now, unsent=unsent)
    if verdict.send:
        assert verdict.at is not None
        assert verdict.at <= now
        return
    if verdict.at is None:
        assert not decide(WAITS, notified_at, members, now + timedelta(days=30), unsent=unsent).send
    elif notified_at is not None or verdict.reason is not Reason.REPEAT_INTERVAL:
        just_before = verdict.at - timedelta(microseconds=1)
        assert not decide(WAITS, notified_at, members, max(just_before, now), unsent=unsent).send
        then = decide(WAITS, notified_at, members, verdict.at, unsent=False)
        assert then.send


def test_only_what_nobody_took_is_looked_at_again() -> None:
    assert next_look(WAITS, [TAKEN, TOLD], NOW) == NOW + 60 * M
    assert next_look(WAITS, [TAKEN, OVER], NOW) is None
