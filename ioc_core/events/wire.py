"""How events travel on EVENTS: a JSON array, samples by column."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import isfinite
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ioc_core.events.kinds import Event, Instant, MetricName, Sample, Short

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_BATCH_BYTES = 512 << 10
"""A message on EVENTS is a JSON array of events of at most this many bytes (larger pushes become several)."""
_SAMPLE_BYTES = 48  # of a block, at most: index, time and value as JSON


class SampleBlock(Struct, frozen=True, tag="samples", forbid_unknown_fields=True):
    """Samples of one source that came together, by column, as they travel: a fifth of the bytes and of the work.

    Sample number n is of series `series[of[n]]` (metric and labels), at `at[n]` microseconds since 1970, `values[n]`.
    """

    source: Short
    received_at: Instant
    series: tuple[tuple[MetricName, dict[MetricName, Short]], ...]
    of: list[int]
    at: list[Annotated[int, Meta(ge=-62_135_596_800_000_000, le=253_402_300_799_999_999)]]  # years 1 to 9999
    values: list[float]

    def __post_init__(self) -> None:
        if not len(self.of) == len(self.at) == len(self.values):
            raise ValueError("the columns of a block differ in length")
        if self.of and not 0 <= min(self.of) <= max(self.of) < len(self.series):
            raise ValueError("a block names a series that it doesn't have")

    def samples(self) -> list[Sample]:
        """Return the samples one by one."""
        return [
            Sample(
                self.source,
                EPOCH + timedelta(microseconds=at),
                self.received_at,
                self.series[of][0],
                value,
                self.series[of][1],
            )
            for of, at, value in zip(self.of, self.at, self.values, strict=True)
        ]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(tuple[Event | SampleBlock, ...])


def micros(at: datetime) -> int:
    """Return microseconds since 1970, exactly."""
    passed = at - EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def blocks(events: Iterable[Event]) -> list[Event | SampleBlock]:
    """Return `events` in order, samples that follow each other (of one source, one arrival) as blocks."""
    items: list[Event | SampleBlock] = []
    run: list[Sample] = []
    for event in events:
        if type(event) is Sample and isfinite(event.value):
            if run and (event.received_at != run[0].received_at or event.source != run[0].source):
                items += _blocks_of(run)
                run = []
            run.append(event)
            continue
        items += _blocks_of(run)
        run = []
        items.append(event)
    return items + _blocks_of(run)


def _blocks_of(run: list[Sample]) -> list[Event | SampleBlock]:
    if len(run) < 2:
        return list(run)
    found: list[Event | SampleBlock] = []
    start = 0
    while start < len(run):
        block = _block(run, start)
        found.append(block)
        start += len(block.of)
    return found


def _block(run: list[Sample], start: int) -> SampleBlock:
    """Return as much of `run` from `start` on as one message holds."""
    places: dict[tuple[str, ...], int] = {}
    series: list[tuple[str, dict[str, str]]] = []
    of: list[int] = []
    at: list[int] = []
    values: list[float] = []
    room = MAX_BATCH_BYTES
    for sample in islice(run, start, None):
        labels = sample.labels
        key = (sample.metric, *labels, *labels.values())
        place = places.get(key)
        if place is None:
            room -= len(_encoder.encode((sample.metric, labels))) + 1
        room -= _SAMPLE_BYTES
        if room < 0 and of:
            break
        if place is None:
            place = places[key] = len(series)
            series.append((sample.metric, labels))
        of.append(place)
        at.append(micros(sample.observed_at))
        values.append(sample.value)
    return SampleBlock(run[start].source, run[start].received_at, tuple(series), of, at, values)


def encode_batch(events: Iterable[Event]) -> bytes:
    """Return the wire form of a batch: a JSON array, times in RFC 3339 with microseconds, samples in blocks."""
    return _encoder.encode(blocks(events))


def decode_batch(data: bytes) -> tuple[Event, ...]:
    """Return the events of a message.

    Raises:
        msgspec.DecodeError: `data` isn't the wire form of a batch.
    """
    events: list[Event] = []
    for item in _decoder.decode(data):
        if isinstance(item, SampleBlock):
            events += item.samples()
        else:
            events.append(item)
    return tuple(events)


def encode_batches(events: Iterable[Event]) -> list[bytes]:
    """Return `events` as messages of at most about `MAX_BATCH_BYTES` each, in order."""
    messages: list[bytes] = []
    parts: list[bytes] = []
    size = 0
    for item in blocks(events):
        part = _encoder.encode(item)
        if parts and size + len(part) > MAX_BATCH_BYTES:
            messages.append(b"[" + b",".join(parts) + b"]")
            parts, size = [], 0
        parts.append(part)
        size += len(part) + 1
    if parts:
        messages.append(b"[" + b",".join(parts) + b"]")
    return messages
