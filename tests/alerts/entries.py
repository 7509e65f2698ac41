"""Dossiers as units enter them, many at once, and rules asked as of any instant."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from alerts.rows import Finding, finding
from alerts.rule_file import load_rules
from alerts.templates import Templates
from alerts.views import VIEWS
from ioc_core import catalogue
from ioc_core.calendar_file import load as load_calendar
from ioc_core.db import Pool
from tests.conftest import CONFIG

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TEMPLATES = Templates(ZONE)
RULES = {rule.alert: rule for rule in load_rules(CONFIG, TEMPLATES)}
CALENDAR = load_calendar(CONFIG)
COMMUNES = tuple(unit.code for unit in catalogue.load(CONFIG).units_on(date(2026, 11, 20)) if unit.kind == "commune")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
COUNTER, ONLINE = 1, 2

_numbers = count(1)


def local(day: date, at: str) -> datetime:
    """A local time of a day."""
    return datetime.combine(day, time.fromisoformat(at), ZONE)


def working_days(last: date, number: int) -> list[date]:
    """So many working days, the newest first: `last` or the one before it."""
    days = (last - index * DAY for index in count())
    return [day for day, _ in zip((day for day in days if CALENDAR.is_working_day(day)), range(number), strict=False)]


class Entries:
    """Collects dossiers, and stores them with one COPY."""

    def __init__(self, source: str = "igate") -> None:
        self.source = source
        self.rows: list[dict[str, Any]] = []

    def add(self, unit: str | None, filed: datetime, **columns: Any) -> None:
        """One dossier; told a minute after it was filed, at a counter, unless `columns` say otherwise."""
        row: dict[str, Any] = {
            "code": f"H{next(_numbers):07}", "source": self.source, "status": 4, "effective_at": filed,
            "content_id": "", "resolving_unit": unit, "receiving_unit": unit, "channel": COUNTER, "filed_at": filed,
            "accepted_at": filed, "is_open": True, "waiting_for_citizen": False, "first_told_at": filed + MINUTE,
            "ended_at": None, "entered_at": None, "entered_late": False, "lateness": None, "late_at": None,
            "step_due_at": None, "step_department": None, "waiting_since": None, "requests": 0, **columns,
        }  # fmt: skip
        row.setdefault("told_at", row["first_told_at"])
        self.rows.append(row)

    def day(
        self, unit: str, day: date, number: int, *, at: str = "08:00", told: str | None = None, **columns: Any
    ) -> None:
        """So many dossiers, a minute apart from `at` on; `told`: all of them at this time of that day."""
        for index in range(number):
            filed = local(day, at) + index * MINUTE
            said = {} if told is None else {"first_told_at": local(day, told) + index * timedelta(seconds=1)}
            self.add(unit, filed, **said, **columns)

    def days(self, unit: str, days: Sequence[date], number: int, **columns: Any) -> None:
        """So many dossiers on each of these days."""
        for day in days:
            self.day(unit, day, number, **columns)

    async def store(self, pool: Pool, *, first_seen: datetime = datetime(2020, 1, 1, tzinfo=ZONE)) -> None:
        """Write what was collected, and that the source has been known since `first_seen`."""
        columns = tuple(self.rows[0])
        records = [tuple(row[name] for name in columns) for row in self.rows]
        await pool.copy_records_to_table("dossiers", records=records, columns=columns)
        last = max(row["first_told_at"] for row in self.rows)
        await pool.execute(
            "INSERT INTO source_activity (source, first_seen_at, last_seen_at, last_observed_at)"
            " VALUES ($1, $2, $3, $3)",
            self.source,
            first_seen,
            last,
        )
        await pool.execute("INSERT INTO sources (name, title) VALUES ($1, upper($1))", self.source)
        self.rows.clear()


async def found_at(pool: Pool, name: str, at: datetime) -> dict[str, Finding]:
    """What a shipped rule finds as of `at`, by unit (or source): its views are their functions with that argument."""
    instant = f"'{at.isoformat()}'::timestamptz"
    expr = RULES[name].expr
    for view in VIEWS:
        if view in FUNCTIONS:
            expr = expr.replace(f"FROM {view}", f"FROM {view.removeprefix('v_')}({instant})")
    expr = expr.replace("now()", instant)
    found = [finding(RULES[name], dict(row), TEMPLATES) for row in await pool.fetch(expr)]
    return {item.labels.get("unit") or item.labels["source"]: item for item in found}


FUNCTIONS = frozenset(
    {"v_silent_units", "v_source_intake", "v_unit_intake", "v_backdated_entry", "v_entry_lag", "v_stuck_dossiers",
     "v_national_sync"}
)  # fmt: skip
"""Views that are a function of the instant and nothing else."""
