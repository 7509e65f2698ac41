"""The instants at which a rotation is handed over: wall-clock hours, turned into instants of their time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ioc_core.oncall.model import Rotation

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """What follows one hand-over. `turn` counts turns from the rotation's start: it says whose it is."""

    day: date
    starts_at: datetime
    turn: int


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the first instant (UTC) at which clocks in `zone` show `clock` of `day`, or later.

    An hour that is shown twice (the end of summer time) counts the first time; one that is never shown (its
    beginning) counts when the clocks are put forward.
    """
    wall = datetime.combine(day, clock)
    first, other = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= other:  # shown once, or twice
        return first
    low, high = other, first  # never shown: the clocks jump over it between these two
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        shown = middle.astimezone(zone).replace(tzinfo=None)
        low, high = (low, middle) if shown >= wall else (middle, high)
    return high.replace(microsecond=0)


def slots(rotation: Rotation, first: datetime, last: datetime) -> list[Slot]:
    """Return the slots that begin in [`first`, `last`], and the one before them, in order."""
    zone = rotation.timezone
    day = max(first.astimezone(zone).date() - 2 * _DAY, rotation.start)
    end = last.astimezone(zone).date() + _DAY
    if rotation.last is not None:
        end = min(end, rotation.last)
    found = []
    while day <= end:
        for index, clock in enumerate(rotation.hand_overs):
            found.append(Slot(day, instant(day, clock, zone), turn(rotation, day, index)))
        day += _DAY
    begun = [slot for slot in found if slot.starts_at < first]
    return begun[-1:] + [slot for slot in found if first <= slot.starts_at <= last]


def ends_at(rotation: Rotation) -> datetime | None:
    """Return when the last slot is over; None: the rotation goes on for ever."""
    if rotation.last is None:
        return None
    return instant(rotation.last + _DAY, rotation.hand_overs[0], rotation.timezone)


def turn(rotation: Rotation, day: date, hand_over: int) -> int:
    """Return which turn begins, or goes on, at a hand-over of `day`."""
    days = (day - rotation.start).days
    if rotation.kind == "weekly":
        return days // 7
    return days * len(rotation.hand_overs) + hand_over
