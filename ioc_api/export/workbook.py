"""Rows as an Excel workbook (XLSX), written row by row to disk."""

from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter

from ioc_api.export.table import Cell, Kind, Table, is_formula

_LONGEST_TEXT = 32_767
"""Characters of a cell: Excel's limit."""
_FIRST_YEAR = 1900
"""Spreadsheets count days from then."""
_OPTIONS: dict[str, Any] = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class WorkbookFile:
    """One sheet with titles, filters and a frozen first row; one thread at a time may use it."""

    def __init__(self, path: Path, table: Table) -> None:
        """Begin the file; what is still to be put together stands beside it until `close`."""
        self._columns = [column.kind for column in table.columns]
        self._book = xlsxwriter.Workbook(path, {**_OPTIONS, "tmpdir": str(path.parent)})
        self._sheet = self._book.add_worksheet(table.title)
        self._formats = {
            kind: self._book.add_format({"num_format": kind.number_format}) if kind.number_format else None
            for kind in Kind
        }
        self._quoted = self._book.add_format({"quote_prefix": True})
        bold = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for index, kind in enumerate(self._columns):
            self._sheet.set_column(index, index, kind.width)
        self._sheet.freeze_panes(1, 0)
        for index, title in enumerate(table.titles):
            self._sheet.write_string(0, index, title, bold)
        self._rows = 0

    def append(self, rows: Iterable[Iterable[Cell]]) -> None:
        """Write rows; each has the table's columns."""
        for row in rows:
            self._rows += 1
            for index, value in enumerate(row):
                self._write(index, value)

    def close(self) -> None:
        """Complete the file; nothing can be written any more."""
        self._sheet.autofilter(0, 0, self._rows, len(self._columns) - 1)
        self._book.close()

    def discard(self) -> None:
        """Let go of what an incomplete file holds open; of a complete one nothing is left."""
        rows_so_far: Any = self._sheet.row_data_fh
        rows_so_far.close()

    def _write(self, index: int, value: Cell) -> None:
        if value is None or value == "":
            return
        number_format = self._formats[self._columns[index]]
        if isinstance(value, str):
            quoted = self._quoted if is_formula(value) else None
            self._sheet.write_string(self._rows, index, value[:_LONGEST_TEXT], quoted)
        elif isinstance(value, (datetime, date)):
            if value.year < _FIRST_YEAR:
                self._sheet.write_string(self._rows, index, str(value))
            else:
                at = value if isinstance(value, datetime) else datetime.combine(value, time())
                self._sheet.write_datetime(self._rows, index, at, number_format)
        else:
            self._sheet.write_number(self._rows, index, value, number_format)
