"""Bodies of POST /v1/events with nothing but good samples: the short way, straight to the columns that travel.

Whatever is out of the ordinary (another kind, a refusal, a time as a number) is left to `event_body`, which says why.
"""

from collections.abc import Iterator

import msgspec
from msgspec import Raw, Struct

from ingest.decoders.event_body import MAX_ITEMS, Form
from ingest.decoders.wire_events import Reader
from ioc_core.errors import InputError
from ioc_core.events import MAX_BATCH_BYTES, SAMPLE_BYTES, Instant, RawBlock, checked_series, micros

_SLICE = 5000
_KNOWN = 200_000
_NO_LABELS = Raw(b"{}")


class _Sample(Struct, tag_field="type", tag="sample", forbid_unknown_fields=True):
    """A sample as clients write it: what many samples share is read once for all of them."""

    observed_at: str
    metric: str
    value: float
    labels: Raw = _NO_LABELS


_array = msgspec.json.Decoder(list[_Sample])
_line = msgspec.json.Decoder(_Sample)
_Series = tuple[str, bytes]


class SampleDecoder:
    """Decodes bodies of samples; remembers whose names it has checked. One for each process."""

    def __init__(self) -> None:
        self._units: dict[_Series, str | None] = {}

    def decode(self, body: bytes, form: Form, reader: Reader) -> Iterator[list[RawBlock]] | None:
        """The samples, some thousands at a time; None when the body holds anything else.

        Raises:
            InputError: while iterating, when one of them can't be taken: the whole body has to go the long way.
        """
        if "sample" not in reader.accepts or b"\\u0000" in body or body.count(b"{") > 2 * MAX_ITEMS:
            return None
        try:
            if form == "array" or (form == "sniffed" and body.lstrip()[:1] == b"["):
                samples = _array.decode(body)
            else:
                samples = _line.decode_lines(body)
        except (ValueError, RecursionError):
            return None
        return self._slices(samples, reader) if 0 < len(samples) <= MAX_ITEMS else None

    def _slices(self, samples: list[_Sample], reader: Reader) -> Iterator[list[RawBlock]]:
        for start in range(0, len(samples), _SLICE):
            yield self._blocks(samples[start : start + _SLICE], reader)

    def _blocks(self, samples: list[_Sample], reader: Reader) -> list[RawBlock]:
        keys = [(sample.metric, bytes(sample.labels)) for sample in samples]
        series = list(dict.fromkeys(keys))
        size = len(samples) * SAMPLE_BYTES + sum(len(metric) + len(labels) + 8 for metric, labels in series)
        if size > MAX_BATCH_BYTES and len(samples) > 1:
            middle = len(samples) // 2
            return self._blocks(samples[:middle], reader) + self._blocks(samples[middle:], reader)
        for one in series:
            self._check(one, reader)
        places = {one: place for place, one in enumerate(series)}
        told = [sample.observed_at for sample in samples]
        instants = {text: _instant(text, reader) for text in set(told)}
        return [
            RawBlock(
                reader.edge.source,
                reader.edge.received_at,
                list(map(places.__getitem__, keys)),
                list(map(instants.__getitem__, told)),
                [sample.value for sample in samples],
                [(metric, Raw(labels)) for metric, labels in series],
            )
        ]

    def _check(self, series: _Series, reader: Reader) -> None:
        if series not in self._units:
            metric, labels = series
            try:
                _, checked = checked_series(metric, labels)
            except (ValueError, RecursionError) as error:
                raise InputError("invalid", str(error)) from error
            if len(self._units) >= _KNOWN:
                self._units.clear()
            self._units[series] = checked.get("unit")
        if reader.scope is not None:
            reader.check_unit(self._units[series])


def _instant(text: str, reader: Reader) -> int:
    try:
        at = msgspec.convert(text, Instant)
        if reader.oldest["sample"] <= at <= reader.newest:
            return micros(at)
    except (ValueError, OverflowError) as error:
        raise InputError("invalid", str(error)) from error
    raise InputError("bad_time", f"observed_at {text} can't be taken")
