"""The periods a briefing can be of, and the months of the scoreboard. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta

TODAY, WEEK, MONTH, LAST_MONTH, CUSTOM = "Hôm nay", "Tuần này", "Tháng này", "Tháng trước", "Tự chọn"
MONTHS_BACK = 12
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


def months(today: date) -> list[str]:
    """Return the running month and those before it, the newest first, each written `2026-11`."""
    count = today.year * 12 + today.month - 1
    return [f"{one // 12}-{one % 12 + 1:02}" for one in range(count, count - MONTHS_BACK - 1, -1)]


def days_of_month(month: str) -> tuple[date, date]:
    """Return the first and last day of a month written `2026-11`."""
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=31)).replace(day=1)
    return first, following - timedelta(days=1)
