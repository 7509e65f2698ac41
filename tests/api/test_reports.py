"""The period report: periods to compare with, figures, break-downs."""

from datetime import date

import pytest

from ioc_api.reports import FIGURES, Counts, Totals, by_channel, by_unit, figure, measure, previous_period, totals


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        pytest.param(date(2026, 7, 1), date(2026, 7, 31), (date(2026, 6, 1), date(2026, 6, 30)), id="a month"),
        pytest.param(date(2026, 1, 1), date(2026, 1, 31), (date(2025, 12, 1), date(2025, 12, 31)), id="January"),
        pytest.param(date(2024, 2, 1), date(2024, 2, 29), (date(2024, 1, 1), date(2024, 1, 31)), id="leap February"),
        pytest.param(date(2026, 2, 1), date(2026, 2, 27), (date(2026, 1, 5), date(2026, 1, 31)), id="a day short"),
        pytest.param(date(2026, 4, 1), date(2026, 6, 30), (date(2026, 1, 1), date(2026, 3, 31)), id="a quarter"),
        pytest.param(date(2026, 1, 1), date(2026, 12, 31), (date(2025, 1, 1), date(2025, 12, 31)), id="a year"),
        pytest.param(date(2026, 7, 6), date(2026, 7, 12), (date(2026, 6, 29), date(2026, 7, 5)), id="a week"),
        pytest.param(date(2026, 7, 6), date(2026, 7, 6), (date(2026, 7, 5), date(2026, 7, 5)), id="a day"),
    ],
)
def test_the_period_before(first: date, last: date, before: tuple[date, date]) -> None:
    assert previous_period(first, last) == before


COUNTS = [
    Counts("A", "Xã A", 2, received=10, resolved=8, measured=8, on_time=6, open=5, overdue=1),
    Counts("A", "Xã A", 1, received=30, resolved=10, measured=9, on_time=9, open=15, overdue=0),
    Counts("B", "Xã B", 3, received=5, open=2, overdue=2),
    Counts(None, "Chưa ánh xạ", None, received=1),
]


def test_totals_and_the_online_share() -> None:
    assert totals(COUNTS) == Totals(received=46, online=10, resolved=18, measured=17, on_time=15, open=22, overdue=3)


def test_break_downs_add_up_to_the_totals() -> None:
    for lines in (by_unit(COUNTS), by_channel(COUNTS)):
        for name in ("received", "online", "resolved", "measured", "on_time", "open", "overdue"):
            assert sum(int(str(line[name])) for line in lines) == getattr(totals(COUNTS), name)
    assert [line["key"] for line in by_unit(COUNTS)] == ["A", "B", None]
    assert [line["key"] for line in by_channel(COUNTS)] == ["counter", "online", "post", None]


@pytest.mark.parametrize("definition", FIGURES, ids=lambda definition: definition.id)
def test_a_share_without_a_denominator_has_no_value_and_no_change(definition: object) -> None:
    figure_definition = next(one for one in FIGURES if one is definition)
    measured = measure(figure_definition, Totals())
    made = figure(figure_definition, totals(COUNTS), Totals())
    if figure_definition.denominator is None:
        assert measured["value"] == 0
        assert made["change"] == measure(figure_definition, totals(COUNTS))["value"]
    else:
        assert measured["value"] is None
        assert made["change"] is None
    assert figure_definition.text.endswith(".")


def test_a_figure_carries_its_parts_and_its_change() -> None:
    on_time = next(one for one in FIGURES if one.id == "on_time")
    made = figure(on_time, Totals(measured=200, on_time=190), Totals(measured=50, on_time=40))
    assert made["now"] == {"value": 95.0, "numerator": 190, "denominator": 200}
    assert made["before"] == {"value": 80.0, "numerator": 40, "denominator": 50}
    assert made["change"] == 15.0
