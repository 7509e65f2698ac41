"""Who is on call in a rotation at an instant, all its shifts in a stretch of time, and where nobody is. Pure.

Overrides win over turns; on days off a rotation may leave everything to another one, with that one's overrides.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise

from ioc_core.oncall.hand_over import Slot, ends_at, slots
from ioc_core.oncall.model import Override, Rotation


@dataclass(frozen=True, slots=True)
class Shift:
    """[`starts_at`, `ends_at`) in which `person` (None: nobody) is on call.

    `rotation` is the one whose turn it is (another one on days off), `turn` counts its turns, `override` is the id of
    the one that says so.
    """

    starts_at: datetime
    ends_at: datetime
    person: str | None
    rotation: str
    turn: int | None = None
    override: int | None = None


def on_call(rotation: Rotation, at: datetime, overrides: Sequence[Override] = ()) -> str | None:
    """Return the name of whoever is on call at `at`; None: nobody."""
    return _at(rotation, at, at, overrides, _turns(rotation, at, at)).person


def shifts(rotation: Rotation, first: datetime, last: datetime, overrides: Sequence[Override] = ()) -> list[Shift]:
    """Return the shifts of [`first`, `last`) in order, without a hole: one where nobody is on call is there, too."""
    bounds = sorted({first, *(at for at in _changes(rotation, first, last, overrides) if first < at < last), last})
    turns = _turns(rotation, first, last)
    found: list[Shift] = []
    for start, end in pairwise(bounds):
        part = _at(rotation, start, end, overrides, turns)
        if found and _same(found[-1], part):
            found[-1] = replace(found[-1], ends_at=end)
        else:
            found.append(part)
    return found


def gaps(rotation: Rotation, first: datetime, last: datetime, overrides: Sequence[Override] = ()) -> list[Shift]:
    """Return the stretches of [`first`, `last`) in which nobody is on call, each as long as it is."""
    found: list[Shift] = []
    for shift in shifts(rotation, first, last, overrides):
        if shift.person is not None:
            continue
        if found and found[-1].ends_at == shift.starts_at:
            found[-1] = replace(found[-1], ends_at=shift.ends_at)
        else:
            found.append(shift)
    return found


class _Turns:
    """The slots of a rotation in a stretch of time, worked out once."""

    def __init__(self, rotation: Rotation, first: datetime, last: datetime) -> None:
        self._slots = slots(rotation, first, last)
        self._starts = [slot.starts_at for slot in self._slots]
        self._end = ends_at(rotation)

    def at(self, at: datetime) -> Slot | None:
        """The slot that `at` lies in; None before the rotation's start and after its end."""
        if self._end is not None and at >= self._end:
            return None
        index = bisect_right(self._starts, at) - 1
        return self._slots[index] if index >= 0 else None


def _turns(rotation: Rotation, first: datetime, last: datetime) -> dict[str, _Turns]:
    """Of the rotation and of those that are on call instead on days off."""
    involved = [rotation, *(other for other in (rotation.days_off, rotation.holidays) if other is not None)]
    return {item.name: _Turns(item, first, last) for item in involved}


def _at(
    rotation: Rotation,
    at: datetime,
    until: datetime,
    overrides: Sequence[Override],
    turns: Mapping[str, _Turns],
) -> Shift:
    holding = [override for override in overrides if override.holds(rotation.name, at)]
    if holding:
        chosen = max(holding, key=lambda override: override.id)
        return Shift(at, until, chosen.person, rotation.name, override=chosen.id)
    slot = turns[rotation.name].at(at)
    if slot is None:
        return Shift(at, until, None, rotation.name)
    instead = _instead(rotation, slot.day)
    if instead is not None:
        return _at(instead, at, until, overrides, turns)
    member = rotation.members[slot.turn % len(rotation.members)]
    return Shift(at, until, member, rotation.name, turn=slot.turn)


def _instead(rotation: Rotation, day: date) -> Rotation | None:
    """The rotation that is on call from the hand-over of `day`, a day off, to the next one."""
    if rotation.calendar is None or (rotation.days_off is None and rotation.holidays is None):
        return None
    rules = rotation.calendar.rules
    usually_worked = day.weekday() in rules.weekdays
    inside = rotation.calendar.first_day <= day <= rotation.calendar.last_day
    works = rotation.calendar.is_working_day(day) if inside else usually_worked
    if works:
        return None
    if usually_worked and rotation.holidays is not None:
        return rotation.holidays
    return rotation.days_off


def _changes(rotation: Rotation, first: datetime, last: datetime, overrides: Sequence[Override]) -> Iterator[datetime]:
    """Instants at which somebody else may be on call; some of them change nothing."""
    for slot in slots(rotation, first, last):
        yield slot.starts_at
    end = ends_at(rotation)
    if end is not None:
        yield end
    for override in overrides:
        if override.rotation == rotation.name:
            yield from (override.starts_at, override.ends_at)
    for other in (rotation.days_off, rotation.holidays):
        if other is not None:
            yield from _changes(other, first, last, overrides)


def _same(before: Shift, after: Shift) -> bool:
    """Whether two parts that follow one another are one shift."""
    mine = (before.person, before.rotation, before.turn, before.override)
    return mine == (after.person, after.rotation, after.turn, after.override)
