"""What the projector must read next, and when it may. Pure: notices and time in, parts out."""

from datetime import datetime, timedelta

from ioc_api.projector.reading import EVERYTHING, PARTS_OF, Part
from ioc_core.live import Changed

SPACING = timedelta(milliseconds=100)
SPACING_FACTOR = 4
"""Reading takes at most a quarter of one connection's time, however often things change."""
LONGEST_SPACING = timedelta(seconds=2)
"""A reading that hung with the database says nothing about the next one."""

EVERY_SECOND = frozenset({Part.SOURCES})
EVERY_MINUTE = EVERYTHING
"""A full reading also finds what a lost notice would have told."""

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)


class Agenda:
    """Collects what may have changed; says from when it may be read."""

    def __init__(self) -> None:
        self._parts: set[Part] = set(EVERYTHING)
        self._committed_at: datetime | None = None
        self._may_read_at: datetime | None = None
        self._next_second: datetime | None = None
        self._next_minute: datetime | None = None

    def note(self, changed: Changed) -> None:
        """Facts were committed."""
        parts = {part for facts in changed.facts for part in PARTS_OF[facts]}
        if not parts:
            return
        self._parts |= parts
        if self._committed_at is None or changed.committed_at > self._committed_at:
            self._committed_at = changed.committed_at

    def note_everything(self) -> None:
        """Anything may have changed."""
        self._parts |= EVERYTHING

    def wait(self, now: datetime) -> float:
        """Return the seconds until there is something that may be read; 0 when there is."""
        due = now if self._parts else self._next_second or now
        if self._may_read_at is not None:
            due = max(due, self._may_read_at)
        return max((due - now).total_seconds(), 0.0)

    def take(self, now: datetime) -> tuple[frozenset[Part], datetime, bool]:
        """Return what to read, the newest commit that it shows, and whether a second has passed."""
        parts = set(self._parts)
        committed_at = self._committed_at or now
        tick = self._next_second is None or now >= self._next_second
        if tick:
            parts |= EVERY_SECOND
            self._next_second = now.replace(microsecond=0) + _SECOND  # terms end on whole seconds
        if self._next_minute is None or now >= self._next_minute:
            parts |= EVERY_MINUTE
            self._next_minute = now + _MINUTE
        self._parts.clear()
        self._committed_at = None
        return frozenset(parts), committed_at, tick

    def took(self, started: datetime, ended: datetime) -> None:
        """A reading is over: the next one waits in proportion, but never long."""
        spacing = max(SPACING, SPACING_FACTOR * (ended - started))
        self._may_read_at = min(started + spacing, ended + LONGEST_SPACING)
