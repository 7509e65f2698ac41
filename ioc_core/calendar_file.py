"""Reads config/calendar.yaml: working hours, holidays, swaps, closures and limits; wrong lines are refused."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

import holidays
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ioc_core import yaml_source
from ioc_core.calendar import CalendarRules, WorkingCalendar
from ioc_core.clock_rules import ClockRules
from ioc_core.errors import ConfigErrors
from ioc_core.yaml_source import Location, YamlSource

FILE_NAME = "calendar.yaml"
MADE_UP = "Ngày làm bù"
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
LONGEST_LIMIT_HOURS = 8760
"""A year: beyond it a limit in working hours is a slip of the pen."""


def _clock(value: object) -> time:
    if not isinstance(value, str) or CLOCK.fullmatch(value) is None:
        raise ValueError("must be a time of day such as 07:00")
    return time.fromisoformat(value)


def _day(value: object) -> date:
    if type(value) is not date:
        raise ValueError("must be a date such as 2026-08-31")
    return value


def _limit(hours: object) -> int:
    if isinstance(hours, (int, float)) and not isinstance(hours, bool) and 1 / 3600 <= hours <= LONGEST_LIMIT_HOURS:
        return round(hours * 3600)
    raise ValueError(f"must be a number of hours above 0, at most {LONGEST_LIMIT_HOURS}")


def _tiers(value: object) -> tuple[object, ...]:
    if not isinstance(value, list) or len(value) != 3:
        raise ValueError("must be three numbers of hours such as [24, 8, 4]")
    return tuple(value)


def zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("is not a time zone of the IANA database")
    return value


def _country(value: str) -> str:
    if value not in holidays.list_supported_countries():
        raise ValueError("is not a country that the package `holidays` knows")
    return value


Wrong = tuple[Location, str]
Clock = Annotated[time, BeforeValidator(_clock)]
Day = Annotated[date, BeforeValidator(_day)]
LimitSeconds = Annotated[int, BeforeValidator(_limit)]
Reason = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Hours(_Part):
    """One stretch of working hours, local time."""

    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")


class Swap(_Part):
    """A working day given off against another day worked."""

    off: Day
    worked: Day
    reason: Reason


class Closure(_Part):
    """Days on which the offices of the province are shut: a storm, a local order. Both ends are included."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    reason: Reason


class Years(_Part):
    """The years that the calendar covers, both included."""

    first: int = Field(ge=1970, le=2100)
    last: int = Field(ge=1970, le=2100)


class PublicHolidays(_Part):
    """Which holidays the package `holidays` is asked for."""

    country: Annotated[str, AfterValidator(_country)]
    language: str


class CalendarFile(_Part):
    """The whole of config/calendar.yaml."""

    timezone: Annotated[str, AfterValidator(zone)]
    years: Years
    working_hours: list[Hours] = Field(min_length=1)
    working_weekdays: list[Weekday] = Field(min_length=1)
    holidays: PublicHolidays
    swaps: list[Swap]
    closures: list[Closure]
    due_soon_working_hours: Annotated[tuple[LimitSeconds, LimitSeconds, LimitSeconds], BeforeValidator(_tiers)]
    acceptance_working_hours: LimitSeconds


def load(config_dir: Path) -> WorkingCalendar:
    """The working calendar of `config_dir`/calendar.yaml. Raises: ConfigErrors with every wrong line."""
    return read(yaml_source.load(config_dir / FILE_NAME))


def read(source: YamlSource) -> WorkingCalendar:
    """The working calendar of a parsed file. Raises: ConfigErrors with every wrong line."""
    content = _content(source)
    years = range(content.years.first, content.years.last + 1)
    public = holidays.country_holidays(content.holidays.country, years=years, language=content.holidays.language)
    off = {day: name for day, name in public.items() if day.year in years}
    worked = {day: MADE_UP for day in getattr(public, "weekend_workdays", ()) if day.year in years}
    weekdays = frozenset(WEEKDAYS.index(name) for name in content.working_weekdays)
    _refuse(source, _wrong_days(content, source, weekdays, off))
    for swap in content.swaps:
        off[swap.off] = swap.reason
        worked[swap.worked] = swap.reason
    for closure in content.closures:
        off |= dict.fromkeys(_days_of(closure), closure.reason)
    for day in off.keys() & worked.keys():
        _settle(day, content, off, worked)
    return WorkingCalendar(
        CalendarRules(
            timezone=ZoneInfo(content.timezone),
            first_year=content.years.first,
            last_year=content.years.last,
            hours=tuple((hours.start, hours.end) for hours in content.working_hours),
            weekdays=weekdays,
            off=off,
            worked=worked,
        )
    )


def load_clock_rules(config_dir: Path) -> ClockRules:
    """The limits of `config_dir`/calendar.yaml. Raises: ConfigErrors with every wrong line, but for the days'."""
    return read_clock_rules(yaml_source.load(config_dir / FILE_NAME))


def read_clock_rules(source: YamlSource) -> ClockRules:
    """The limits of a parsed file. Raises: ConfigErrors with every wrong line, but for the days'."""
    content = _content(source)
    return ClockRules(
        due_soon_seconds=content.due_soon_working_hours, acceptance_seconds=content.acceptance_working_hours
    )


def _content(source: YamlSource) -> CalendarFile:
    content = yaml_source.validate(CalendarFile, source)
    _refuse(source, _wrong_frame(content))
    return content


def _settle(day: date, content: CalendarFile, off: dict[date, str], worked: dict[date, str]) -> None:
    """A closure wins over everything; then a day made up in this file over a public holiday."""
    closed = any(closure.first <= day <= closure.last for closure in content.closures)
    (worked if closed else off).pop(day)


def _wrong_frame(content: CalendarFile) -> Iterator[Wrong]:
    if content.years.last < content.years.first:
        yield ("years", "last"), f"is before years.first, {content.years.first}"
    if content.holidays.language not in _languages(content.holidays.country):
        known = ", ".join(_languages(content.holidays.country))
        yield ("holidays", "language"), f"must be one of {known} for {content.holidays.country}"
    until: time | None = None
    for index, hours in enumerate(content.working_hours):
        if hours.end <= hours.start:
            yield ("working_hours", index, "to"), f"is not after from, {hours.start:%H:%M}"
        if until is not None and hours.start < until:
            yield ("working_hours", index, "from"), f"is before the end of the stretch above, {until:%H:%M}"
        until = hours.end
    for index, name in enumerate(content.working_weekdays):
        if name in content.working_weekdays[:index]:
            yield ("working_weekdays", index), "appears twice"
    tiers = content.due_soon_working_hours
    for index in range(1, len(tiers)):
        if tiers[index] >= tiers[index - 1]:
            yield ("due_soon_working_hours", index), f"is not below the tier before it, {tiers[index - 1] / 3600:g}"


def _wrong_days(
    content: CalendarFile, source: YamlSource, weekdays: frozenset[int], public: Mapping[date, str]
) -> Iterator[Wrong]:
    """Days outside the years, named twice, or that change nothing (most often a slip in the date)."""
    named: dict[date, Location] = {}
    wrong: dict[Location, str] = {}
    for location, day in _named_days(content):
        if not content.years.first <= day.year <= content.years.last:
            wrong.setdefault(location, f"{day} is outside the years {content.years.first} to {content.years.last}")
        elif named.setdefault(day, location) != location:
            wrong.setdefault(location, f"{day} is already named in line {source.line(named[day])}")
    yield from wrong.items()
    for index, swap in enumerate(content.swaps):
        if swap.off.weekday() not in weekdays:
            yield ("swaps", index, "off"), f"is a {WEEKDAYS[swap.off.weekday()]}, which is off anyway"
        if swap.worked.weekday() in weekdays and swap.worked not in public:
            yield (
                ("swaps", index, "worked"),
                f"is a {WEEKDAYS[swap.worked.weekday()]}, which is worked anyway",
            )
    for index, closure in enumerate(content.closures):
        if closure.last < closure.first:
            yield ("closures", index, "to"), f"is before from, {closure.first}"


def _named_days(content: CalendarFile) -> Iterator[tuple[Location, date]]:
    for index, swap in enumerate(content.swaps):
        yield ("swaps", index, "off"), swap.off
        yield ("swaps", index, "worked"), swap.worked
    for index, closure in enumerate(content.closures):
        yield from ((("closures", index, "from"), day) for day in _days_of(closure))


def _days_of(closure: Closure) -> list[date]:
    return [closure.first + timedelta(days) for days in range((closure.last - closure.first).days + 1)]


def _languages(country: str) -> tuple[str, ...]:
    supported: tuple[str, ...] = getattr(holidays, country).supported_languages
    return supported


def _refuse(source: YamlSource, wrong: Iterable[Wrong]) -> None:
    errors = [source.error(location, reason) for location, reason in wrong]
    if errors:
        raise ConfigErrors(sorted(errors, key=lambda error: error.line or 0))
