"""Which number a series has: a bounded cache over the table `series`."""

from collections.abc import Mapping

from ioc_core.db import Connection
from ioc_core.events import Sample

Key = tuple[str, ...]
"""Metric, source, label names as they came, label values: cheap to make; one series may have several."""

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


def key_of(sample: Sample) -> Key:
    """Return the key of a sample's series; order of labels matters, so it is a key of the cache alone."""
    labels = sample.labels
    return (sample.metric, sample.source, *labels, *labels.values())


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


async def resolve(connection: Connection, wanted: Mapping[Key, Identity]) -> dict[Key, int]:
    """Return the number of every key, with rows made for the series that are new.

    Raises:
        asyncpg.PostgresError: labels that the database refuses.
    """
    identities = list(dict.fromkeys(wanted.values()))
    found = await _find(connection, identities)
    missing = [identity for identity in identities if identity not in found]
    if missing:
        await connection.execute(_INSERT, *_columns(missing))
        found |= await _find(connection, missing)
    return {key: found[identity] for key, identity in wanted.items()}


async def _find(connection: Connection, identities: list[Identity]) -> dict[Identity, int]:
    rows = await connection.fetch(_FIND, *_columns(identities))
    return {identities[row["n"] - 1]: row["id"] for row in rows}


def _columns(identities: list[Identity]) -> tuple[list[str], list[str], list[str]]:
    return (
        [identity[0] for identity in identities],
        [identity[1] for identity in identities],
        [identity[2] for identity in identities],
    )
