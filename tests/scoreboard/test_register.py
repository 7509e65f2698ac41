"""Which procedures count in the indicators of transparency, by days and working days."""

from datetime import date

import pytest

from ioc_api.scoreboard import register
from ioc_api.scoreboard.register import Procedure
from ioc_api.scoreboard.tree import Peers
from tests.scoreboard.conftest import CALENDAR

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)


def procedure(**fields: object) -> Procedure:
    return Procedure(code="1", level="commune", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("decided", "effective", "counted"),
    [
        pytest.param(date(2026, 6, 8), date(2026, 6, 15), (1, 1), id="five working days before it takes effect"),
        pytest.param(date(2026, 6, 9), date(2026, 6, 15), (0, 1), id="four are too few"),
        pytest.param(date(2026, 6, 1), date(2026, 7, 15), (1, 1), id="many, and on the first day"),
        pytest.param(date(2026, 6, 30), date(2026, 6, 1), (0, 1), id="after it took effect"),
        pytest.param(date(2026, 5, 31), date(2026, 7, 15), (0, 0), id="decided before the period"),
        pytest.param(date(2026, 7, 1), date(2026, 9, 1), (0, 0), id="decided after the period"),
        pytest.param(date(2026, 6, 8), None, (0, 0), id="without a day of effect it can't be told"),
        pytest.param(date(2026, 6, 8), date(2099, 1, 1), (0, 0), id="nor beyond the calendar's years"),
        pytest.param(None, date(2026, 6, 15), (0, 0), id="not decided"),
    ],
)
def test_announced_in_time(decided: date | None, effective: date | None, counted: tuple[int, int]) -> None:
    held = [procedure(decided_on=decided, effective_on=effective)]
    found = register.announced(held, FIRST, LAST, calendar=CALENDAR, working_days=5)
    assert (len(found.numerator), len(found.denominator)) == counted


@pytest.mark.parametrize(
    ("decided", "published", "counted"),
    [
        pytest.param(date(2026, 6, 5), date(2026, 6, 12), (1, 1), id="on the fifth working day after"),
        pytest.param(date(2026, 6, 5), date(2026, 6, 15), (0, 1), id="on the sixth"),
        pytest.param(date(2026, 6, 5), date(2026, 6, 1), (1, 1), id="before it had to be"),
        pytest.param(date(2026, 6, 5), None, (0, 1), id="not at all"),
        pytest.param(date(2026, 5, 25), date(2026, 5, 26), (1, 1), id="decided before, due on the first day"),
        pytest.param(date(2026, 5, 22), date(2026, 5, 29), (0, 0), id="due before the period"),
        pytest.param(date(2026, 6, 23), date(2026, 6, 30), (1, 1), id="due on the last day"),
        pytest.param(date(2026, 6, 24), date(2026, 6, 25), (0, 0), id="due after the period"),
        pytest.param(None, date(2026, 6, 12), (0, 0), id="not decided"),
    ],
)
def test_published_in_time(decided: date | None, published: date | None, counted: tuple[int, int]) -> None:
    held = [procedure(decided_on=decided, published_on=published)]
    found = register.published(held, FIRST, LAST, calendar=CALENDAR, working_days=5)
    assert (len(found.numerator), len(found.denominator)) == counted


@pytest.mark.parametrize(
    ("published", "complete", "counted"),
    [
        pytest.param(date(2020, 1, 1), True, (1, 1), id="published long ago, complete"),
        pytest.param(LAST, False, (0, 1), id="published on the last day, not complete"),
        pytest.param(date(2026, 7, 1), True, (0, 0), id="published after the period"),
        pytest.param(None, True, (0, 0), id="not published"),
        pytest.param(LAST, None, (0, 0), id="not looked at"),
    ],
)
def test_complete(published: date | None, complete: bool | None, counted: tuple[int, int]) -> None:
    found = register.complete([procedure(published_on=published, complete=complete)], LAST)
    assert (len(found.numerator), len(found.denominator)) == counted


@pytest.mark.parametrize(
    ("peers", "members", "offered", "answered"),
    [
        pytest.param(Peers.PROVINCE, {"66"}, {"c", "d", "p", "q"}, {"c", "d", "p", "q"}, id="the province all"),
        pytest.param(Peers.DEPARTMENT, {"STP"}, {"p"}, {"p", "c"}, id="a department its field, of every level"),
        pytest.param(Peers.COMMUNE, {"A"}, {"c"}, set(), id="a commune those of communes; it announces none"),
        pytest.param(Peers.DISTRICT, {"643"}, {"d"}, set(), id="a district those of districts"),
        pytest.param(Peers.UNMAPPED, set(), set(), set(), id="what isn't mapped none"),
    ],
)
def test_whose_procedures(peers: Peers, members: set[str], offered: set[str], answered: set[str]) -> None:
    held = [
        Procedure(code="c", level="commune", department="STP"),
        Procedure(code="d", level="district"),
        Procedure(code="p", level="province", department="STP"),
        Procedure(code="q", level="province"),
    ]
    assert {it.code for it in register.offered_by(held, peers, members)} == offered
    assert {it.code for it in register.answered_for(held, peers, members)} == answered
