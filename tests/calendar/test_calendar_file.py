"""config/calendar.yaml: what it says, and the refusal of every wrong line."""

from datetime import date
from pathlib import Path

import pytest

from ioc_core import calendar_file, yaml_source
from ioc_core.clock_rules import ClockRules
from ioc_core.errors import ConfigErrors

CONFIG = Path(__file__).parents[2] / "config"

GOOD = """\
timezone: Asia/Ho_Chi_Minh
years: {first: 2025, last: 2027}
working_hours:
  - {from: 07:00, to: 11:30}
  - {from: 13:30, to: 17:00}
working_weekdays: [monday, tuesday, wednesday, thursday, friday]
holidays: {country: VN, language: vi}
swaps:
  - {off: 2026-08-31, worked: 2026-08-22, reason: Quốc khánh}
closures:
  - {from: 2026-10-20, to: 2026-10-21, reason: Bão số 12}
due_soon_working_hours: [24, 8, 4]
acceptance_working_hours: 8
"""


def errors_of(text: str) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        calendar_file.read(yaml_source.parse(text, "config/calendar.yaml"))
    return [str(error) for error in caught.value.errors]


def test_the_shipped_file_loads() -> None:
    calendar = calendar_file.load(CONFIG)
    assert (calendar.first_day, calendar.last_day) == (date(2015, 1, 1), date(2035, 12, 31))
    assert calendar.day_seconds == 8 * 3600


def test_the_shipped_limits() -> None:
    rules = calendar_file.load_clock_rules(CONFIG)
    assert rules == ClockRules(due_soon_seconds=(86_400, 28_800, 14_400), acceptance_seconds=28_800)


def test_limits_may_be_fractions_of_an_hour() -> None:
    text = GOOD.replace("[24, 8, 4]", "[1.5, 0.25, 0.0005]").replace("hours: 8", "hours: 7.5")
    rules = calendar_file.read_clock_rules(yaml_source.parse(text, "config/calendar.yaml"))
    assert rules == ClockRules(due_soon_seconds=(5400, 900, 2), acceptance_seconds=27_000)


def test_closures_shut_the_days_named() -> None:
    calendar = calendar_file.read(yaml_source.parse(GOOD, "config/calendar.yaml"))
    shut = [day for day in range(19, 24) if not calendar.is_working_day(date(2026, 10, day))]
    assert shut == [20, 21]
    assert calendar.reason(date(2026, 10, 20)) == "Bão số 12"


def test_a_closure_wins_over_a_made_up_day() -> None:
    text = GOOD.replace("from: 2026-10-20, to: 2026-10-21", "from: 2025-04-26, to: 2025-04-26")
    calendar = calendar_file.read(yaml_source.parse(text, "config/calendar.yaml"))
    assert not calendar.is_working_day(date(2025, 4, 26))


def test_a_holiday_can_be_worked() -> None:
    text = GOOD.replace("worked: 2026-08-22", "worked: 2026-11-24")
    calendar = calendar_file.read(yaml_source.parse(text, "config/calendar.yaml"))
    assert calendar.is_working_day(date(2026, 11, 24))


@pytest.mark.parametrize(
    ("right", "wrong", "error"),
    [
        ("Asia/Ho_Chi_Minh", "Asia/Saigo", "1: timezone 'Asia/Saigo': is not a time zone of the IANA database"),
        ("first: 2025", "first: now", "2: years.first 'now': must be a valid integer"),
        ("last: 2027", "last: 2024", "2: years.last 2024: is before years.first, 2025"),
        (
            "from: 07:00",
            "from: 7:00",
            "4: working_hours[0].from '7:00': must be a time of day such as 07:00",
        ),
        ("to: 17:00", "to: 24:00", "5: working_hours[1].to '24:00': must be a time of day such as 07:00"),
        ("to: 17:00", "to: 13:00", "5: working_hours[1].to '13:00': is not after from, 13:30"),
        (
            "from: 13:30",
            "from: 11:00",
            "5: working_hours[1].from '11:00': is before the end of the stretch above, 11:30",
        ),
        (
            "[monday,",
            "[thứ hai,",
            "6: working_weekdays[0] 'thứ hai': must be 'monday', 'tuesday', 'wednesday', 'thursday', "
            "'friday', 'saturday' or 'sunday'",
        ),
        ("[monday,", "[friday,", "6: working_weekdays[4] 'friday': appears twice"),
        (
            "country: VN",
            "country: XX",
            "7: holidays.country 'XX': is not a country that the package `holidays` knows",
        ),
        ("language: vi", "language: ja", "7: holidays.language 'ja': must be one of en_US, th, vi for VN"),
        ("off: 2026-08-31", "off: 31/8/2026", "9: swaps[0].off '31/8/2026': must be a date such as 2026-08-31"),
        (
            "off: 2026-08-31",
            "off: 2026-08-30",
            "9: swaps[0].off 2026-08-30: is a sunday, which is off anyway",
        ),
        (
            "worked: 2026-08-22",
            "worked: 2026-08-21",
            "9: swaps[0].worked 2026-08-21: is a friday, which is worked anyway",
        ),
        (
            "worked: 2026-08-22",
            "worked: 2028-08-26",
            "9: swaps[0].worked 2028-08-26: 2028-08-26 is outside the years 2025 to 2027",
        ),
        ("reason: Quốc khánh", "reason: ''", "9: swaps[0].reason '': must have at least 1 character"),
        ("worked: 2026-08-22, ", "", "9: swaps[0].worked: is missing"),
        ("to: 2026-10-21", "to: 2026-10-19", "11: closures[0].to 2026-10-19: is before from, 2026-10-20"),
        (
            "from: 2026-10-20",
            "from: 2026-08-20",
            "11: closures[0].from 2026-08-20: 2026-08-22 is already named in line 9",
        ),
        ("closures:", "closed:", "10: closed: unknown key"),
        ("[24, 8, 4]", "[24, 24, 4]", "12: due_soon_working_hours[1] 24: is not below the tier before it, 24"),
        ("[24, 8, 4]", "[24, 8, 8.5]", "12: due_soon_working_hours[2] 8.5: is not below the tier before it, 8"),
        (
            "[24, 8, 4]",
            "[24, 8, 0]",
            "12: due_soon_working_hours[2] 0: must be a number of hours above 0, at most 8760",
        ),
        (
            "[24, 8, 4]",
            "[.inf, 8, 4]",
            "12: due_soon_working_hours[0] inf: must be a number of hours above 0, at most 8760",
        ),
        (
            "[24, 8, 4]",
            "[24, .nan, 4]",
            "12: due_soon_working_hours[1] nan: must be a number of hours above 0, at most 8760",
        ),
        ("[24, 8, 4]", "[24, 8]", "12: due_soon_working_hours: must be three numbers of hours such as [24, 8, 4]"),
        (
            "[24, 8, 4]",
            "[24, 8, 4, 2]",
            "12: due_soon_working_hours: must be three numbers of hours such as [24, 8, 4]",
        ),
        ("[24, 8, 4]", "8", "12: due_soon_working_hours 8: must be three numbers of hours such as [24, 8, 4]"),
        (
            "acceptance_working_hours: 8",
            "acceptance_working_hours: yes",
            "13: acceptance_working_hours 'yes': must be a number of hours above 0, at most 8760",
        ),
        (
            "acceptance_working_hours: 8",
            "acceptance_working_hours: true",
            "13: acceptance_working_hours True: must be a number of hours above 0, at most 8760",
        ),
        ("acceptance_working_hours: 8\n", "", "1: acceptance_working_hours: is missing"),
    ],
    ids=lambda value: value if ": " in value and value[0].isdigit() else "",
)
def test_wrong_lines(right: str, wrong: str, error: str) -> None:
    assert right in GOOD
    assert f"config/calendar.yaml:{error}" in errors_of(GOOD.replace(right, wrong, 1))


def test_every_wrong_line_is_told_at_once() -> None:
    text = GOOD.replace("to: 11:30", "to: noon").replace("VN", "XX").replace("2026-10-21", "soon")
    assert [error.split(" ")[0] for error in errors_of(text)] == [
        "config/calendar.yaml:4:",
        "config/calendar.yaml:7:",
        "config/calendar.yaml:11:",
    ]
