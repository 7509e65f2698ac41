"""The periods a briefing can be of. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta

TODAY, WEEK, MONTH, LAST_MONTH, CUSTOM = "Hôm nay", "Tuần này", "Tháng này", "Tháng trước", "Tự chọn"
PERIODS = (TODAY, WEEK, MONTH, LAST_MONTH, CUSTOM)


def days_of(period: str, today: date) -> tuple[date, date]:
    """Return the first and last day of a period; weeks begin on Monday. A custom one starts as the last 30 days."""
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    known: Mapping[str, tuple[date, date]] = {
        TODAY: (today, today),
        WEEK: (today - timedelta(days=today.weekday()), today),
        MONTH: (month, today),
        LAST_MONTH: (before.replace(day=1), before),
        CUSTOM: (today - timedelta(days=29), today),
    }
    return known[period]
