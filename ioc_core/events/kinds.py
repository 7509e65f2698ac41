"""The kinds of event."""

from datetime import datetime
from enum import IntEnum
from typing import Annotated

from msgspec import Meta, Struct

MetricName = Annotated[str, Meta(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*\Z", max_length=200)]
"""A Prometheus metric name."""
Text = Annotated[str, Meta(max_length=4000)]
Short = Annotated[str, Meta(max_length=300)]
Instant = Annotated[datetime, Meta(tz=True)]
"""A time with its offset: one without is refused, since nobody could say when it was."""


class DossierStatus(IntEnum):
    """Status codes of the national dossier protocol (`TrangThaiHoSo`)."""

    REGISTERED = 1
    ACCEPTED = 2
    REFUSED = 3
    IN_PROCESS = 4
    SUPPLEMENT_REQUESTED = 5
    FEE_REQUESTED = 6
    WITHDRAWAL_REQUESTED = 7
    STOPPED = 8
    PROCESSED = 9
    RETURNED = 10


class Channel(IntEnum):
    """How a dossier was filed (`KenhThucHien`)."""

    COUNTER = 1
    ONLINE = 2
    POST = 3


class Sample(Struct, frozen=True, tag="sample", omit_defaults=True, forbid_unknown_fields=True):
    """One value of one series. `metric` and `labels` follow Prometheus; values are in base units."""

    source: Short
    observed_at: Instant
    received_at: Instant
    metric: MetricName
    value: float
    labels: dict[MetricName, Short] = {}


class Supplement(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One request for more papers (`DanhSachHoSoBoSung`): asked, answered, due before and after."""

    requested_at: Instant | None = None
    received_at: Instant | None = None
    due_before: Instant | None = None
    due_after: Instant | None = None


class DossierEvent(Struct, frozen=True, tag="dossier", omit_defaults=True, forbid_unknown_fields=True):
    """What a one-stop system said of one dossier: the whole record (`record`) or one progress step.

    `observed_at` is the latest past time that the message itself states (filing, step, finish, hand-over), so that
    it doesn't depend on when the message arrived. A progress step leaves most fields empty: `None` means "not
    said", never "cleared"; in a record `None` means "has none". No personal data of citizens is carried.
    """

    source: Short
    observed_at: Instant
    received_at: Instant
    code: Short
    record: bool
    status: DossierStatus
    receiving_unit: Short | None = None  # code of the catalogue, or None when it can't be mapped
    resolving_unit: Short | None = None
    receiving_text: Short | None = None  # what the source wrote, kept for mapping
    resolving_text: Short | None = None
    procedure_code: Short | None = None
    procedure_name: Text | None = None
    field_code: Short | None = None
    field_name: Text | None = None
    channel: Channel | None = None
    filed_at: Instant | None = None  # NgayTiepNhan
    due_at: Instant | None = None  # NgayHenTra
    finished_at: Instant | None = None  # NgayKetThucXuLy
    returned_at: Instant | None = None  # NgayTra
    supplements: Annotated[tuple[Supplement, ...], Meta(max_length=100)] = ()
    paid_online: bool | None = None
    electronic_result: bool | None = None
    papers_digitised: bool | None = None  # scanned papers came with it
    papers_reused: bool | None = None  # at least one paper was used again
    papers_from_store: bool | None = None  # at least one came from the person's document store
    population_data: bool | None = None  # the national population data was used
    fee_vnd: Annotated[int, Meta(ge=0, le=10**12)] | None = None  # fees and charges asked for
    step_department: Short | None = None  # PhongBanXuLy
    step_started_at: Instant | None = None
    step_due_at: Instant | None = None


class ProbeResult(Struct, frozen=True, tag="probe", omit_defaults=True, forbid_unknown_fields=True):
    """One look at a target from outside; names follow the Prometheus blackbox exporter, durations are seconds."""

    source: Short
    observed_at: Instant
    received_at: Instant
    target: Short
    kind: Short  # http, tcp, tls, dns, icmp
    success: bool
    duration_seconds: float
    system: Short | None = None
    unit: Short | None = None
    phases: dict[Short, float] = {}
    status_code: int | None = None
    certificate_not_after: Instant | None = None
    error: Text | None = None


class SecurityEvent(Struct, frozen=True, tag="security", omit_defaults=True, forbid_unknown_fields=True):
    """One security record; fields are the Elastic Common Schema names with `.` written as `_`."""

    source: Short
    observed_at: Instant
    received_at: Instant
    event_id: Short  # the source's own id, or `content_id` of the raw record
    event_category: Short
    event_severity: Annotated[int, Meta(ge=0, le=100)]
    message: Text
    event_action: Short | None = None
    event_outcome: Short | None = None
    host_name: Short | None = None
    source_ip: Short | None = None
    user_name: Short | None = None
    rule_name: Short | None = None
    process_name: Short | None = None
    unit: Short | None = None
    system: Short | None = None
    raw: Annotated[str, Meta(max_length=16384)] = ""


class Rejected(Struct, frozen=True, tag="rejected", omit_defaults=True, forbid_unknown_fields=True):
    """Input that was refused: kept with its reason so that somebody can put it right."""

    source: Short
    observed_at: Instant
    received_at: Instant
    port: Short  # which edge it came in by: events, dvcqg, syslog, probe, writer
    reason: Short  # short constant, fit for a metric label
    detail: Text
    raw: bytes  # capped by `MAX_RAW_BYTES`


class Heartbeat(Struct, frozen=True, tag="heartbeat", omit_defaults=True, forbid_unknown_fields=True):
    """A source was heard of (its session, its poll) although it had nothing to tell."""

    source: Short
    observed_at: Instant
    received_at: Instant


Event = Sample | DossierEvent | ProbeResult | SecurityEvent | Rejected | Heartbeat

MAX_RAW_BYTES = 8192
