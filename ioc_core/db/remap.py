"""Dossiers whose unit or procedure was unknown when they came in, resolved again by the catalogue of today.

Only the current state changes; `dossier_events` keeps what was told. Rows are locked as the writer locks them, in the
order of their codes, a short transaction for each batch, so both may run at once: a record that comes meanwhile wins.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg

from ioc_core.catalogue import AliasKind, Catalogue
from ioc_core.db.dossiers import load_dossiers, store_dossiers
from ioc_core.db.pool import Connection
from ioc_core.dossier import DossierClock, story

BATCH = 500
_READ = 2000

_COLUMNS = """code, receiving_unit, resolving_unit, procedure_code, receiving_text, resolving_text, procedure_name,
       coalesce(filed_at, effective_at) AS filed_at"""

_CANDIDATES = (
    f"""
SELECT {_COLUMNS} FROM dossiers
WHERE (receiving_unit IS NULL AND receiving_text IS NOT NULL)
   OR (resolving_unit IS NULL AND resolving_text IS NOT NULL)
""",
    f"""
SELECT {_COLUMNS} FROM dossiers WHERE procedure_code IN
    (SELECT w.code FROM dossier_procedures w WHERE NOT EXISTS (SELECT FROM procedures p WHERE p.code = w.code))
""",
    f"SELECT {_COLUMNS} FROM dossiers WHERE procedure_code IS NULL AND procedure_name IS NOT NULL",
)
_AGAIN = (
    f"SELECT {_COLUMNS} FROM dossiers WHERE receiving_text = ANY ($1::text[]) OR resolving_text = ANY ($1::text[])"
)

_LOCK = f"SELECT {_COLUMNS} FROM dossiers WHERE code = ANY ($1::text[]) ORDER BY code FOR UPDATE"
_UPDATE = """
UPDATE dossiers d
SET receiving_unit = n.receiving_unit, resolving_unit = n.resolving_unit, procedure_code = n.procedure_code
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n (code, receiving_unit, resolving_unit, procedure_code)
WHERE d.code = n.code
"""

Row = Mapping[str, Any] | asyncpg.Record


class Mapped(NamedTuple):
    """A text, and the code that it stands for now; None: it isn't mapped any more."""

    kind: AliasKind
    text: str
    code: str | None


@dataclass(slots=True)
class Remapped:
    """How many dossiers changed, and how many of them by each text."""

    dossiers: int = 0
    by_text: Counter[Mapped] = field(default_factory=Counter)

    def add(self, changes: Sequence[Mapped]) -> None:
        """Count one dossier."""
        self.dossiers += 1
        self.by_text.update(set(changes))


class Resolver:
    """Says what the units and the procedure of a dossier are by one catalogue. Pure."""

    def __init__(self, catalogue: Catalogue, zone: ZoneInfo, again: Collection[str] = ()) -> None:
        """`zone`: whose days say which units exist; `again`: texts of units that are mapped already, wrongly."""
        self._catalogue = catalogue
        self._zone = zone
        self._again = frozenset(again)

    def resolve(self, row: Row) -> tuple[tuple[str | None, str | None, str | None], list[Mapped]]:
        """Return the codes of receiving unit, resolving unit and procedure, and which texts changed them."""
        on = row["filed_at"].astimezone(self._zone).date()
        changes: list[Mapped] = []
        units: list[str | None] = []
        for code, text in (
            (row["receiving_unit"], row["receiving_text"]),
            (row["resolving_unit"], row["resolving_text"]),
        ):
            found = code
            if text is not None and (code is None or text in self._again):
                unit = self._catalogue.resolve_unit(text, on)
                found = None if unit is None else unit.code
            if found != code:
                changes.append(Mapped(AliasKind.UNIT, text, found))
            units.append(found)
        procedure = row["procedure_code"]
        text = procedure or row["procedure_name"]
        if text is not None and procedure not in self._catalogue.procedures:
            known = self._catalogue.resolve_procedure(text, on)
            if known is not None:
                procedure = known.code
                changes.append(Mapped(AliasKind.PROCEDURE, text, procedure))
        return (units[0], units[1], procedure), changes


async def survey(
    connection: Connection, resolver: Resolver, again: Collection[str] = ()
) -> tuple[list[str], Remapped]:
    """Return the codes of the dossiers that `remap` would change, sorted, and what it would report; locks nothing."""
    codes: set[str] = set()
    found = Remapped()
    queries: list[tuple[str, list[Any]]] = [(query, []) for query in _CANDIDATES]
    if again:
        queries.append((_AGAIN, [list(again)]))
    for query, values in queries:
        async with connection.transaction(readonly=True):
            async for row in connection.cursor(query, *values, prefetch=_READ):
                _, changes = resolver.resolve(row)
                if changes and row["code"] not in codes:
                    codes.add(row["code"])
                    found.add(changes)
    return sorted(codes), found


async def remap(
    connection: Connection,
    codes: Sequence[str],
    *,
    resolver: Resolver,
    clock: DossierClock,
    committed: Callable[[], Awaitable[None]],
    batch: int = BATCH,
) -> Remapped:
    """Give these dossiers (of `survey`) what they resolve to; `committed` is called after each batch.

    One whose procedure changes is judged anew by `clock`, since a procedure has a time by law. Doing it again changes
    nothing. Whatever ends it, batches that were committed stay.
    """
    done = Remapped()
    for begin in range(0, len(codes), batch):
        async with connection.transaction():
            changed: list[tuple[str | None, ...]] = []
            to_judge: list[str] = []
            for row in await connection.fetch(_LOCK, codes[begin : begin + batch]):
                values, changes = resolver.resolve(row)
                if changes:
                    changed.append((row["code"], *values))
                    done.add(changes)
                if any(change.kind is AliasKind.PROCEDURE for change in changes):
                    to_judge.append(row["code"])
            if changed:
                await connection.execute(_UPDATE, *map(list, zip(*changed, strict=True)))
            if to_judge:
                await _judge(connection, to_judge, clock)
        if changed:
            await committed()
    return done


async def _judge(connection: Connection, codes: Sequence[str], clock: DossierClock) -> None:
    """Judge dossiers that are locked; rows without marks are made anew by the writer, from their whole history."""
    held = await load_dossiers(connection, codes)
    told = [(dossier, story(dossier)) for dossier in held.values() if dossier.marks]
    await store_dossiers(connection, [(dossier, tale, clock.judge(dossier, tale)) for dossier, tale in told])
