"""Answers with a list as a file: read page by page in one snapshot of the database, sent as it is made."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ioc_api.database import Database
from ioc_api.export import csv_file
from ioc_api.export.formats import MEDIA_TYPES, Format
from ioc_api.export.table import Cell, Table
from ioc_api.export.workbook import WorkbookFile
from ioc_api.listing import Key, Listing, Rows
from ioc_api.problems import Problem
from ioc_core.db import Connection

MOST_ROWS = 1_000_000
PAGE = 500
"""Rows read, and turned into cells, at a time: some milliseconds each."""
DEADLINE = 600.0
"""Seconds after which a file that isn't read to its end is given up."""
_CHUNK = 256 << 10


class Exports:
    """Makes files, a few at once: each holds a connection while it reads."""

    def __init__(self, database: Database, zone: ZoneInfo, *, at_once: int, most_rows: int = MOST_ROWS) -> None:
        self._database = database
        self._zone = zone
        self._most_rows = most_rows
        self._room = asyncio.Semaphore(at_once)

    def download(self, wanted: Format, table: Table, listing: Listing, *, now: datetime) -> "Download":
        """Return the answer that sends a list as a file (not for `json`)."""
        opened = self._csv(table, listing) if wanted == "csv" else self._xlsx(table, listing)
        file_name = f"{table.name}-{now.astimezone(self._zone):%Y%m%d-%H%M}.{wanted}"
        return Download(opened, media_type=MEDIA_TYPES[wanted], file_name=file_name)

    @contextlib.asynccontextmanager
    async def _csv(self, table: Table, listing: Listing) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open the lines of a CSV file; they are read while they are sent."""
        async with (
            self._reading() as connection,
            contextlib.aclosing(self._pages(connection, table, listing)) as pages,
        ):
            first = await anext(pages)
            yield _csv_lines(table, first, pages)

    @contextlib.asynccontextmanager
    async def _xlsx(self, table: Table, listing: Listing) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open the bytes of an XLSX file, once it is made: a workbook can't be sent before its end is known."""
        with tempfile.TemporaryDirectory(prefix="ioc-export-") as folder:
            path = Path(folder) / "table.xlsx"
            book = WorkbookFile(path, table)
            try:
                async with (
                    self._reading() as connection,
                    contextlib.aclosing(self._pages(connection, table, listing)) as pages,
                ):
                    async for rows in pages:
                        await asyncio.to_thread(book.append, rows)
                await asyncio.to_thread(book.close)
            finally:
                book.discard()
            with path.open("rb") as file:
                yield _chunks(file)

    @contextlib.asynccontextmanager
    async def _reading(self) -> AsyncIterator[Connection]:
        if self._room.locked():
            raise Problem(503, "Other files are being made at this moment.", headers={"Retry-After": "10"})
        async with self._room, self._database.snapshot(seconds=DEADLINE) as connection:
            yield connection

    async def _pages(self, connection: Connection, table: Table, listing: Listing) -> AsyncGenerator[list[list[Cell]]]:
        """Pages of cells; a last row says so when there are more than fit."""
        after: Key | None = None
        told = 0
        while True:
            rows = await listing.page(connection, after, PAGE)
            left = self._most_rows - told
            yield await asyncio.to_thread(self._cells, table, rows[:left])
            told += len(rows)
            if told > self._most_rows:
                yield [[_cut_short(self._most_rows)]]
                return
            if len(rows) < PAGE:
                return
            after = listing.key(rows[-1])

    def _cells(self, table: Table, rows: Rows) -> list[list[Cell]]:
        return [table.cells(row, self._zone) for row in rows]


class Download(StreamingResponse):
    """Opens a body and sends it. What fails before the first byte is answered as a problem; later, the line is cut."""

    def __init__(
        self, opened: AbstractAsyncContextManager[AsyncIterator[bytes]], *, media_type: str, file_name: str
    ) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "Vary": "Accept"}
        super().__init__((), media_type=media_type, headers=headers)
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._opened as body:
            self.body_iterator = body
            await super().__call__(scope, receive, send)


def _cut_short(rows: int) -> str:
    return f"Chỉ gồm {rows:,} dòng đầu: xin thu hẹp điều kiện lọc.".replace(",", ".")


async def _csv_lines(
    table: Table, first: list[list[Cell]], pages: AsyncIterator[list[list[Cell]]]
) -> AsyncIterator[bytes]:
    yield csv_file.BOM + csv_file.encode([table.titles, *first])
    async for rows in pages:
        yield await asyncio.to_thread(csv_file.encode, rows)


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, _CHUNK):
        yield chunk
