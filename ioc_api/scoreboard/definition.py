"""A version of the scoreboard: groups, indicators, grades. Pure."""

from collections.abc import Iterator
from datetime import date, time
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from ioc_api.scoreboard.indicators import AnyIndicator, Indicator, Text

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
IndicatorT = TypeVar("IndicatorT", bound=Indicator)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Grade(_Part):
    """A word for a score of at least so many of 100 reachable points."""

    id: Id
    name: Text
    at_least: Annotated[float, Field(ge=0, le=100)]


class Group(_Part):
    """Indicators that are shown together; `maximum` is the sum of theirs."""

    id: Id
    name: Text
    maximum: Annotated[float, Field(gt=0, le=100)]
    indicators: tuple[AnyIndicator, ...]


class Version(_Part):
    """What holds from a day on: points and targets, and the grades."""

    from_: date = Field(alias="from")
    name: Text
    maximum: Annotated[float, Field(gt=0, le=1000)]
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    grades: tuple[Grade, ...] = ()

    @property
    def indicators(self) -> Iterator[AnyIndicator]:
        """Every indicator, in order."""
        return (indicator for group in self.groups for indicator in group.indicators)

    def of(self, kind: type[IndicatorT], id_: str | None = None) -> IndicatorT | None:
        """Return the indicator of a type (and id) that is fed; None when this version has none."""
        for indicator in self.indicators:
            if isinstance(indicator, kind) and indicator.fed_by != "nothing" and id_ in {None, indicator.id}:
                return indicator
        return None

    def grade(self, per_100: float | None) -> Grade | None:
        """Return the grade of a score per 100 reachable points; None when nothing was measured."""
        if per_100 is None:
            return None
        return next((grade for grade in self.grades if per_100 >= grade.at_least), None)


class ClosingDay(_Part):
    """On which working day of the next month, and from which local time on, a month is closed by itself."""

    working_day: Annotated[int, Field(ge=1, le=20)]
    at: time


class ForecastRules(_Part):
    """What the forecast draws from; `interval` in per cent."""

    pace_days: Annotated[int, Field(ge=7, le=92)]
    least_working_days: Annotated[int, Field(ge=2, le=60)]
    draws: Annotated[int, Field(ge=100, le=10_000)]
    interval: Annotated[int, Field(ge=10, le=99)]


class Scoreboard(_Part):
    """The whole of config/scoreboard.yaml; versions are complete and in the order of their dates."""

    grades: Annotated[tuple[Grade, ...], Field(min_length=1)]
    closing: ClosingDay
    forecast: ForecastRules
    versions: Annotated[tuple[Version, ...], Field(min_length=1)]

    def version_on(self, day: date) -> Version | None:
        """Return what holds on a day; None before the first version."""
        return next((version for version in reversed(self.versions) if version.from_ <= day), None)
