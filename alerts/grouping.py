"""Should a group's receiver be told something now? A named reason, and when to ask again. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.routes import Waits

ON_TIME = timedelta(seconds=1)
"""A repeat that is no later than this counts as told when it was due, so that repeats don't drift."""


class Reason(StrEnum):
    """Why a group is, or isn't, told of now."""

    FIRST = "first"
    NEW_ALERTS = "new_alerts"
    SEVERITY_RAISED = "severity_raised"
    RETURNED = "returned"  # told before, and nobody has it any more, or it isn't muted any more
    RESOLVED = "resolved"
    REPEAT = "repeat"
    ESCALATED = "escalated"  # nobody has taken it on since the step before
    DIGEST = "digest"  # several pages to one person
    GROUP_WAIT = "group_wait"
    GROUP_INTERVAL = "group_interval"
    REPEAT_INTERVAL = "repeat_interval"
    PREVIOUS_UNSENT = "previous_unsent"  # a repeat has no use while what it repeats is still being tried
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Member:
    """An alert of the group, and what the receiver was told of it."""

    alert_id: int
    firing: bool  # else resolved
    severity: int
    acknowledged: bool
    news_at: datetime | None  # since when there is something new to tell of it
    told_severity: int | None  # None: never told
    snoozed: bool = False
    muted: bool = False

    @property
    def quiet(self) -> bool:
        """Whether nobody needs to hear of it: somebody has it, it is put off, or it is muted."""
        return self.acknowledged or self.snoozed or self.muted

    @property
    def is_told_of(self) -> bool:
        """Whether a message about its group says anything of it: it fires unmuted, or ended after it was told."""
        return not self.muted if self.firing else self.told_severity is not None

    @property
    def is_news(self) -> bool:
        """Whether the receiver should hear of it: begun, or left by everybody; graver than told; over after it was."""
        if self.news_at is None:
            return False
        if not self.firing:
            return self.told_severity is not None
        if self.muted:
            return False
        graver = self.told_severity is not None and self.severity < self.told_severity
        return graver or not self.quiet

    @property
    def has_returned(self) -> bool:
        """Whether it is news although it was told just so: somebody had it, or had closed it, and hasn't any more."""
        told = self.told_severity is not None and self.told_severity <= self.severity
        return self.is_news and self.firing and told


@dataclass(frozen=True, slots=True)
class Verdict:
    """`send`: tell now. `at`: when it was due (if `send`), else when to ask again; None: when something changes."""

    send: bool
    reason: Reason
    at: datetime | None


def decide(
    waits: Waits, notified_at: datetime | None, members: Sequence[Member], now: datetime, *, unsent: bool
) -> Verdict:
    """Return whether to tell of the group at `now`; `unsent`: an earlier notification isn't delivered yet.

    After news the group is told when `group_wait` has passed, and not twice within `group_interval`; but what was told
    before and still nags is repeated when `repeat_interval` has passed, and the news with it: whatever the group does.
    Acknowledged and snoozed alerts are neither told nor repeated, but that they grew graver, and their end, is; when
    that is over, they are told at once: whoever relied on it has waited long enough. Of muted ones not even that they
    grew graver is told.
    """
    news = [member for member in members if member.is_news]
    if not news:
        return _quiet(waits, notified_at, members, now, unsent=unsent)
    returned = [member.news_at for member in news if member.has_returned and member.news_at is not None]
    if returned:
        return Verdict(send=True, reason=Reason.RETURNED, at=min(*returned, now))
    repeat_at = _repeat_at(waits, notified_at, [member for member in members if member.told_severity is not None])
    if repeat_at is not None and repeat_at <= now and not unsent:
        return Verdict(send=True, reason=_telling(news, notified_at), at=repeat_at)
    began = min(member.news_at for member in news if member.news_at is not None)
    due = began + waits.group_wait
    reason = Reason.GROUP_WAIT
    if notified_at is not None and notified_at + waits.group_interval > due:
        due = notified_at + waits.group_interval
        reason = Reason.GROUP_INTERVAL
    if now < due:
        until = due if repeat_at is None or repeat_at <= now else min(due, repeat_at)
        return Verdict(send=False, reason=reason, at=until)
    return Verdict(send=True, reason=_telling(news, notified_at), at=due)


def next_look(waits: Waits, members: Sequence[Member], told: datetime) -> datetime | None:
    """Return when a group that was told of may have to be told of again with no news: `repeat_interval` later."""
    return told + waits.repeat_interval if any(_nags(member) for member in members) else None


def told_at(waits: Waits, notified_at: datetime | None, verdict: Verdict, now: datetime) -> datetime | None:
    """Return what to remember as the instant at which a group was told last, after a verdict at `now`.

    A repeat that was left out counts as told when it was due: the message that is still being tried stands for it.
    """
    if verdict.send:
        on_time = verdict.reason is Reason.REPEAT and verdict.at is not None and now - verdict.at <= ON_TIME
        return verdict.at if on_time else now
    if verdict.reason is Reason.PREVIOUS_UNSENT and verdict.at is not None:
        return verdict.at - waits.repeat_interval
    if verdict.reason is Reason.REPEAT_INTERVAL:  # told of in another group: the repeats count from here
        return notified_at or now
    return notified_at


def _repeat_at(waits: Waits, notified_at: datetime | None, members: Sequence[Member]) -> datetime | None:
    if notified_at is None or not any(_nags(member) for member in members):
        return None
    return notified_at + waits.repeat_interval


def _nags(member: Member) -> bool:
    return member.firing and not member.quiet


def _telling(news: Sequence[Member], notified_at: datetime | None) -> Reason:
    begun = [member for member in news if member.firing]
    if not begun:
        return Reason.RESOLVED
    if notified_at is None:
        return Reason.FIRST
    if any(member.told_severity is None for member in begun):
        return Reason.NEW_ALERTS
    return Reason.SEVERITY_RAISED


def _quiet(
    waits: Waits, notified_at: datetime | None, members: Sequence[Member], now: datetime, *, unsent: bool
) -> Verdict:
    firing = [member for member in members if member.firing]
    if not firing:
        return Verdict(send=False, reason=Reason.NOTHING, at=None)
    if not any(_nags(member) for member in firing):
        reason = Reason.MUTED if all(member.muted for member in firing) else Reason.ACKNOWLEDGED
        return Verdict(send=False, reason=reason, at=None)
    due = (notified_at or now) + waits.repeat_interval
    if now < due:
        return Verdict(send=False, reason=Reason.REPEAT_INTERVAL, at=due)
    if unsent:
        left_out = (now - due) // waits.repeat_interval + 1
        return Verdict(send=False, reason=Reason.PREVIOUS_UNSENT, at=due + left_out * waits.repeat_interval)
    return Verdict(send=True, reason=Reason.REPEAT, at=due)
