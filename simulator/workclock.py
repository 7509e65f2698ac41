"""The province's clock in whole seconds since 1970: working time, local days and the protocol's time strings."""

from datetime import UTC, date, datetime, time

from ioc_core.calendar import WorkingCalendar

HOUR = 3600
DAY = 24 * HOUR


class WorkClock:
    """`WorkingCalendar` for a generator that counts in epoch seconds. Immutable."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self.calendar = calendar
        self.zone = calendar.rules.timezone
        self.day_seconds = calendar.day_seconds

    def add(self, at: int, seconds: float) -> int:
        """The instant `seconds` of working time after `at`."""
        return int(self.calendar.add_working(_utc(at), int(seconds)).timestamp())

    def between(self, start: int, end: int) -> int:
        """Working seconds from `start` to `end`."""
        return self.calendar.working_seconds(_utc(start), _utc(end))

    def opening(self, at: int) -> int:
        """`at` itself in working time, else the next opening of the offices."""
        return int(self.calendar.counts_from(_utc(at)).timestamp())

    def is_open(self, at: int) -> bool:
        """Whether offices are open at `at`."""
        return self.calendar.is_working_time(_utc(at))

    def closing(self, at: int) -> int | None:
        """When the working period that `at` lies in ends; None outside of working time."""
        for start, end in self.periods(self.day_of(at)):
            if start <= at < end:
                return end
        return None

    def is_working_day(self, day: date) -> bool:
        """Whether offices are open on that local day."""
        return self.calendar.is_working_day(day)

    def periods(self, day: date) -> list[tuple[int, int]]:
        """The working periods of a local day, as [start, end) in epoch seconds; none on a day off."""
        return [
            (int(period.start_at.timestamp()), int(period.end_at.timestamp()))
            for period in self.calendar.periods(day, day)
        ]

    def midnight(self, day: date) -> int:
        """The instant at which a local day begins."""
        return int(datetime.combine(day, time(), self.zone).timestamp())

    def day_of(self, at: int) -> date:
        """The local day of an instant."""
        return datetime.fromtimestamp(at, self.zone).date()

    def local(self, at: int) -> datetime:
        """The local date and time of an instant."""
        return datetime.fromtimestamp(at, self.zone)

    def text(self, at: int | None) -> str:
        """The protocol's local time string `yyyyMMddHHmmss`; an absent time is the empty string."""
        return "" if at is None else datetime.fromtimestamp(at, self.zone).strftime("%Y%m%d%H%M%S")


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
