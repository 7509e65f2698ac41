"""Who is on call, found the naive way: by looking at a clock on the wall every minute, and counting hand-overs."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from ioc_core.oncall import Override, Rotation

MINUTE = timedelta(minutes=1)


def by_the_minute(
    rotation: Rotation, first: datetime, last: datetime, overrides: Sequence[Override]
) -> Iterator[tuple[datetime, str | None]]:
    """Every whole minute of [first, last) and who is on call then, from watching since before the rotation's start."""
    inner = {other.name: Watch(other) for other in (rotation.days_off, rotation.holidays) if other is not None}
    watch = Watch(rotation)
    starts = [rotation.start, *(other.start for other in (rotation.days_off, rotation.holidays) if other is not None)]
    at = min(datetime.combine(min(starts), datetime.min.time(), UTC) - timedelta(days=2), first)
    while at < last:
        watch.look(at)
        for other in inner.values():
            other.look(at)
        if at >= first:
            yield at, _said(rotation, watch, inner, at, overrides)
        at += MINUTE


class Watch:
    """Somebody who looks at the wall clock and notes each hand-over of one rotation."""

    def __init__(self, rotation: Rotation) -> None:
        self.rotation = rotation
        self.day: date | None = None  # of the last hand-over noted
        self.count = 0
        self._latest = datetime(1, 1, 1)  # noqa: DTZ001  (what a wall shows has no zone)
        zone = rotation.timezone
        self._zone = zone
        end = date.max if rotation.last is None else rotation.last
        self._day, self._end, self._clock = rotation.start, end, 0
        self.over = False

    def look(self, at: datetime) -> None:
        """Note the hand-overs whose hour the clock shows, or has passed, for the first time."""
        self._latest = max(self._latest, at.astimezone(self._zone).replace(tzinfo=None))
        while not self.over and datetime.combine(self._day, self.rotation.hand_overs[self._clock]) <= self._latest:
            if self._day > self._end:
                self.over = True
                return
            self.count += 1
            self.day = self._day
            self._clock += 1
            if self._clock == len(self.rotation.hand_overs):
                self._clock = 0
                self._day += timedelta(days=1)

    @property
    def member(self) -> str | None:
        """Whose turn it is."""
        if self.over or self.count == 0:
            return None
        turns = (self.count - 1) // 7 if self.rotation.kind == "weekly" else self.count - 1
        return self.rotation.members[turns % len(self.rotation.members)]


def _said(
    rotation: Rotation, watch: Watch, inner: dict[str, Watch], at: datetime, overrides: Sequence[Override]
) -> str | None:
    said = _overridden(rotation, at, overrides)
    if said:
        return said[0]
    instead = None if watch.over or watch.day is None else _instead(rotation, watch.day)
    if instead is None:
        return watch.member
    said = _overridden(instead, at, overrides)
    return said[0] if said else inner[instead.name].member


def _overridden(rotation: Rotation, at: datetime, overrides: Sequence[Override]) -> list[str | None]:
    said: list[str | None] = []
    for override in sorted(overrides, key=lambda item: item.id):
        if override.rotation == rotation.name and override.starts_at <= at < override.ends_at:
            said = [override.person]
    return said


def _instead(rotation: Rotation, day: date) -> Rotation | None:
    if rotation.calendar is None or rotation.calendar.is_working_day(day):
        return None
    weekend = day.weekday() >= 5
    return rotation.days_off if weekend or rotation.holidays is None else rotation.holidays
