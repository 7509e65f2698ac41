"""What is known of one dossier: the fields that hold, and the marks of everything that was said."""

from datetime import datetime

from msgspec import Struct

from ioc_core.dossier.marks import Mark
from ioc_core.events import Channel, DossierStatus, Supplement


class Dossier(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of one dossier. Times are UTC instants; unit and procedure codes are the catalogue's.

    `effective_at`, `told_at` and `content_id` say which message decided the status: its place in time, when it came,
    what it said. `record_mark` and `step_mark` name the messages whose fields these are (see `Mark.content`).
    """

    code: str
    source: str
    status: DossierStatus
    effective_at: datetime
    told_at: datetime
    content_id: str
    marks: tuple[Mark, ...]
    record_mark: int | None = None
    step_mark: int | None = None
    receiving_unit: str | None = None
    resolving_unit: str | None = None
    receiving_text: str | None = None
    resolving_text: str | None = None
    procedure_code: str | None = None
    procedure_name: str | None = None
    field_code: str | None = None
    field_name: str | None = None
    channel: Channel | None = None
    filed_at: datetime | None = None
    due_at: datetime | None = None
    finished_at: datetime | None = None
    returned_at: datetime | None = None
    supplements: tuple[Supplement, ...] = ()
    paid_online: bool | None = None
    electronic_result: bool | None = None
    papers_digitised: bool | None = None
    papers_reused: bool | None = None
    papers_from_store: bool | None = None
    population_data: bool | None = None
    fee_vnd: int | None = None
    step_department: str | None = None
    step_due_at: datetime | None = None
