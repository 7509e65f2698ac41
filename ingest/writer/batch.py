"""A batch: what its messages hold, sorted by table. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from ingest.writer import screen
from ingest.writer.activity import Tally, tally
from ingest.writer.columns import SampleRows, block_of, collect, without
from ingest.writer.decode import Item, decode_message, events_of, rejection, sample_of
from ingest.writer.dossiers import DossierRows, dossier_rows
from ingest.writer.screen import Limits
from ingest.writer.series import Key
from ioc_core.bus import PulledMessage
from ioc_core.events import DossierEvent, Event, ProbeResult, RawBlock, Rejected, Sample, SecurityEvent
from ioc_core.live import Facts

_NEWEST_DOSSIERS = 100

_FACTS: dict[type[Item], Facts] = {
    RawBlock: Facts.SAMPLES,
    Sample: Facts.SAMPLES,
    DossierEvent: Facts.DOSSIERS,
    ProbeResult: Facts.PROBES,
    SecurityEvent: Facts.SECURITY,
}


class Read(msgspec.Struct, frozen=True):
    """A message and what is in it; what nobody could read is `Rejected` already."""

    message: PulledMessage
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Rows:
    """Events sorted by table, and what they say of their sources."""

    samples: SampleRows
    dossiers: DossierRows
    probes: Sequence[ProbeResult]
    security: Sequence[SecurityEvent]
    rejected: Sequence[Rejected]
    tallies: Mapping[str, Tally]


def read(message: PulledMessage, *, now: datetime) -> Read:
    """Return what is in a message, free of characters that the database can't hold; never raises."""
    items = decode_message(message.data, source=message.source, now=now)
    if screen.NUL_ESCAPE in message.data:
        items = [_without_nul(event, now) for event in events_of(items, now=now)]
    return Read(message, items)


def _without_nul(event: Event, now: datetime) -> Event:
    if isinstance(event, Rejected) or not screen.holds_nul(event):
        return event
    return refused(event, screen.NUL, "a text has the character U+0000", now=now)


def refused(event: Event, reason: str, detail: str, *, now: datetime) -> Rejected:
    """Return the row that stands for an event which can't be stored."""
    raw = event.raw if isinstance(event, Rejected) else msgspec.json.encode(event)
    return rejection(event.source, reason, detail, raw, now=now)


def sort_out(items: Iterable[Item], ids: Mapping[Key, int], limits: Limits, *, now: datetime) -> Rows:
    """Return `items` by table; what `screen.unfit` objects to is refused instead."""
    blocks: list[RawBlock] = []
    fit: list[Event] = []
    rejected: list[Rejected] = []
    for item in items:
        if isinstance(item, RawBlock):
            blocks += [item] if item.of else []
        elif isinstance(item, Sample):
            blocks.append(block_of(item))
        elif isinstance(item, Rejected):
            rejected.append(item)
        else:
            why = screen.unfit(item, limits)
            if why is None:
                fit.append(item)
            else:
                rejected.append(refused(item, *why, now=now))
    samples = collect(blocks, ids, limits)
    if samples.refused:
        rejected += [_refused_sample(block, place, limits, now) for block, place in samples.refused]
        blocks = without(blocks, samples.refused)
    return Rows(
        samples=samples,
        dossiers=dossier_rows([event for event in fit if isinstance(event, DossierEvent)]),
        probes=[event for event in fit if isinstance(event, ProbeResult)],
        security=[event for event in fit if isinstance(event, SecurityEvent)],
        rejected=rejected,
        tallies=tally((*blocks, *fit, *rejected)),
    )


def _refused_sample(block: RawBlock, place: int, limits: Limits, now: datetime) -> Rejected:
    sample = sample_of(block, place, now=now)
    if isinstance(sample, Rejected):
        return sample
    return refused(sample, *(screen.unfit(sample, limits) or (screen.UNFIT, "")), now=now)


def facts_of(items: Iterable[Item]) -> frozenset[Facts]:
    """Return the kinds of fact that rules and screens have to look at again after these items."""
    kinds = {type(item) for item in items}
    return frozenset({_FACTS[kind] for kind in kinds if kind in _FACTS} | ({Facts.SOURCES} if kinds else set()))


def newest_dossiers(items: Iterable[Item]) -> tuple[str, ...]:
    """Return the codes of the dossiers that were told of last, at most 100, newest last."""
    codes: dict[str, None] = {}
    for item in items:
        if type(item) is DossierEvent:
            codes.pop(item.code, None)
            codes[item.code] = None
    return tuple(codes)[-_NEWEST_DOSSIERS:]
