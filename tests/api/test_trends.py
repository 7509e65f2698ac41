"""24 hourly values of the tiles, from what happened in each hour."""

from ioc_api.projector.facts import UnitWork
from ioc_api.projector.trends import trends
from ioc_api.queries.live_trends import EndedHour, Hourly

NOTHING = Hourly(filed={}, ended=(), due={}, security={}, systems_up={}, rejected_24h=0)


def test_open_dossiers_of_an_hour_are_those_of_now_without_the_later_and_with_the_ended_since() -> None:
    hourly = Hourly(
        filed={22: 3, 23: 2},
        ended=(EndedHour(23, None, 4, 4, 4), EndedHour(10, None, 7, 7, 7)),
        due={},
        security={},
        systems_up={},
        rejected_24h=0,
    )
    found = trends(hourly, [UnitWork(unit="A", open=100)]).values["processing"]
    assert found[23] == 100.0
    assert found[22] == 100.0 - 2 + 4
    assert found[21] == 100.0 - 2 - 3 + 4
    assert found[9] == 100.0 - 5 + 4 + 7


def test_overdue_of_an_hour_is_those_of_now_without_the_newly_due_and_with_the_late_that_ended_since() -> None:
    hourly = Hourly(
        filed={},
        ended=(EndedHour(20, -1, 5, 5, 0), EndedHour(20, 18, 2, 2, 0)),
        due={22: 1, 23: 3},
        security={},
        systems_up={},
        rejected_24h=0,
    )
    found = trends(hourly, [UnitWork(unit="A", open=50, overdue=10)]).values["overdue"]
    assert found[23] == 10.0
    assert found[22] == 7.0, "three became due in the last hour"
    assert found[21] == 6.0
    assert found[19] == 6.0 + 7, "both kinds were running late then"
    assert found[17] == 6.0 + 5, "the second kind was not yet due"


def test_the_share_in_time_is_of_the_month_up_to_each_hour() -> None:
    hourly = Hourly(
        filed={}, ended=(EndedHour(23, None, 10, 10, 0),), due={}, security={}, systems_up={}, rejected_24h=0
    )
    work = [UnitWork(unit="A", measured_month=40, on_time_month=30)]
    found = trends(hourly, work).values["on_time_month"]
    assert found[23] == 75.0
    assert found[22] == 100.0
    assert trends(hourly, [UnitWork(unit="A", measured_month=10)]).values["on_time_month"][22] is None


def test_counts_of_hours_and_gaps_in_what_was_measured() -> None:
    hourly = Hourly(filed={0: 5}, ended=(), due={}, security={23: 2}, systems_up={4: 9}, rejected_24h=3)
    found = trends(hourly, [])
    assert found.values["received_today"][:2] == (5.0, 0.0)
    assert found.values["security_24h"][22:] == (0.0, 2.0)
    assert found.values["systems_up"][3:6] == (None, 9.0, None), "an hour without a probe isn't zero"
    assert found.rejected_24h == 3
    assert {len(values) for values in trends(NOTHING, []).values.values()} == {24}
