"""CSV files that an operator edits: rows with their line, and cells read strictly, each mistake noted."""

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from unicodedata import normalize

from ioc_core.errors import ConfigError
from ioc_core.yaml_source import shown

Choice = TypeVar("Choice", bound=StrEnum)

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


class Row:
    """One record. Every reading method notes a mistake in the common list of errors and returns None."""

    def __init__(self, file: str, line: int, cells: dict[str, str], errors: list[ConfigError]) -> None:
        self.file = file
        self.line = line
        self.wrong: set[str] = set()
        """The columns found wrong so far."""
        self._cells = cells
        self._errors = errors

    def fail(self, column: str, reason: str) -> None:
        """Note that this column's value is wrong."""
        value = self._cells.get(column, "")
        what = f"{column} {shown(value)}" if value else column
        self._errors.append(ConfigError(file=self.file, line=self.line, what=what, reason=reason))
        self.wrong.add(column)

    def optional(self, column: str) -> str | None:
        """The text of a cell, None when it is empty or the file has no such column."""
        return self._cells.get(column) or None

    def text(self, column: str) -> str:
        """The text of a cell that must not be empty ("" after the mistake is noted)."""
        value = self._cells.get(column, "")
        if not value:
            self.fail(column, "is missing")
        return value

    def matching(self, column: str, pattern: re.Pattern[str], like: str) -> str | None:
        """Text of a given form, None when the cell is empty; `like` is an example for the message."""
        value = self.optional(column)
        if value is not None and pattern.fullmatch(value) is None:
            self.fail(column, f"must be written like {like}")
            return None
        return value

    def choice(self, column: str, choices: type[Choice]) -> Choice | None:
        """One of an enumeration's values, None when the cell is empty."""
        value = self.optional(column)
        if value is None:
            return None
        if value not in [member.value for member in choices]:
            self.fail(column, f"must be one of {', '.join(choices)}")
            return None
        return choices(value)

    def day(self, column: str) -> date | None:
        """A date, None when the cell is empty."""
        value = self.matching(column, DAY, "2025-07-01")
        if value is None:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(column, "is not a day of the calendar")
            return None

    def number(self, column: str, lowest: float, highest: float) -> float | None:
        """A decimal number with a point, None when the cell is empty."""
        value = self.matching(column, NUMBER, "12.5")
        if value is None:
            return None
        if not lowest <= float(value) <= highest:
            self.fail(column, f"must be from {lowest:g} to {highest:g}")
            return None
        return float(value)

    def whole(self, column: str, highest: int) -> int | None:
        """A whole number from 0, None when the cell is empty."""
        value = self.optional(column)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit()) or int(value) > highest:
            self.fail(column, f"must be a whole number from 0 to {highest}")
            return None
        return int(value)

    def optional_yes_no(self, column: str) -> bool | None:
        """`true` or `false` in every row of a file that has the column, None in one that hasn't."""
        return self.yes_no(column) if column in self._cells else None

    def yes_no(self, column: str) -> bool:
        """`true` or `false`."""
        value = self.text(column)
        if value and value not in ("true", "false"):
            self.fail(column, "must be true or false")
        return value == "true"


def rows(path: Path, *, required: Sequence[str], optional: Sequence[str], errors: list[ConfigError]) -> Iterator[Row]:
    """The records of a file whose first line names its columns (in any order), each with its first line's number.

    Cells are trimmed and NFC. A byte-order mark, CRLF and blank lines are accepted. Mistakes go to `errors`; a file
    that can't be read, or lacks a required column, yields nothing.
    """
    text = _text(path, errors)
    if text is None:
        return
    records = _records(str(path), text, errors)
    line, header = next(records, (1, []))
    if not _header_is_right(str(path), line, header, (required, optional), errors):
        return
    for line, cells in records:
        if len(cells) != len(header):
            reason = f"has {len(cells)} cells, the header has {len(header)}"
            errors.append(ConfigError(file=str(path), line=line, what="row", reason=reason))
            continue
        yield Row(str(path), line, dict(zip(header, cells, strict=True)), errors)


def _text(path: Path, errors: list[ConfigError]) -> str | None:
    try:
        raw = path.read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        errors.append(ConfigError(file=str(path), line=None, what="file", reason=reason))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{error.object[error.start]:02x}"
        errors.append(ConfigError(file=str(path), line=line, what=what, reason="is not UTF-8"))
    return None


def _records(file: str, text: str, errors: list[ConfigError]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            errors.append(ConfigError(file=file, line=line, what="CSV", reason=str(error)))
            return
        if cells is None:
            return
        trimmed = [normalize("NFC", cell).strip() for cell in cells]
        if any(trimmed):
            yield line, trimmed


def _header_is_right(
    file: str,
    line: int,
    header: list[str],
    columns: tuple[Sequence[str], Sequence[str]],
    errors: list[ConfigError],
) -> bool:
    required, optional = columns
    wrong = [(f"column {shown(name)}", "unknown column") for name in header if name not in {*required, *optional}]
    wrong += [(f"column {shown(name)}", "appears twice") for name in sorted(set(header)) if header.count(name) > 1]
    wrong += [(f"column {shown(name)}", "is missing") for name in required if name not in header]
    errors += [ConfigError(file=file, line=line, what=what, reason=reason) for what, reason in wrong]
    return not wrong
