"""Rows as CSV (RFC 4180): UTF-8 with a byte order mark, by which Excel knows it. Pure."""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime

from ioc_api.export.table import Cell, is_formula

BOM = b"\xef\xbb\xbf"


def encode(rows: Iterable[Iterable[Cell]]) -> bytes:
    """Return lines; text that a spreadsheet might take for a formula begins with an apostrophe."""
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows(map(_written, row) for row in rows)
    return lines.getvalue().encode("utf-8")


def _written(value: Cell) -> str | int | float | None:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and is_formula(value):
        return f"'{value}"
    return value
