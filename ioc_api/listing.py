"""Lists in pages by key: one page for a screen, or all of them for a file."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from ioc_api.cursors import encode_cursor
from ioc_core.db import Connection

Rows = list[dict[str, Any]]
Key = tuple[Any, ...]


class Listing(Struct, frozen=True):
    """`page` returns at most so many rows after the key of another; `key` is a row's sort key."""

    page: Callable[[Connection, Key | None, int], Awaitable[Rows]]
    key: Callable[[dict[str, Any]], Key]

    async def first(self, connection: Connection, after: Key | None, limit: int) -> tuple[Rows, str | None]:
        """Return a page and the cursor of the next one; None when this is the last."""
        rows = await self.page(connection, after, limit + 1)
        following = encode_cursor(self.key(rows[limit - 1])) if len(rows) > limit else None
        return rows[:limit], following


def whole(rows: Rows) -> Listing:
    """Return rows that are there already as a list of one page."""

    async def page(_: Connection, after: Key | None, __: int) -> Rows:
        return rows if after is None else []

    return Listing(page, lambda _: ())
