"""A CSV file of an office: separator, encoding and order of columns found out, cells trimmed, rows by line."""

import codecs
import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from ioc_core.catalogue.names import folded_key
from ioc_core.errors import ConfigError
from ioc_core.yaml_source import shown

_SEPARATORS = (",", ";", "\t")
_TOLD = "sep="
"""How Excel names the separator in a first line of its own."""

Record = tuple[int, list[str]]
"""The line that a record begins in, and its cells."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line it begins in, and its cells by column; empty ones are left out."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A whole file. `columns`: heading → column, of those that were understood; `ignored`: the other headings."""

    file: str
    separator: str
    columns: Mapping[str, str]
    ignored: Sequence[str]
    lines: Sequence[Line]


class Headings:
    """What the headings of a file stand for: as somebody says, else as `column_of` knows."""

    def __init__(self, column_of: Callable[[str], str | None], mapped: Mapping[str, str]) -> None:
        """`mapped`: column → the heading that stands for it; accents, case and spaces don't count."""
        self._column_of = column_of
        self._mapped = {folded_key(heading): column for column, heading in mapped.items()}

    def of(self, heading: str) -> str | None:
        """The column that a heading stands for; one that was mapped to something else isn't taken for itself."""
        column = self._mapped.get(folded_key(heading))
        if column is None:
            column = self._column_of(heading)
            column = None if column in self._mapped.values() else column
        return column


def read_table(file: str, raw: bytes, headings: Headings, errors: list[ConfigError]) -> Table | None:
    """The rows of a file, None when its first line can't be used; mistakes are added to `errors`.

    Accepted: UTF-8 and UTF-16 (with a byte-order mark), commas, semicolons and tabs, `sep=;` before the headings.
    """
    text = decoded(file, raw, errors)
    if text is None:
        return None
    first = text.lstrip().partition("\n")[0].strip()
    told = first.lower().startswith(_TOLD)
    separator = first[len(_TOLD) :][:1] if told else max(_SEPARATORS, key=first.count)
    records = list(_records(file, text, separator or ",", errors))[told:]
    if not records:
        errors.append(ConfigError(file=file, line=None, what="file", reason="is empty"))
        return None
    (line, theirs), *rows = records
    columns = [headings.of(heading) for heading in theirs]
    twice = [column for column in dict.fromkeys(columns) if column is not None and columns.count(column) > 1]
    for column in twice:
        both = ", ".join(shown(heading) for heading, found in zip(theirs, columns, strict=True) if found == column)
        errors.append(ConfigError(file=file, line=line, what=f"column {column}", reason=f"is meant by {both}"))
    if twice:
        return None
    return Table(
        file=file,
        separator=separator or ",",
        columns={heading: column for heading, column in zip(theirs, columns, strict=True) if column is not None},
        ignored=[heading for heading, column in zip(theirs, columns, strict=True) if column is None and heading],
        lines=list(_lines(file, columns, rows, errors)),
    )


def decoded(file: str, raw: bytes, errors: list[ConfigError]) -> str | None:
    """The text of UTF-8, or of UTF-16 with a byte-order mark; None, and a mistake noted, when it is neither."""
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = None if wide else raw.count(b"\n", 0, error.start) + 1
        reason = "is not UTF-8; save it as CSV UTF-8"
        what = f"byte 0x{raw[error.start]:02x}" if error.start < len(raw) else "end"
        errors.append(ConfigError(file=file, line=line, what=what, reason=reason))
        return None


def _records(file: str, text: str, separator: str, errors: list[ConfigError]) -> Iterator[Record]:
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            errors.append(ConfigError(file=file, line=line, what="CSV", reason=str(error)))
            return
        if cells is None:
            return
        trimmed = [normalize("NFC", cell).replace("\xa0", " ").strip() for cell in cells]
        if any(trimmed):
            yield line, trimmed


def _lines(
    file: str, columns: Sequence[str | None], rows: Sequence[Record], errors: list[ConfigError]
) -> Iterator[Line]:
    for number, cells in rows:
        if len(cells) < len(columns) or any(cells[len(columns) :]):
            reason = f"has {len(cells)} cells, the header has {len(columns)}"
            errors.append(ConfigError(file=file, line=number, what="row", reason=reason))
            continue
        named = zip(columns, cells[: len(columns)], strict=True)
        yield Line(number, {column: cell for column, cell in named if column is not None and cell})
