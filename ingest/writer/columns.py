"""Samples by column: collected from blocks, checked, and one value left for each series and instant. Pure.

Two values for one series and instant: the larger one stays, whatever order they come in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.writer.screen import AHEAD, LABELS_LIMIT, LARGEST_VALUE, Limits, labels_json
from ingest.writer.series import Identity, Key
from ioc_core.events import RawBlock, Sample, checked_series, micros

Numbers = NDArray[np.int64]
Values = NDArray[np.float64]

_REFUSED = 0  # numbers of series begin at 1; -1, -2, … stand for series that the cache doesn't have
_AHEAD = AHEAD // AHEAD.resolution


@dataclass(frozen=True, slots=True)
class Columns:
    """Samples: numbers of series, microseconds since 1970, values."""

    series: Numbers
    at: Numbers
    values: Values

    def __len__(self) -> int:
        return len(self.series)

    def kept(self, which: NDArray[np.bool_]) -> "Columns":
        """Return the samples that `which` says."""
        return Columns(self.series[which], self.at[which], self.values[which])

    def distinct(self) -> "Columns":
        """Return the samples by series and time, one for each: the largest."""
        order = np.lexsort((self.values, self.at, self.series))
        ordered = Columns(self.series[order], self.at[order], self.values[order])
        last = np.ones(len(order), dtype=np.bool_)
        np.logical_or(np.diff(ordered.series), np.diff(ordered.at), out=last[:-1])
        return ordered if last.all() else ordered.kept(last)

    def newest(self) -> "Columns":
        """Return the last sample of each series; only of samples that are `distinct`."""
        last = np.ones(len(self.series), dtype=np.bool_)
        np.not_equal(self.series[1:], self.series[:-1], out=last[:-1])
        return self.kept(last)


@dataclass(frozen=True, slots=True)
class SampleRows:
    """The samples of a batch; `identities[k]` is the series that -k - 1 stands for, `keys[k]` how the cache calls it.

    `refused`: (block, place in it) of those that can't be stored.
    """

    columns: Columns
    keys: Sequence[Key]
    identities: Sequence[Identity]
    refused: Sequence[tuple[RawBlock, int]]

    def __len__(self) -> int:
        return len(self.columns)

    def settled(self, numbers: Sequence[int]) -> Columns:
        """Return the samples with the numbers that the new series have got, one for each series and instant."""
        columns = self.columns
        if numbers:
            table = np.array([0, *numbers], dtype=np.int64)
            series = columns.series
            columns = Columns(np.where(series < 0, table[-np.minimum(series, 0)], series), columns.at, columns.values)
        return columns.distinct()


def block_of(sample: Sample) -> RawBlock:
    """Return a block of one sample."""
    labels = msgspec.Raw(msgspec.json.encode(sample.labels))
    at = micros(sample.observed_at)
    return RawBlock(sample.source, sample.received_at, [0], [at], [sample.value], [(sample.metric, labels)])


class _Naming:
    """Gives each series its number, or a stand-in for one that the cache doesn't have."""

    def __init__(self, ids: Mapping[Key, int]) -> None:
        self._ids = ids
        self._new: dict[Key, int] = {}
        self.keys: list[Key] = []
        self.identities: list[Identity] = []

    def numbers(self, block: RawBlock) -> list[int]:
        """Return the number of each of the block's series."""
        source, get = block.source, self._ids.get
        keys = [(source, metric, bytes(labels)) for metric, labels in block.series]
        return [number or self._stand_in(key) for key, number in zip(keys, map(get, keys), strict=True)]

    def _stand_in(self, key: Key) -> int:
        number = self._new.get(key)
        if number is None:
            identity = _identity(key)
            number = _REFUSED
            if identity is not None:
                self.keys.append(key)
                self.identities.append(identity)
                number = -len(self.keys)
            self._new[key] = number
        return number


def _identity(key: Key) -> Identity | None:
    """Return what a row of `series` says, or None when the metric or the labels can't be stored."""
    source, metric, raw = key
    try:
        name, given = checked_series(metric, raw)
    except (ValueError, RecursionError):
        return None
    labels = labels_json(given)
    return (name, source, labels.decode()) if len(labels) <= LABELS_LIMIT else None


def collect(blocks: Sequence[RawBlock], ids: Mapping[Key, int], limits: Limits) -> SampleRows:
    """Return the rows of the samples in `blocks`."""
    naming = _Naming(ids)
    series: list[int] = []
    at: list[int] = []
    values: list[float] = []
    for block in blocks:
        series += map(naming.numbers(block).__getitem__, block.of)
        at += block.at
        values += block.values
    columns = Columns(
        np.array(series, dtype=np.int64), np.array(at, dtype=np.int64), np.array(values, dtype=np.float64)
    )
    fit = _fit(columns, blocks, limits)
    refused: list[tuple[RawBlock, int]] = []
    if not fit.all():
        refused = _places(blocks, np.flatnonzero(~fit).tolist())
        columns = columns.kept(fit)
    return SampleRows(columns, naming.keys, naming.identities, refused)


def _fit(columns: Columns, blocks: Sequence[RawBlock], limits: Limits) -> NDArray[np.bool_]:
    received = np.repeat(
        np.array([micros(block.received_at) for block in blocks], dtype=np.int64), [len(block.of) for block in blocks]
    )
    fit: NDArray[np.bool_] = (
        (columns.series != _REFUSED)
        & (columns.at >= micros(limits.samples))
        & (columns.at - received <= _AHEAD)
        & (np.abs(columns.values) <= LARGEST_VALUE)
    )
    return fit


def _places(blocks: Sequence[RawBlock], rows: Iterable[int]) -> list[tuple[RawBlock, int]]:
    """Return which sample of which block each row of the collected columns was."""
    ends = list(accumulate(len(block.of) for block in blocks))
    which = np.searchsorted(ends, list(rows), side="right")
    return [
        (blocks[index], row - (ends[index] - len(blocks[index].of)))
        for index, row in zip(which.tolist(), rows, strict=True)
    ]


def without(blocks: Iterable[RawBlock], refused: Iterable[tuple[RawBlock, int]]) -> list[RawBlock]:
    """Return the blocks without the samples that are refused; none of them empty."""
    gone: dict[int, set[int]] = {}
    for block, place in refused:
        gone.setdefault(id(block), set()).add(place)
    kept: list[RawBlock] = []
    for block in blocks:
        places = [place for place in range(len(block.of)) if place not in gone.get(id(block), ())]
        if places:
            kept.append(
                RawBlock(
                    block.source,
                    block.received_at,
                    [block.of[place] for place in places],
                    [block.at[place] for place in places],
                    [block.values[place] for place in places],
                    block.series,
                )
            )
    return kept
