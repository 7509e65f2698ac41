"""SQL of closed months and of the running month's days."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from ioc_api.scoreboard.counts import Count, Counts
from ioc_api.scoreboard.definition import Version
from ioc_api.scoreboard.tree import Peers, ScoredUnit
from ioc_core.db import Connection

LOCK = 0x10C_0060
_KEPT_DAYS = 62

_CLOSINGS = """
SELECT id, month, version, closed_at, closed_by, reason, reopened_at, reopened_by, reopen_reason
FROM scoreboard_closings
"""
_UNITS = "SELECT unit, name, peers, parent FROM scoreboard_closed_units WHERE closing = $1 ORDER BY unit"
_COUNTS = "SELECT unit, indicator, numerator, denominator FROM scoreboard_closed_counts WHERE closing = $1"

_CLOSE = """
INSERT INTO scoreboard_closings (month, version, definition, closed_at, closed_by, reason)
SELECT $1::date, coalesce(max(version), 0) + 1, $2, $3, $4, $5 FROM scoreboard_closings WHERE month = $1::date
RETURNING id, version
"""
_REOPEN = """
UPDATE scoreboard_closings SET reopened_at = $2, reopened_by = $3, reopen_reason = $4
WHERE id = $1 AND reopened_at IS NULL
"""


class Closing(Struct, frozen=True, kw_only=True):
    """One closing of a month; the newest of a month that wasn't re-opened holds."""

    id: int
    month: date
    version: int
    closed_at: datetime
    closed_by: str
    reason: str
    reopened_at: datetime | None = None
    reopened_by: str | None = None
    reopen_reason: str | None = None


class Frozen(Struct, frozen=True):
    """The figures of a closing."""

    closing: Closing
    version: Version
    units: Mapping[str, ScoredUnit]
    counts: Mapping[str, Counts]


async def closings(connection: Connection, month: date | None = None) -> list[Closing]:
    """Return every closing (of a month), the newest month and version first."""
    query = f"{_CLOSINGS} WHERE $1::date IS NULL OR month = $1 ORDER BY month DESC, version DESC"
    return [Closing(**dict(row)) for row in await connection.fetch(query, month)]


async def frozen(connection: Connection, month: date, version: int | None = None) -> Frozen | None:
    """Return the figures of a closed month, or of one of its closings; None when it is open, or there is none."""
    held = await closings(connection, month)
    if version is None:
        found = held[0] if held and held[0].reopened_at is None else None
    else:
        found = next((it for it in held if it.version == version), None)
    if found is None:
        return None
    definition = await connection.fetchval("SELECT definition FROM scoreboard_closings WHERE id = $1", found.id)
    units = {
        row["unit"]: ScoredUnit(row["unit"], row["name"], Peers(row["peers"]), row["parent"])
        for row in await connection.fetch(_UNITS, found.id)
    }
    counts = _by_unit(await connection.fetch(_COUNTS, found.id))
    return Frozen(found, Version.model_validate(definition), units, counts)


async def heard_since(connection: Connection) -> datetime | None:
    """Return when the centre was first told anything; None: not yet."""
    since: datetime | None = await connection.fetchval("SELECT min(first_seen_at) FROM source_activity")
    return since


async def lock(connection: Connection) -> None:
    """Wait until nobody else closes or re-opens; held until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)


async def try_lock(connection: Connection) -> bool:
    """Whether this transaction may keep the scoreboard; False when another process does."""
    held: bool = await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK)
    return held


async def store(
    connection: Connection,
    month: date,
    *,
    version: Version,
    lines: Iterable[tuple[ScoredUnit, Counts]],
    by: str,
    reason: str,
    now: datetime,
) -> int:
    """Keep a month's figures as its next version, in the caller's transaction; return the number of that version."""
    definition = version.model_dump(mode="json", by_alias=True)
    row = await connection.fetchrow(_CLOSE, month, definition, now, by, reason)
    assert row is not None
    held = list(lines)
    await connection.copy_records_to_table(
        "scoreboard_closed_units",
        records=[(row["id"], unit.code, unit.name, unit.peers.value, unit.parent) for unit, _ in held],
        columns=("closing", "unit", "name", "peers", "parent"),
    )
    await connection.copy_records_to_table(
        "scoreboard_closed_counts",
        records=[(row["id"], *record) for record in _records(held)],
        columns=("closing", "unit", "indicator", "numerator", "denominator"),
    )
    number: int = row["version"]
    return number


async def reopen(connection: Connection, closing: Closing, *, by: str, reason: str, now: datetime) -> None:
    """Note that a closing doesn't hold any more, and why."""
    await connection.execute(_REOPEN, closing.id, now, by, reason)


async def days(connection: Connection, since: date) -> set[date]:
    """Return the days from `since` whose figures were kept."""
    return {row["day"] for row in await connection.fetch("SELECT day FROM scoreboard_days WHERE day >= $1", since)}


async def store_day(
    connection: Connection, day: date, lines: Iterable[tuple[ScoredUnit, Counts]], *, now: datetime
) -> None:
    """Keep the month's figures at the end of a day, and let go of those that are too old to be compared with."""
    await connection.execute("INSERT INTO scoreboard_days (day, taken_at) VALUES ($1, $2)", day, now)
    await connection.copy_records_to_table(
        "scoreboard_day_counts",
        records=[(day, *record) for record in _records(lines)],
        columns=("day", "unit", "indicator", "numerator", "denominator"),
    )
    await connection.execute("DELETE FROM scoreboard_days WHERE day < $1::date - $2::int", day, _KEPT_DAYS)


async def day(connection: Connection, on: date) -> tuple[datetime, Mapping[str, Counts]] | None:
    """Return when the figures at the end of a day were taken, and what they were; None when they weren't."""
    taken_at = await connection.fetchval("SELECT taken_at FROM scoreboard_days WHERE day = $1", on)
    if taken_at is None:
        return None
    query = "SELECT unit, indicator, numerator, denominator FROM scoreboard_day_counts WHERE day = $1"
    return taken_at, _by_unit(await connection.fetch(query, on))


def _records(lines: Iterable[tuple[ScoredUnit, Counts]]) -> list[tuple[str, str, float, float]]:
    return [
        (unit.code, indicator, float(count.numerator), float(count.denominator))
        for unit, counts in lines
        for indicator, count in counts.items()
    ]


def _by_unit(rows: Iterable[Any]) -> dict[str, dict[str, Count]]:
    found: dict[str, dict[str, Count]] = {}
    for row in rows:
        found.setdefault(row["unit"], {})[row["indicator"]] = Count(row["numerator"], row["denominator"])
    return found
