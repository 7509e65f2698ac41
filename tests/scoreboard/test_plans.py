"""The scoreboard reads no whole table of dossiers, on each engine."""

from typing import Any

from ioc_api.queries import scoreboard_counting as counting
from ioc_api.queries import scoreboard_dossiers, scoreboard_pace, scoreboard_what_if
from ioc_api.queries.scoreboard_dossiers import Behind
from ioc_api.scoreboard.formulas import dossier_formulas, procedure_formulas
from ioc_core.db import Connection
from tests.api.test_plans import NOW, SCAN, WEEK, Planner
from tests.scoreboard.conftest import SHIPPED

ZONE = "Asia/Ho_Chi_Minh"


async def test_every_question_is_answered_from_an_index(each_board: Connection) -> None:
    version = SHIPPED.versions[-1]
    asked = counting.Formulas(dossier_formulas(version), procedure_formulas(version))
    await each_board.execute("SET LOCAL enable_seqscan = off")
    planner: Any = Planner(each_board)
    await counting.dossiers(planner, asked, WEEK.since, WEEK.until)
    for formula in asked.dossiers:
        behind = Behind(formula=formula, part="lost", since=WEEK.since, until=WEEK.until, sources=None)
        await scoreboard_dossiers.rows(planner, behind, 100)
    await scoreboard_pace.daily(planner, asked, WEEK.since, WEEK.until, units=["22015"], zone=ZONE)
    await scoreboard_pace.became_late(planner, WEEK.since, WEEK.until, units=None, zone=ZONE)
    await scoreboard_what_if.overdue_of(planner, ["22015"], NOW)
    await scoreboard_what_if.due_by(planner, None, NOW, NOW)
    assert len(planner.plans) == 6 + len(asked.dossiers)
    assert [SCAN.findall(plan) for plan in planner.plans] == [[]] * len(planner.plans), planner.plans
