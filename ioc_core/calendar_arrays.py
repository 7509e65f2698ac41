"""The working calendar's questions for many instants at once: NumPy's binary searches in the calendar's own arrays.

Pure. Each answer equals that of the `WorkingCalendar` method of the same name (`clock` for `working_clock`) for the
same instant. A million questions take some tenths of a second (`bench/working_time.py`).
"""

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from ioc_core.calendar import WorkingCalendar, out_of_range
from ioc_core.errors import InputError

Seconds = NDArray[np.int64]


class CalendarArrays:
    """A `WorkingCalendar` that is asked by the array; immutable.

    Instants are whole epoch seconds (UTC), spans whole working seconds, both of any integer type that fits int64.
    Arrays may have any shape; two of them are broadcast against each other as NumPy does, and the answer has that
    shape. Raises: ValueError for arrays that aren't of integers (a fraction must be cut by the caller: `np.floor`).
    """

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar
        self._starts, self._ends, self._before, self._through = (
            np.array(column, dtype=np.int64) for column in calendar.arrays()
        )
        self._lost = self._starts - self._before
        """Of each period: what to take off an instant in it to have its working clock."""

    def working_clock(self, instants: Seconds) -> Seconds:
        """Working seconds from the calendar's first day to each instant.

        Raises: InputError (`calendar_range`) naming the first instant that lies outside the calendar's years.
        """
        return self._clock(self._inside(_whole(instants)))

    def working_seconds(self, starts: Seconds, ends: Seconds) -> Seconds:
        """Working seconds from each start to its end; negative where the end is the earlier.

        Raises: InputError (`calendar_range`) naming the first instant that lies outside the calendar's years.
        """
        return self._clock(self._inside(_whole(ends))) - self._clock(self._inside(_whole(starts)))

    def add_working(self, starts: Seconds, seconds: Seconds) -> Seconds:
        """The instant `seconds` of working time after each start (before it, where negative; 0 gives the start).

        As `WorkingCalendar.add_working`: the earliest such instant going forward, the latest going back.
        Raises: InputError (`calendar_range`) naming the first start or sum that lies outside the calendar's years.
        """
        origin, amount = np.broadcast_arrays(self._inside(_whole(starts)), _whole(seconds))
        total = self._through[-1]
        clock = self._clock(origin)
        low, high = -clock, total - clock  # so a huge amount is refused before a sum could overflow
        wrong = (amount != 0) & ((amount < low) | (amount > high))
        if wrong.any():
            raise self._sum_out_of_range(int(origin[wrong][0]), int(amount[wrong][0]))
        target = clock + amount
        index = np.searchsorted(self._through, target, side="left")
        back = amount < 0
        if back.any():
            index = np.where(back, np.searchsorted(self._before, target, side="right") - 1, index)
        moved: Seconds = target + self._lost[index]
        return np.where(amount == 0, origin, moved)

    def _clock(self, instants: Seconds) -> Seconds:
        index = np.searchsorted(self._starts, instants, side="right") - 1
        reached = np.minimum(instants - self._lost[index], self._through[index])
        return np.where(index < 0, 0, reached)

    def _inside(self, instants: Seconds) -> Seconds:
        outside = (instants < self._calendar.first_second) | (instants > self._calendar.last_second)
        if outside.any():
            raise out_of_range(_shown(int(instants[outside][0])), self._calendar)
        return instants

    def _sum_out_of_range(self, origin: int, amount: int) -> InputError:
        return out_of_range(f"{amount} working seconds from {_shown(origin)}", self._calendar)


def _whole(values: Seconds) -> Seconds:
    array = np.asarray(values)
    if array.dtype.kind not in "iu" or not np.can_cast(array.dtype, np.int64):
        raise ValueError(f"expected whole seconds that fit int64, got an array of {array.dtype}")
    return array.astype(np.int64, copy=False)


def _shown(instant: int) -> str:
    try:
        return datetime.fromtimestamp(instant, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return f"epoch second {instant}"
