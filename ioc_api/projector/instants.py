"""The instants that one reading of the live state is made for. Pure."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

HOURS = 24


class Instants(Struct, frozen=True, kw_only=True):
    """`now`, and what follows from it in the province's time zone. All UTC-aware."""

    now: datetime
    today: date
    today_start: datetime
    today_end: datetime
    month_start: datetime
    due_soon: datetime  # due dates before this are soon

    @property
    def trend_start(self) -> datetime:
        """The start of the first of the 24 hours of a trend; the last one is running."""
        return self.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)


def instants(now: datetime, zone: ZoneInfo, *, due_soon: datetime) -> Instants:
    """Return the instants of `now`."""
    today = now.astimezone(zone).date()
    return Instants(
        now=now,
        today=today,
        today_start=_midnight(today, zone),
        today_end=_midnight(today + timedelta(days=1), zone),
        month_start=_midnight(today.replace(day=1), zone),
        due_soon=due_soon,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
