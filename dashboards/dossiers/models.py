"""What the API answers about dossiers, as far as the pages read it."""

from datetime import datetime

from msgspec import Struct


class Dossier(Struct, frozen=True, kw_only=True):
    """One dossier of a list, as it stands now."""

    code: str
    status: int
    standing: str
    unit: str | None
    unit_name: str
    receiving_unit: str | None
    procedure_code: str | None
    procedure_name: str
    field_name: str
    channel: str | None
    filed_at: datetime | None
    accepted_at: datetime | None
    due_at: datetime | None
    deadline_at: datetime | None
    late_at: datetime | None
    waiting_since: datetime | None
    ended_at: datetime | None
    end_status: int | None
    entered_late: bool
    requests: int
    working_seconds_left: float | None
    step_department: str | None
    told_at: datetime


class Step(Struct, frozen=True, kw_only=True):
    """One stretch of a dossier's life: `until` None while it runs; a moment has none between its ends."""

    kind: str
    status: int | None
    unit: str | None
    unit_name: str | None
    department: str | None
    since: datetime
    until: datetime | None
    elapsed_seconds: float
    working_seconds: float | None
    told_at: datetime
    arrival: str


class Supplement(Struct, frozen=True, kw_only=True):
    """One request for more papers."""

    requested_at: datetime | None = None
    received_at: datetime | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None


class DossierDetail(Dossier, frozen=True, kw_only=True):
    """A dossier with its steps, the oldest first."""

    accept_by: datetime | None
    entered_at: datetime | None
    first_told_at: datetime
    waited_seconds: float
    supplements: tuple[Supplement, ...]
    steps: tuple[Step, ...]
    paid_online: bool | None
    electronic_result: bool | None
    papers_digitised: bool | None
    papers_reused: bool | None
    papers_from_store: bool | None
    population_data: bool | None
    fee_vnd: int | None


class DossierPage(Struct, frozen=True):
    """A page of a list; `next` None: the last."""

    items: tuple[Dossier, ...]
    next: str | None


class StandingCount(Struct, frozen=True):
    """How many open dossiers have a standing."""

    key: str | None
    open: int


class Standings(Struct, frozen=True):
    """How many open dossiers stand how."""

    items: tuple[StandingCount, ...]
