"""The instants that one reading of the live state is made for. Pure."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from ioc_api.queries.moment import Moment

HOURS = 24


class Instants(Struct, frozen=True, kw_only=True):
    """`now`, and what follows from it in the province's time zone. All UTC-aware."""

    now: datetime
    today: date
    today_start: datetime
    today_end: datetime
    month_start: datetime
    moment: Moment

    @property
    def trend_start(self) -> datetime:
        """The start of the first of the 24 hours of a trend; the last one is running."""
        return self.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)


def instants(moment: Moment, zone: ZoneInfo) -> Instants:
    """Return the instants of a moment."""
    today = moment.now.astimezone(zone).date()
    return Instants(
        now=moment.now,
        today=today,
        today_start=_midnight(today, zone),
        today_end=_midnight(today + timedelta(days=1), zone),
        month_start=_midnight(today.replace(day=1), zone),
        moment=moment,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
