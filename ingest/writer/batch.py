"""A batch: what its messages hold, sorted by table. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ingest.writer import screen
from ingest.writer.activity import Tally, tally
from ingest.writer.decode import decode_message, rejection
from ingest.writer.samples import SampleRows, collect_samples
from ingest.writer.screen import Limits
from ingest.writer.series import Key
from ioc_core.bus import PulledMessage
from ioc_core.events import DossierEvent, Event, ProbeResult, Rejected, Sample, SecurityEvent
from ioc_core.live import Facts

_NEWEST_DOSSIERS = 100

_FACTS: dict[type[Event], Facts] = {
    Sample: Facts.SAMPLES,
    DossierEvent: Facts.DOSSIERS,
    ProbeResult: Facts.PROBES,
    SecurityEvent: Facts.SECURITY,
}


class Read(msgspec.Struct, frozen=True):
    """A message and its events; those that nobody could read are `Rejected` already."""

    message: PulledMessage
    events: list[Event]


@dataclass(frozen=True, slots=True)
class Rows:
    """Events sorted by table, and what they say of their sources."""

    samples: SampleRows
    dossiers: Sequence[DossierEvent]
    probes: Sequence[ProbeResult]
    security: Sequence[SecurityEvent]
    rejected: Sequence[Rejected]
    tallies: Mapping[str, Tally]


def read(message: PulledMessage, *, now: datetime) -> Read:
    """Return the message's events, each of them free of characters that the database can't hold; never raises."""
    events = decode_message(message.data, source=message.source, now=now)
    if screen.NUL_ESCAPE in message.data:
        events = [_without_nul(event, now) for event in events]
    return Read(message, events)


def _without_nul(event: Event, now: datetime) -> Event:
    if isinstance(event, Rejected) or not screen.holds_nul(event):
        return event
    return refused(event, screen.NUL, "a text has the character U+0000", now=now)


def refused(event: Event, reason: str, detail: str, *, now: datetime) -> Rejected:
    """Return the row that stands for an event which can't be stored."""
    raw = event.raw if isinstance(event, Rejected) else msgspec.json.encode(event)
    return rejection(event.source, reason, detail, raw, now=now)


def sort_out(events: Iterable[Event], ids: Mapping[Key, int], limits: Limits, *, now: datetime) -> Rows:
    """Return `events` by table; what `screen.unfit` objects to is refused instead."""
    samples: list[Sample] = []
    others: list[Event] = []
    for event in events:
        if type(event) is Sample:
            samples.append(event)
        else:
            others.append(event)
    rows = collect_samples(samples, ids, limits)
    fit = [event for event in others if screen.unfit(event, limits) is None]
    rejected = [
        _refused_unfit(event, limits, now)
        for event in (*rows.unfit, *(event for event in others if screen.unfit(event, limits) is not None))
    ]
    if rows.unfit:
        gone = {id(sample) for sample in rows.unfit}
        samples = [sample for sample in samples if id(sample) not in gone]
    return Rows(
        samples=rows,
        dossiers=[event for event in fit if isinstance(event, DossierEvent)],
        probes=[event for event in fit if isinstance(event, ProbeResult)],
        security=[event for event in fit if isinstance(event, SecurityEvent)],
        rejected=rejected + [event for event in fit if isinstance(event, Rejected)],
        tallies=tally((*samples, *fit, *rejected)),
    )


def _refused_unfit(event: Event, limits: Limits, now: datetime) -> Rejected:
    reason, detail = screen.unfit(event, limits) or (screen.UNFIT, "")
    return refused(event, reason, detail, now=now)


def facts_of(events: Iterable[Event]) -> frozenset[Facts]:
    """Return the kinds of fact that rules and screens have to look at again after these events."""
    kinds = {type(event) for event in events}
    return frozenset({_FACTS[kind] for kind in kinds if kind in _FACTS} | ({Facts.SOURCES} if kinds else set()))


def newest_dossiers(events: Iterable[Event]) -> tuple[str, ...]:
    """Return the codes of the dossiers that were told of last, at most 100, newest last."""
    codes: dict[str, None] = {}
    for event in events:
        if type(event) is DossierEvent:
            codes.pop(event.code, None)
            codes[event.code] = None
    return tuple(codes)[-_NEWEST_DOSSIERS:]
