"""What a table has: columns with Vietnamese titles, and how each makes a cell of a row. Pure."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from enum import Enum
from typing import Any

import msgspec
from msgspec import Struct

Row = Mapping[str, Any]
Cell = str | int | float | datetime | date | None
"""Datetimes are of the province's wall clock, without zone: spreadsheets know no other."""

_DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠")
_YES_NO = {True: "Có", False: "Không"}
_HOUR_SECONDS = 3600


class Kind(Enum):
    """How a spreadsheet shows a column: its number format and its width in characters."""

    TEXT = (None, 24)
    LONG_TEXT = (None, 48)
    WHOLE = ("#,##0", 12)
    DECIMAL = ("#,##0.00", 14)
    INSTANT = ("dd/mm/yyyy hh:mm:ss", 19)
    DAY = ("dd/mm/yyyy", 12)

    def __init__(self, number_format: str | None, width: int) -> None:
        self.number_format = number_format
        self.width = width


class Column(Struct, frozen=True):
    """A column; `read` takes the value out of a row."""

    title: str
    read: Callable[[Row], Any]
    kind: Kind = Kind.TEXT


class Table(Struct, frozen=True):
    """A kind of list; `name` is what its files are called (ASCII), `title` the name of the sheet."""

    name: str
    title: str
    columns: tuple[Column, ...]

    @property
    def titles(self) -> list[str]:
        """The first row."""
        return [column.title for column in self.columns]

    def cells(self, row: Row, zone: tzinfo) -> list[Cell]:
        """Return the cells of a row."""
        return [cell(column.read(row), zone) for column in self.columns]


def text(title: str, name: str, *, long: bool = False) -> Column:
    """A column of text; lists and objects are written as JSON."""
    return Column(title, lambda row: row[name], Kind.LONG_TEXT if long else Kind.TEXT)


def words(title: str, name: str, known: Mapping[Any, str]) -> Column:
    """A column of codes, told in words; a code that has none is told as it is."""
    return Column(title, lambda row: known.get(row[name], row[name]))


def flag(title: str, name: str) -> Column:
    """A column of yes and no; empty where it isn't known."""
    return words(title, name, _YES_NO)


def whole_number(title: str, name: str) -> Column:
    """A column of whole numbers."""
    return Column(title, lambda row: row[name], Kind.WHOLE)


def number(title: str, name: str) -> Column:
    """A column of numbers with two decimals."""
    return Column(title, lambda row: row[name], Kind.DECIMAL)


def hours(title: str, name: str) -> Column:
    """A column of hours, from seconds."""

    def read(row: Row) -> float | None:
        seconds = row[name]
        return None if seconds is None else round(seconds / _HOUR_SECONDS, 2)

    return Column(title, read, Kind.DECIMAL)


def instant(title: str, name: str) -> Column:
    """A column of instants, in the province's time."""
    return Column(title, lambda row: row[name], Kind.INSTANT)


def day(title: str, name: str) -> Column:
    """A column of days."""
    return Column(title, lambda row: row[name], Kind.DAY)


def cell(value: object, zone: tzinfo) -> Cell:
    """Return a value as a cell."""
    if isinstance(value, datetime):
        return _local(value, zone)
    if isinstance(value, bool):
        return _YES_NO[value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, date)):
        return value
    return msgspec.json.encode(value).decode()


def _local(at: datetime, zone: tzinfo) -> datetime:
    try:
        local = at.astimezone(zone)
    except OverflowError:  # the first or last day that a datetime can hold
        local = at.astimezone(UTC)
    return local.replace(tzinfo=None, microsecond=0)


def is_formula(value: str) -> bool:
    """Whether a spreadsheet might calculate this text instead of showing it (OWASP, CSV injection)."""
    return value.lstrip(" ")[:1] in _DANGEROUS
