"""Every page is found by an index, on each engine: no page reads a whole table of facts."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from ioc_api.parameters import Span
from ioc_api.queries import alerts, dossier_summary, dossiers, reports, security, series, sources
from ioc_api.queries.moment import Moment
from ioc_api.ranges import Grid
from ioc_core import alert_actions
from ioc_core.db import Connection
from ioc_core.dossier import Standing

NOW = datetime(2026, 7, 15, tzinfo=UTC)
AT = Moment(NOW, 1e8, (86400.0, 28800.0, 14400.0))
WEEK = Span(NOW - timedelta(days=7), NOW)
SCAN = re.compile(
    r"Seq Scan on (dossiers|dossier_events|security_events|rejected|alerts|alert_history|samples|rollup_\w+"
    r"|series|_hyper\w+)\b"
)
Filter = dossiers.DossierFilter


class Planner:
    """Stands where a connection is asked: collects the plans of the statements it is given."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.plans: list[str] = []

    async def fetch(self, query: str, *values: object) -> list[Any]:
        """Note the plan; return no rows."""
        rows = await self._connection.fetch(f"EXPLAIN {query}", *values)
        self.plans.append("\n".join(row[0] for row in rows))
        return []

    async def fetchrow(self, query: str, *values: object) -> None:
        """Note the plan; return no row."""
        await self.fetch(query, *values)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(Filter(units=None), id="all"),
        pytest.param(Filter(units=None, after=(NOW, "x")), id="the next page"),
        pytest.param(Filter(units=["22015"]), id="of a scope"),
        pytest.param(Filter(units=None, within="22015"), id="of a unit"),
        pytest.param(Filter(units=None, receiving="22015"), id="handed in at a unit"),
        pytest.param(Filter(units=None, overdue=True, open=True), id="overdue"),
        *[pytest.param(Filter(units=None, standings=[one]), id=f"standing {one}") for one in Standing],
        pytest.param(Filter(units=None, standings=list(Standing)), id="any standing"),
        pytest.param(Filter(units=None, lateness=[3]), id="late ones"),
        pytest.param(Filter(units=None, entered_late=True), id="entered late"),
        pytest.param(Filter(units=None, late_since=NOW, late_until=NOW), id="overdue at a time"),
        pytest.param(Filter(units=None, standings=[Standing.OVERDUE], sort="due", after=(NOW, "x")), id="the worst"),
        pytest.param(Filter(units=None, procedure="1.000656", statuses=[4]), id="of a procedure"),
        pytest.param(Filter(units=None, since=NOW, until=NOW), id="of a time"),
        pytest.param(Filter(units=None, sort="due", after=(NOW, "x")), id="by due date"),
        pytest.param(Filter(units=None, sort="code", prefix="H15", after=("H15.1",)), id="by code"),
    ],
)
async def test_pages_of_dossiers(each_scratch: Connection, asked: dossiers.DossierFilter) -> None:
    await each_scratch.execute("SET LOCAL enable_seqscan = off")
    planner: Any = Planner(each_scratch)
    await dossiers.page(planner, asked, AT, 100)
    assert [SCAN.findall(plan) for plan in planner.plans] == [[]], planner.plans


async def test_everything_else(each_scratch: Connection) -> None:
    grid = Grid(NOW - timedelta(hours=1), NOW, 60, NOW, "1m")
    await each_scratch.execute("SET LOCAL enable_seqscan = off")
    planner: Any = Planner(each_scratch)
    await dossiers.one(planner, "x", None, AT)
    for by in get_args(dossier_summary.Dimension):
        asked_counts = dossier_summary.SummaryFilter(by=by, span=WEEK, units=None, thresholds=[NOW], durations=True)
        await dossier_summary.summary(planner, asked_counts, AT)
    await reports.counts(planner, WEEK.since, WEEK.until, units=None, within=None)
    for asked in (
        alerts.AlertFilter(units=None),
        alerts.AlertFilter(units=None, states=["firing"], before=9),
        alerts.AlertFilter(units=["22015"], rule="X"),
    ):
        await alerts.page(planner, asked, 100)
    await alerts.one(planner, 1, None)
    await security.page(planner, security.SecurityFilter(units=None, span=WEEK, severity=70), 100)
    await security.page(
        planner, security.SecurityFilter(units=["22015"], span=WEEK, after=(NOW, "a", "b"), host="h"), 100
    )
    await sources.rejected(planner, sources.RejectedFilter(units=None, span=WEEK, after=(NOW, "x")), 100)
    await series.find(planner, series.SeriesFilter(units=None, metric="m", labels={"unit": "66"}), 100)
    await series.find(planner, series.SeriesFilter(units=None, labels={"unit": "66"}, after=5), 100)
    await series.points(planner, [1, 2], grid, "avg")
    assert len(planner.plans) == 12 + len(get_args(dossier_summary.Dimension))
    assert [SCAN.findall(plan) for plan in planner.plans] == [[]] * len(planner.plans), planner.plans


@pytest.mark.parametrize(
    ("standing", "index"),
    [
        pytest.param(Standing.OVERDUE, "dossiers_open_late", id="overdue"),
        pytest.param(Standing.DUE_SOON_1, "dossiers_open_clock", id="due soon"),
        pytest.param(Standing.UNACCEPTED, "dossiers_accept_by", id="unaccepted"),
        pytest.param(Standing.WAITING, "dossiers_list_waiting", id="waiting"),
        pytest.param(Standing.ENTERED_LATE, "dossiers_entered_late", id="overdue by entry"),
        pytest.param(Standing.LATE, "dossiers_list_late", id="overdue in substance"),
    ],
)
async def test_the_few_of_a_standing_are_found_by_its_index(
    each_scratch: Connection, standing: Standing, index: str
) -> None:
    """None is urgent at the end of the year before, and none ended badly: only an index knows that at once."""
    at = Moment(NOW - timedelta(days=400), 0.0, AT.due_soon)
    await each_scratch.execute(
        "UPDATE dossiers SET entered_late = false, lateness = least(lateness, 2::smallint),"
        " waiting_for_citizen = false, late_clock = 1e9 WHERE lateness = 3 OR entered_late OR is_open"
    )
    await each_scratch.execute("ANALYZE dossiers")
    planner: Any = Planner(each_scratch)
    await dossiers.page(planner, Filter(units=None, standings=[standing]), at, 100)
    assert index in planner.plans[0]


async def test_the_times_that_people_set_are_found_by_their_index(each_scratch: Connection) -> None:
    await each_scratch.execute("SET LOCAL enable_seqscan = off")
    planner: Any = Planner(each_scratch)
    await planner.fetch(alert_actions.NEXT_TIMER)
    await alert_actions.run_out(planner, actor="engine", now=NOW, limit=500)
    assert len(planner.plans) == 2
    assert all("alerts_timers" in plan for plan in planner.plans), planner.plans
