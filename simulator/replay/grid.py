"""`WorkClock` for whole arrays of instants: working time, and the protocol's time strings. Pure."""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from ioc_core.calendar_arrays import CalendarArrays
from simulator.workclock import DAY, WorkClock

Numbers = NDArray[np.int64]
"""Instants are epoch seconds, 0 for an absent one; working time is in seconds since the grid's first day."""

_TEXT_SIZE = 14
_ZERO = ord("0")


class WorkGrid:
    """The local days from `first` to `last`; the zone's offset must be the same on all of them."""

    def __init__(self, clock: WorkClock, first: date, last: date) -> None:
        days = [first + timedelta(number) for number in range((last - first).days + 1)]
        self.midnight = clock.midnight(first)
        """The instant at which the first day begins."""
        self._calendar = CalendarArrays(clock.calendar)
        self._origin = np.array(self.midnight)
        self._days = np.array([[int(sign) for sign in f"{day:%Y%m%d}"] for day in days], dtype=np.uint8)

    def worked(self, at: Numbers) -> Numbers:
        """Working time from the first day to each instant."""
        return self._calendar.working_seconds(self._origin, at)

    def at(self, worked: Numbers) -> Numbers:
        """The earliest instant by which so much was worked."""
        return self._calendar.add_working(self._origin, worked)

    def opening(self, at: Numbers) -> Numbers:
        """Each instant itself in working time, else the next opening of the offices."""
        return self._calendar.add_working(at, np.array(1)) - 1

    def days(self, at: Numbers) -> Numbers:
        """The number of each instant's local day, the first being 0."""
        return (at - self.midnight) // DAY

    def texts(self, at: Numbers) -> list[bytes]:
        """The protocol's local time strings `yyyyMMddHHmmss`; an absent time is empty."""
        absent = at == 0
        day, second = np.divmod(np.where(absent, 0, at - self.midnight), DAY)
        minute, seconds = np.divmod(second, 60)
        hour, minutes = np.divmod(minute, 60)
        signs = np.empty((len(at), _TEXT_SIZE), dtype=np.uint8)
        signs[:, :8] = self._days[day]
        for column, part in ((8, hour), (10, minutes), (12, seconds)):
            signs[:, column], signs[:, column + 1] = np.divmod(part, 10)
        signs += _ZERO
        signs[absent] = 0  # NumPy's byte strings end before their last zeros
        texts: list[bytes] = signs.view(f"S{_TEXT_SIZE}").ravel().tolist()
        return texts
