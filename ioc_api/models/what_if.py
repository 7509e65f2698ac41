"""Bodies of /scoreboard/what-if."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ioc_api.scoreboard.what_if import Action


class WhatIf(BaseModel):
    """Some dossiers, and what would be done with them. Exactly one of the three says which dossiers."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    first: date | None = Field(None, alias="from", description="Without: the running month.")
    to: date | None = None
    unit: str | None = Field(None, min_length=1, max_length=100, description="Whose score; without: one's own scope.")
    actions: Annotated[list[Action], Field(min_length=1, max_length=7)]
    codes: Annotated[list[Annotated[str, Field(max_length=300)]], Field(min_length=1, max_length=1000)] | None = None
    overdue_of: str | None = Field(None, max_length=100, description="All that are overdue, of this unit and below.")
    due_of: str | None = Field(
        None, max_length=100, description="All that become overdue by the period's end, of this unit and below."
    )


class Standing(BaseModel):
    """A score at an instant."""

    score: float
    per_100: float | None
    rank: int | None


class Outcome(BaseModel):
    """A score without and with what would be done."""

    before: Standing
    after: Standing
    won: float = Field(description="Points.")


class IndicatorOutcome(BaseModel):
    """An indicator that changes."""

    id: str
    name: str
    dossiers: int = Field(description="So many dossiers more count in it (of procedures: see `points`).")
    before: float | None = Field(description="Points.")
    after: float | None
    won: float | None


class Carried(BaseModel):
    """The dossiers that the next period begins with (2.1): all of them count in it, the late ones as lost."""

    dossiers: int
    late: int


class WhatIfNotes(BaseModel):
    """What the actions can't win, and what they win elsewhere: numbers of dossiers."""

    not_found: list[str] = Field(description="Codes that aren't there, or outside one's scope.")
    ended_already: int = Field(description="`finish_now` changes nothing of them.")
    stay_late: int = Field(description="Overdue: finished now they are still late in this period.")
    kept_in_time: int = Field(description="Would become late before the period's end; finished now they don't.")
    without_term: int = Field(description="Have no term: once ended they can't count as in time, and are lost.")
    filed_before: int = Field(description="Received before the period: only 2.1 counts them.")


class WhatIfAnswer(BaseModel):
    """What would be won now, at the period's end if nothing else happens, and in the next period."""

    unit: str
    from_: date = Field(alias="from")
    to: date
    made_at: datetime
    dossiers: int = Field(description="How many are meant.")
    now: Outcome
    at_end: Outcome = Field(
        description="With the dossiers known today; those still running become late at their time."
    )
    indicators: list[IndicatorOutcome] = Field(description="Those that change now or at the end; points at the end.")
    carried_before: Carried
    carried_after: Carried
    notes: WhatIfNotes
