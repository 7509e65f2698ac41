"""The current state of a dossier, merged from messages that arrive in any order, more than once. Pure."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from ioc_core.events import Channel, DossierEvent, DossierStatus, Supplement, dossier_content_id

REORDER_WINDOW = timedelta(minutes=10)
"""A whole record that says less than what is known, and comes within this after it, is a late delivery; after
this it is a correction (a one-stop system's retry queue is minutes long, clerks correct later)."""

END_STATUSES = frozenset(
    {DossierStatus.REFUSED, DossierStatus.STOPPED, DossierStatus.PROCESSED, DossierStatus.RETURNED}
)
"""Nothing more is owed to the citizen but the hand-over. A withdrawal *request* still awaits its answer."""

CITIZEN_STATUSES = frozenset({DossierStatus.SUPPLEMENT_REQUESTED, DossierStatus.FEE_REQUESTED})
"""The citizen has to answer; the authority's time doesn't run."""


class Dossier(Struct, frozen=True, kw_only=True):
    """What is known of one dossier. Times are UTC instants; unit and procedure codes are the catalogue's.

    `effective_at`, `told_at` and `content_id` say which message decided the status: what it says of time, when it
    came, what it said.
    """

    code: str
    source: str
    status: DossierStatus
    effective_at: datetime
    told_at: datetime
    content_id: str
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
    accepted_at: datetime | None = None
    due_at: datetime | None = None
    finished_at: datetime | None = None
    returned_at: datetime | None = None
    supplements: tuple[Supplement, ...] = ()
    paid_online: bool | None = None
    electronic_result: bool | None = None
    step_department: str | None = None
    step_due_at: datetime | None = None
    step_effective_at: datetime | None = None  # of the progress step that decided the two fields above
    step_content_id: str = ""
    record_effective_at: datetime | None = None  # of the record that decided the fields only records carry
    record_told_at: datetime | None = None
    record_content_id: str = ""

    @property
    def is_open(self) -> bool:
        """Whether somebody in the province still owes work on it."""
        return self.status not in END_STATUSES

    @property
    def waiting_for_citizen(self) -> bool:
        """Whether the next step is the citizen's: a supplement or fee request stands unanswered."""
        return self.status in CITIZEN_STATUSES


def merge(current: Dossier | None, event: DossierEvent, *, content: str | None = None) -> Dossier:
    """Return the state after `event`; the same event again returns `current` itself.

    Messages are ordered by the time they state (`observed_at`), then by arrival, then by content, so any order of
    the same messages within `REORDER_WINDOW` ends in the same state. `content` is the event's
    `dossier_content_id`, for callers that have it already.
    """
    if content is None:
        content = dossier_content_id(event)
    if current is None:
        current = Dossier(
            code=event.code,
            source=event.source,
            status=event.status,
            effective_at=event.observed_at,
            told_at=event.received_at,
            content_id=content,
        )
    merged = _with_record(current, event, content) if event.record else _with_step(current, event, content)
    if _supersedes(
        event,
        content,
        effective_at=current.effective_at,
        told_at=current.told_at,
        held=current.content_id,
        by_record=current.content_id == current.record_content_id,
    ):
        merged = replace(
            merged,
            status=event.status,
            effective_at=event.observed_at,
            told_at=event.received_at,
            content_id=content,
            source=event.source,
        )
    return _with_acceptance(merged, event)


def _supersedes(
    event: DossierEvent,
    content: str,
    *,
    effective_at: datetime | None,
    told_at: datetime | None,
    held: str,
    by_record: bool,
) -> bool:
    """Whether the event decides instead of the message that is held (`by_record`: that is a whole record)."""
    if effective_at is None or told_at is None:
        return True
    if content == held:
        return event.received_at < told_at  # the same, told before: only since when it is known changes
    later = event.received_at - told_at
    if event.record and later > REORDER_WINDOW:
        return True
    if by_record and -later > REORDER_WINDOW:
        return False  # what is held is a correction that overtook this event
    return (event.observed_at, event.received_at, content) > (effective_at, told_at, held)


def _with_record(state: Dossier, event: DossierEvent, content: str) -> Dossier:
    if not _supersedes(
        event,
        content,
        effective_at=state.record_effective_at,
        told_at=state.record_told_at,
        held=state.record_content_id,
        by_record=True,
    ):
        return state
    return replace(
        state,
        receiving_unit=event.receiving_unit,
        resolving_unit=event.resolving_unit,
        receiving_text=event.receiving_text,
        resolving_text=event.resolving_text,
        procedure_code=event.procedure_code,
        procedure_name=event.procedure_name,
        field_code=event.field_code,
        field_name=event.field_name,
        channel=event.channel,
        filed_at=event.filed_at,
        due_at=event.due_at,
        finished_at=event.finished_at,
        returned_at=event.returned_at,
        supplements=event.supplements,
        paid_online=event.paid_online,
        electronic_result=event.electronic_result,
        record_effective_at=event.observed_at,
        record_told_at=event.received_at,
        record_content_id=content,
    )


def _with_step(state: Dossier, event: DossierEvent, content: str) -> Dossier:
    held = state.step_effective_at
    if held is not None and (event.observed_at, content) <= (held, state.step_content_id):
        return state
    return replace(
        state,
        step_department=event.step_department,
        step_due_at=event.step_due_at,
        step_effective_at=event.observed_at,
        step_content_id=content,
    )


_NOT_ACCEPTED = frozenset({DossierStatus.REGISTERED, DossierStatus.REFUSED})


def _with_acceptance(state: Dossier, event: DossierEvent) -> Dossier:
    if event.status in _NOT_ACCEPTED:
        return state
    said = event.filed_at if event.record and event.filed_at is not None else event.observed_at
    if state.accepted_at is not None and state.accepted_at <= said:
        return state
    return replace(state, accepted_at=said)
