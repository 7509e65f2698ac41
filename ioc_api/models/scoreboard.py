"""Bodies of /scoreboard."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Peers = Literal["province", "department", "office", "district", "commune", "unmapped"]


class IndicatorDefinition(BaseModel):
    """An indicator, as the version that scores the period has it."""

    id: str = Field(examples=["2.1"])
    name: str
    maximum: float
    full_at: float = Field(description="Per cent at which the maximum is reached.")
    fed_by: str


class GroupDefinition(BaseModel):
    """Indicators that belong together."""

    id: str
    name: str
    maximum: float
    indicators: list[IndicatorDefinition]


class GradeDefinition(BaseModel):
    """A word for a score of at least so many of 100 reachable points."""

    id: str
    name: str
    at_least: float


class VersionDefinition(BaseModel):
    """What scores the period."""

    from_: date = Field(alias="from")
    name: str
    maximum: float
    groups: list[GroupDefinition]
    grades: list[GradeDefinition]


class ClosingNote(BaseModel):
    """These are the frozen figures of a closed month."""

    version: int
    at: datetime
    by: str
    reason: str


class ComparedWith(BaseModel):
    """Days that the period is held against."""

    from_: date = Field(alias="from")
    to: date
    as_then: bool = Field(description="As it was known then; else as known now.")


class Change(BaseModel):
    """What is now minus what was then; null: not measured, or not ranked, then or now."""

    score: float | None
    per_100: float | None
    rank: int | None = Field(description="-2: two places up.")


class ScoreLine(BaseModel):
    """The score of one unit."""

    unit: str = Field(description="Its code; `unmapped`: what no unit of the catalogue answers for.")
    name: str
    peers: Peers = Field(description="Among which units it is ranked.")
    parent: str | None
    score: float = Field(description="The sum of the points.")
    reachable: float = Field(description="The maxima of what was measured.")
    per_100: float | None = Field(description="The score per 100 reachable points; null: nothing was measured.")
    grade: str | None
    grade_name: str | None
    rank: int | None = Field(description="By `per_100`; ties share a rank. Null: not ranked.")
    ranked: int = Field(description="How many peers are ranked.")
    yesterday: Change | None = Field(description="Null: the period is over, or began today.")
    previous: Change | None = Field(description="Against the period before; null: there was no scoreboard.")


class ListedLine(ScoreLine):
    """The score of one unit, with its points by indicator."""

    points: dict[str, float | None] = Field(description="Null: N/A, nothing was measured.")


class LiveBeside(BaseModel):
    """The figures as known now, beside the frozen ones."""

    made_at: datetime
    lines: list[ListedLine]


class ScoreboardAnswer(BaseModel):
    """The scoreboard of a period, by kind of unit and rank."""

    from_: date = Field(alias="from")
    to: date
    running: bool = Field(description="The period isn't over: figures are of now.")
    made_at: datetime
    version: VersionDefinition
    closed: ClosingNote | None
    yesterday: ComparedWith | None
    previous: ComparedWith | None
    lines: list[ListedLine]
    live: LiveBeside | None = Field(description="With `live=true`, of a closed month.")


class IndicatorChange(BaseModel):
    """Points now minus points then; null: not measured then or now, or another version's indicator."""

    yesterday: float | None
    previous: float | None


class IndicatorLine(BaseModel):
    """One indicator of one unit. Null throughout: N/A, nothing was measured."""

    id: str
    name: str
    group: str
    fed_by: str
    maximum: float
    full_at: float
    numerator: float | None
    denominator: float | None
    factor: float | None = Field(description="What the share is multiplied by (3.3: the share synchronised, 1.4).")
    rate: float | None = Field(description="Per cent, the factor included.")
    points: float | None
    lost: float | None
    change: IndicatorChange
    behind: Literal["dossiers", "procedures", "series"] = Field(description="What the counts are made of.")


class UnitScore(BaseModel):
    """The score of one unit, indicator by indicator."""

    from_: date = Field(alias="from")
    to: date
    running: bool
    made_at: datetime
    version: VersionDefinition
    closed: ClosingNote | None
    yesterday: ComparedWith | None
    previous: ComparedWith | None
    line: ScoreLine
    indicators: list[IndicatorLine]
    live: list[IndicatorLine] | None = Field(description="With `live=true`, of a closed month: as known now.")


class BehindDossier(BaseModel):
    """A dossier behind a count, with what counts in it. Null: the record doesn't say."""

    code: str
    unit: str | None
    unit_name: str
    procedure_code: str | None
    procedure_name: str
    status: int
    channel: int | None
    filed_at: datetime
    due_at: datetime | None
    deadline_at: datetime | None = Field(description="Due date and the time waited for the citizen.")
    late_at: datetime | None = Field(description="After this instant it was, or would be, late.")
    ended_at: datetime | None
    end_status: int | None
    lateness: int | None = Field(description="1 early, 2 on time, 3 late; null: it runs, or it can't be told.")
    requests: int = Field(description="Requests for supplements.")
    waiting_since: datetime | None
    fee_vnd: int | None
    paid_online: bool | None
    electronic_result: bool | None
    papers_digitised: bool | None
    papers_reused: bool | None
    papers_from_store: bool | None
    population_data: bool | None


class BehindDossiers(BaseModel):
    """A page of the dossiers behind a count, by filing time."""

    items: list[BehindDossier]
    next: str | None


class BehindProcedure(BaseModel):
    """A procedure behind a count."""

    code: str
    name: str
    level: str
    service_mode: str | None
    fee_vnd: int
    department: str | None
    decided_on: date | None
    effective_on: date | None
    published_on: date | None


class BehindProcedures(BaseModel):
    """The procedures behind a count, by code."""

    items: list[BehindProcedure]


class ClosingRow(BaseModel):
    """One closing of a month."""

    month: str = Field(examples=["2026-10"])
    version: int
    closed_at: datetime
    closed_by: str
    reason: str
    reopened_at: datetime | None
    reopened_by: str | None
    reopen_reason: str | None


class Closings(BaseModel):
    """Every closing, the newest month and version first."""

    items: list[ClosingRow]


class CloseMonth(BaseModel):
    """A month to close; a reason is needed when it was closed before."""

    model_config = ConfigDict(extra="forbid")

    month: Month
    reason: Reason | None = None


class ReopenMonth(BaseModel):
    """Why a month is re-opened."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class ForecastRange(BaseModel):
    """Between `low` and `high` lies the share of the draws that is stated."""

    low: float
    expected: float
    high: float


class ForecastAnswer(BaseModel):
    """The score at the end of the running month, at the present pace."""

    unit: str
    month: str
    made_at: datetime
    interval: int = Field(description="Per cent.")
    drawn_from: date = Field(description="The first of the days that the pace is taken from.")
    drawn_to: date
    score: ForecastRange | None = Field(description="Null: too few days, or nothing is measured.")
    per_100: ForecastRange | None
    points: dict[str, ForecastRange] = Field(description="By indicator, of those that are measured.")
