"""The dossiers' clock against a slow, independent one, over random histories; bench/dossier_oracle runs a million."""

from dataclasses import replace
from random import Random

from ioc_core.calendar import WorkingCalendar
from ioc_core.dossier import DossierClock, Standing, merge
from tests.dossier.against import CALENDAR, CLOCK, EARLIEST, LATEST, differences, of_product, told
from tests.dossier.histories import history

HISTORIES = 3000


def test_every_history_is_judged_as_the_oracle_judges_it() -> None:
    """Status, acceptance, end, waiting, term, lateness, entry and standing; and the order of messages is nothing."""
    assert differences(range(HISTORIES)) == []


def test_the_histories_lead_everywhere() -> None:
    standings, ends, waits = set(), set(), set()
    for seed in range(1500):
        events = history(Random(seed))
        now = min(LATEST, max(EARLIEST, *(event.received_at for event in events)))
        found = of_product(merge(None, told(events)), now)
        standings.add(found["standing"])
        ends.add(found["end_status"])
        waits.add((min(len(found["requests"]), 3), found["waiting_since"] is not None))
    assert standings == {str(one) for one in Standing}
    assert ends == {None, 3, 7, 8, 9, 10}
    assert waits >= {(0, False), (0, True), (1, False), (1, True), (2, True), (3, False)}


def test_a_day_off_that_only_one_of_them_knows_is_noticed() -> None:
    rules = CALENDAR.rules
    tet = min(day for day in rules.off if (day.year, day.month) == (2026, 2) and day.weekday() < 5)
    other = replace(rules, off={day: reason for day, reason in rules.off.items() if day != tet})
    clock = DossierClock(WorkingCalendar(other), CLOCK.statutory, acceptance_seconds=CLOCK.acceptance_seconds)
    assert any("deadline_at" in found for found in differences(range(300), clock))
