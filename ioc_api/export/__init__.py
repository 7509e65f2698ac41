"""Any list as a table that a spreadsheet opens: CSV and XLSX, page by page, never whole in memory."""

from ioc_api.export.download import MOST_ROWS, Exports
from ioc_api.export.formats import TABLES, Format, Wanted
from ioc_api.export.table import Column, Table, day, flag, hours, instant, number, text, whole_number, words

__all__ = [
    "MOST_ROWS",
    "TABLES",
    "Column",
    "Exports",
    "Format",
    "Table",
    "Wanted",
    "day",
    "flag",
    "hours",
    "instant",
    "number",
    "text",
    "whole_number",
    "words",
]
