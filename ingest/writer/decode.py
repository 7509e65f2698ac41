"""Messages of EVENTS as events and blocks of samples; what can't be read becomes `Rejected`, neighbours stay. Pure.

Blocks are read with their labels unparsed: a series that has been met before is known by those bytes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from ioc_core.events import EPOCH, MAX_RAW_BYTES, Event, Instant, MetricName, Rejected, Sample, Short

UNDECODABLE = "undecodable"
_PORT = "writer"


class Block(Struct, frozen=True, tag="samples", forbid_unknown_fields=True):
    """A `SampleBlock` whose series are (metric, labels as they came); neither has been checked yet."""

    source: Short
    received_at: Instant
    series: list[tuple[Short, Raw]]
    of: list[int]
    at: list[Annotated[int, Meta(ge=-62_135_596_800_000_000, le=253_402_300_799_999_999)]]
    values: list[float]

    def __post_init__(self) -> None:
        if not len(self.of) == len(self.at) == len(self.values):
            raise ValueError("the columns of a block differ in length")
        if self.of and not 0 <= min(self.of) <= max(self.of) < len(self.series):
            raise ValueError("a block names a series that it doesn't have")

    def sample(self, place: int) -> Sample:
        """Return one of the samples.

        Raises:
            msgspec.DecodeError: its metric or labels aren't any.
        """
        name, raw = self.series[self.of[place]]
        metric = msgspec.convert(name, MetricName)
        at = EPOCH + timedelta(microseconds=self.at[place])
        return Sample(self.source, at, self.received_at, metric, self.values[place], labels_of(raw))


Item = Event | Block

_labels = msgspec.json.Decoder(dict[MetricName, Short])
_items: msgspec.json.Decoder[list[Item]] = msgspec.json.Decoder(list[Item])
_item: msgspec.json.Decoder[Item] = msgspec.json.Decoder(Item)
_raws = msgspec.json.Decoder(list[Raw])


def labels_of(raw: Raw) -> dict[str, str]:
    """Return the labels of a series of a block.

    Raises:
        msgspec.DecodeError: they aren't labels.
    """
    return _labels.decode(raw)


def decode_message(data: bytes, *, source: str, now: datetime) -> list[Item]:
    """Return what is in a message whose subject names `source`; never raises."""
    try:
        return _items.decode(data)
    except (ValueError, RecursionError) as error:
        whole = rejection(source, UNDECODABLE, str(error), data, now=now)
    try:
        items = _raws.decode(data)
    except (ValueError, RecursionError):
        return [whole]
    return [_decode_item(bytes(item), source, now) for item in items]


def _decode_item(data: bytes, source: str, now: datetime) -> Item:
    try:
        return _item.decode(data)
    except (ValueError, RecursionError) as error:
        return rejection(source, UNDECODABLE, str(error), data, now=now)


def events_of(items: Iterable[Item], *, now: datetime) -> list[Event]:
    """Return items as events, blocks taken apart; a sample whose labels can't be read is `Rejected`."""
    events: list[Event] = []
    for item in items:
        if isinstance(item, Block):
            events += [sample_of(item, place, now=now) for place in range(len(item.of))]
        else:
            events.append(item)
    return events


def sample_of(block: Block, place: int, *, now: datetime) -> Sample | Rejected:
    """Return one sample of a block, or the row that says why it is none."""
    try:
        return block.sample(place)
    except (ValueError, RecursionError) as error:
        metric, labels = block.series[block.of[place]]
        raw = msgspec.json.encode([metric, labels, block.at[place], block.values[place]])
        return rejection(block.source, UNDECODABLE, str(error), raw, now=now)


def rejection(source: str, reason: str, detail: str, raw: bytes, *, now: datetime) -> Rejected:
    """Return the row of what the writer refuses; text that the database can't hold is made harmless."""
    return Rejected(
        source=storable(source)[:300] or "unknown",
        observed_at=now,
        received_at=now,
        port=_PORT,
        reason=reason,
        detail=storable(detail)[:4000],
        raw=raw[:MAX_RAW_BYTES],
    )


def storable(text: str) -> str:
    """Return `text` without NUL, which PostgreSQL's text can't hold."""
    return text.replace("\0", "�")
