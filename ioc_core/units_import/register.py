"""The text of units.csv or aliases.csv, record by record, so that what doesn't change stays as somebody wrote it."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import normalize

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it stands in the file: its first line, its text with the line end, its trimmed cells by column.

    A blank line is a record without cells.
    """

    line: int
    raw: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """A record that is written anew; cells that it doesn't name are empty."""

    cells: Mapping[str, str]


class Register:
    """A CSV file that the checks of the catalogue have found right; `kept` are its records below the header."""

    def __init__(self, text: str) -> None:
        """`text` with its line ends, and its byte-order mark if it has one."""
        self._mark = _MARK if text.startswith(_MARK) else ""
        self._newline = "\r\n" if "\r\n" in text else "\n"
        records = list(_records(text.removeprefix(_MARK)))
        head = next(index for index, (_, _, cells) in enumerate(records) if any(map(str.strip, cells)))
        self._header = "".join(raw for _, raw, _ in records[: head + 1])
        self.columns = [normalize("NFC", name).strip() for name in records[head][2]]
        self.kept = [self._record(*record) for record in records[head + 1 :]]

    def _record(self, line: int, raw: str, cells: Sequence[str]) -> Kept:
        trimmed = [normalize("NFC", cell).strip() for cell in cells]
        return Kept(line, raw, dict(zip(self.columns, trimmed, strict=True)) if any(trimmed) else {})

    def render(self, records: Sequence[Kept | Written]) -> tuple[str, list[int]]:
        """The text of these records below the header, and the line that each of them begins in.

        Columns that only written records have are added at the end of every record.
        """
        named = {column: None for record in records if isinstance(record, Written) for column in record.cells}
        more = [column for column in named if column not in self.columns]
        pieces = [self._mark + self._widened(self._header, more)]
        lines: list[int] = []
        line = 1 + pieces[0].count("\n")
        for record in records:
            lines.append(line)
            if isinstance(record, Written):
                pieces.append(self._written([record.cells.get(column, "") for column in (*self.columns, *more)]))
            else:
                pieces.append(self._widened(record.raw, [""] * len(more) if record.cells else []))
            line += pieces[-1].count("\n")
        return "".join(pieces), lines

    def _widened(self, raw: str, more: Sequence[str]) -> str:
        """A record with its line end, and with more cells that need no quotes."""
        body = raw.rstrip("\r\n")
        return "".join((body, *(f",{cell}" for cell in more), raw[len(body) :] or self._newline))

    def _written(self, cells: Sequence[str]) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator=self._newline).writerow(cells)
        return text.getvalue()


def _records(text: str) -> Iterator[tuple[int, str, list[str]]]:
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, strict=True)
    begin = 0
    for cells in reader:
        yield begin + 1, "".join(lines[begin : reader.line_num]), cells
        begin = reader.line_num
