"""Which events can't be stored, and why: judged before the database has to. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from ioc_core.events import DossierEvent, Event, Heartbeat, ProbeResult, Rejected, Sample, SecurityEvent

TOO_OLD = "too_old"
IN_THE_FUTURE = "in_the_future"
OUT_OF_RANGE = "value_out_of_range"
UNFIT = "unfit"
NUL = "nul_character"
LABELS_TOO_LONG = "labels_too_long"

LARGEST_VALUE = 1e300
"""A hundred million values of this size still add up to a finite sum in a rollup."""
AHEAD = timedelta(days=1)
"""How far a source's clock may be ahead of ours; beyond, its facts would hide those that come later."""
LABELS_LIMIT = 2000
"""Bytes of the labels of one series, as JSON: an index row holds 2,704 with metric and source."""

NUL_ESCAPE = rb"\u0000"
"""NUL as JSON writes it; a message without these bytes has none."""

_LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


class Limits(Struct, frozen=True):
    """The oldest time that each table still takes: what is older has been dropped, or is about to be."""

    samples: datetime = _LONG_AGO
    dossiers: datetime = _LONG_AGO
    probes: datetime = _LONG_AGO
    security: datetime = _LONG_AGO


NO_LIMITS = Limits()


def _oldest(event: Event, limits: Limits) -> datetime:
    match event:
        case Sample():
            return limits.samples
        case DossierEvent():
            return limits.dossiers
        case ProbeResult():
            return limits.probes
        case SecurityEvent():
            return limits.security
        case Rejected() | Heartbeat():
            return _LONG_AGO


def unfit(event: Event, limits: Limits) -> tuple[str, str] | None:
    """Return why `event` can't be stored (a constant, and a sentence), or None when it can."""
    if event.observed_at < _oldest(event, limits):
        return TOO_OLD, f"observed_at {event.observed_at.isoformat()} is past the retention of its table"
    if event.observed_at - event.received_at > AHEAD:
        return IN_THE_FUTURE, f"observed_at {event.observed_at.isoformat()} is over a day after its arrival"
    if isinstance(event, Sample):
        if not -LARGEST_VALUE <= event.value <= LARGEST_VALUE:
            return OUT_OF_RANGE, f"the value {event.value!r} is beyond {LARGEST_VALUE:g}"
        if len(labels_json(event.labels)) > LABELS_LIMIT:
            return LABELS_TOO_LONG, f"the labels are longer than {LABELS_LIMIT} bytes"
    if isinstance(event, ProbeResult) and not -LARGEST_VALUE <= event.duration_seconds <= LARGEST_VALUE:
        return OUT_OF_RANGE, f"the duration {event.duration_seconds!r} is beyond {LARGEST_VALUE:g}"
    return None


def holds_nul(event: Event) -> bool:
    """Whether any text of the event has the character that PostgreSQL's text and JSON can't hold."""
    return NUL_ESCAPE in msgspec.json.encode(event).replace(rb"\\", b"")


def labels_json(labels: Mapping[str, str]) -> bytes:
    """Return labels as JSON with sorted names."""
    return msgspec.json.encode(labels, order="sorted")
