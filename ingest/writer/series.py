"""Which number a series has: a bounded cache over the table `series`."""

from collections.abc import Mapping, Sequence

from ioc_core.db import Connection

Key = tuple[str, str, bytes]
"""Source, metric, labels as they came: cheap to make; one series may have several, by the order of its labels."""

Identity = tuple[str, str, str]
"""Metric, source, labels as canonical JSON: what a row of `series` is known by."""

_CAPACITY = 1_000_000

_FIND = """
SELECT given.n, s.id
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS given (metric, source, labels, n)
JOIN series s ON s.metric = given.metric AND s.source = given.source AND s.labels = given.labels::jsonb
"""

_INSERT = """
INSERT INTO series (metric, source, labels)
SELECT metric, source, labels::jsonb FROM unnest($1::text[], $2::text[], $3::text[]) AS given (metric, source, labels)
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
"""


class SeriesCache:
    """Key → number of every series met lately; only numbers that are committed ever enter."""

    def __init__(self) -> None:
        self.ids: dict[Key, int] = {}

    def add(self, found: Mapping[Key, int]) -> None:
        """Remember numbers, once the transaction that may have made them is committed."""
        if len(self.ids) + len(found) > _CAPACITY:
            self.ids.clear()
        self.ids.update(found)

    def clear(self) -> None:
        """Forget everything: the database may be another one now."""
        self.ids.clear()


async def resolve(connection: Connection, wanted: Sequence[Identity]) -> list[int]:
    """Return the number of every series, with rows made for those that are new.

    Raises:
        asyncpg.PostgresError: labels that the database refuses.
    """
    if not wanted:
        return []
    identities = list(dict.fromkeys(wanted))
    found = await _find(connection, identities)
    missing = [identity for identity in identities if identity not in found]
    if missing:
        await connection.execute(_INSERT, *_columns(missing))
        found |= await _find(connection, missing)
    return [found[identity] for identity in wanted]


async def _find(connection: Connection, identities: list[Identity]) -> dict[Identity, int]:
    rows = await connection.fetch(_FIND, *_columns(identities))
    return {identities[row["n"] - 1]: row["id"] for row in rows}


def _columns(identities: list[Identity]) -> tuple[list[str], list[str], list[str]]:
    return (
        [identity[0] for identity in identities],
        [identity[1] for identity in identities],
        [identity[2] for identity in identities],
    )
