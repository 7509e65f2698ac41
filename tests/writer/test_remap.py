"""Dossiers that came in unmapped: listed, and mapped later, beside a writer that goes on."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ioc_core import catalogue
from ioc_core.catalogue import Alias, AliasKind, Catalogue
from ioc_core.db import Connection, Pool
from ioc_core.db.remap import Mapped, Remapped, Resolver, remap, survey
from ioc_core.db.unmapped import unmapped_texts
from ioc_core.events import DossierEvent
from tests.conftest import CONFIG
from tests.writer.applying import CLOCK, Applier, message
from tests.writer.events import at, dossier

SHIPPED = catalogue.load(CONFIG)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
UNIT, PROCEDURE = AliasKind.UNIT, AliasKind.PROCEDURE
OLD, NEW = datetime(2025, 6, 15, 2, tzinfo=UTC), datetime(2025, 7, 2, 2, tzinfo=UTC)


def knowing(*aliases: Alias) -> Catalogue:
    return Catalogue(SHIPPED.units, SHIPPED.procedures, SHIPPED.systems, SHIPPED.metrics, aliases)


def record(number: int, **fields: Any) -> DossierEvent:
    """A dossier of a known procedure; `resolving` and `receiving` are texts that aren't mapped."""
    texts = {f"{name}_text": fields.pop(name) for name in ("resolving", "receiving") if name in fields}
    plain = {"procedure_code": "1.001193", "procedure_name": "Đăng ký khai sinh", "filed_at": at(number)}
    said: dict[str, Any] = plain | texts | fields
    return dossier(number, number, said.pop("status", 4), **said)


async def arrive(pool: Pool, *events: DossierEvent, seq: int = 1) -> None:
    async with pool.acquire() as connection:
        await Applier().apply(connection, [message(seq, events)])


async def remapped(
    connection: Connection, known: Catalogue, again: Sequence[str] = (), **options: Any
) -> tuple[Remapped, int]:
    """What a remapping did, and how often it told others."""
    notices: list[None] = []

    async def committed() -> None:
        notices.append(None)

    resolver = Resolver(known, ZONE, again)
    codes, found = await survey(connection, resolver, again)
    done = await remap(connection, codes, resolver=resolver, clock=CLOCK, committed=committed, **options)
    assert (done.dossiers, done.by_text) == (found.dossiers, found.by_text), "the survey said so"
    return done, len(notices)


async def units_of(pool: Pool) -> list[tuple[Any, ...]]:
    rows = await pool.fetch("SELECT receiving_unit, resolving_unit, procedure_code FROM dossiers ORDER BY code")
    return [tuple(row) for row in rows]


async def test_what_no_catalogue_knows_is_listed_by_text(store: Pool) -> None:
    await arrive(
        store,
        record(1, receiving="Phòng A", resolving="Phòng A"),
        record(2, receiving="Phòng A", resolving_unit="SYT", resolving_text="Sở Y tế", status=9),
        record(
            3,
            receiving_unit="66",
            receiving_text="x",
            resolving="Phòng B",
            procedure_code="KS-1",
            procedure_name="Khai sinh",
        ),
        record(4, receiving_unit="66", procedure_code=None, procedure_name="Tên lạ"),
        record(5, receiving_unit="66", procedure_code="KS-1", procedure_name="Khai sinh"),
        dossier(6, 6, 4, record=False),
    )
    async with store.acquire() as connection:
        found = await unmapped_texts(connection)
    assert [(one.kind, one.text, one.name, one.dossiers, one.open_dossiers) for one in found] == [
        (UNIT, "Phòng A", "", 2, 1),
        (UNIT, "Phòng B", "", 1, 1),
        (PROCEDURE, "KS-1", "Khai sinh", 2, 2),
        (PROCEDURE, "Tên lạ", "Tên lạ", 1, 1),
    ]
    assert (found[0].first_filed_at, found[0].last_filed_at, found[0].sources) == (at(1), at(2), ["igate"])
    by_unit = await store.fetch("SELECT unit, dossiers FROM v_unmapped WHERE text = 'Phòng A' ORDER BY unit")
    assert [tuple(row) for row in by_unit] == [("SYT", 1), ("unmapped", 1)]


async def test_dossiers_get_what_their_texts_mean_by_now(store: Pool) -> None:
    await arrive(
        store,
        record(1, receiving="Phòng A", resolving="Phòng B", procedure_code="KS-1"),
        record(2, receiving_unit="66", receiving_text="UBND tỉnh", resolving="Phòng A"),
        record(3, resolving="Phòng C"),
        record(4, resolving_unit="STC", procedure_code=None, procedure_name="Khai sinh"),
    )
    told = await store.fetch("SELECT * FROM dossier_events ORDER BY code")
    known = knowing(
        Alias(UNIT, "Phòng A", "SYT"), Alias(PROCEDURE, "KS-1", "1.000894"), Alias(PROCEDURE, "Khai sinh", "1.001193")
    )
    async with store.acquire() as connection:
        done, notices = await remapped(connection, known, batch=2)
        assert (done.dossiers, notices) == (3, 2)
        assert done.by_text == {
            Mapped(UNIT, "Phòng A", "SYT"): 2,
            Mapped(PROCEDURE, "KS-1", "1.000894"): 1,
            Mapped(PROCEDURE, "Khai sinh", "1.001193"): 1,
        }
        assert await units_of(store) == [
            ("SYT", None, "1.000894"),
            ("66", "SYT", "1.001193"),
            (None, None, "1.001193"),
            (None, "STC", "1.001193"),
        ]
        assert await store.fetch("SELECT * FROM dossier_events ORDER BY code") == told, "history stays as it was told"
        assert await remapped(connection, known) == (Remapped(), 0), "doing it again changes nothing"
        assert [one.text for one in await unmapped_texts(connection)] == ["Phòng B", "Phòng C"]


async def test_each_dossier_is_mapped_by_its_own_day(store: Pool) -> None:
    """Filed at the district, filed there after it had ended, and by a name that passed to a commune."""
    await arrive(
        store,
        record(1, receiving="K. Búk", resolving="Huyện Krông Búk", filed_at=OLD),
        record(2, receiving="K. Búk", resolving="Huyện Krông Búk", filed_at=NEW),
        record(3, receiving="Krông Búk", filed_at=OLD),
        record(4, receiving="Krông Búk", filed_at=NEW),
    )
    known = knowing(Alias(UNIT, "K. Búk", "649"), Alias(UNIT, "K. Búk", "24310"))
    async with store.acquire() as connection:
        await remapped(connection, known)
    assert [(receiving, resolving) for receiving, resolving, _ in await units_of(store)] == [
        ("649", "649"),
        ("24310", None),
        ("649", None),
        ("24310", None),
    ]


async def test_a_procedure_brings_its_time_by_law(store: Pool) -> None:
    """A dossier without a due date has no term until its procedure is known; then it stands as if it always was."""
    await arrive(
        store,
        record(1, procedure_code="KS-1", filed_at=at(0), receiving_unit="SYT"),
        record(2, procedure_code="1.004873", filed_at=at(0), receiving_unit="SYT"),
    )
    query = "SELECT procedure_code, deadline_at, late_at, late_clock, is_open FROM dossiers ORDER BY code"
    before, known = map(tuple, await store.fetch(query))
    assert before == ("KS-1", None, None, None, True)
    async with store.acquire() as connection:
        await remapped(connection, knowing(Alias(PROCEDURE, "KS-1", "1.004873")))
    assert [tuple(row) for row in await store.fetch(query)] == [known, known]
    assert known[1] == known[2] > at(2 * 86400)


async def test_a_text_that_was_mapped_wrongly_is_mapped_again_when_asked(store: Pool) -> None:
    await arrive(store, record(1, receiving="Phòng A"), record(2, resolving="Phòng B"))
    async with store.acquire() as connection:
        await remapped(connection, knowing(Alias(UNIT, "Phòng A", "STC"), Alias(UNIT, "Phòng B", "STC")))
        corrected = knowing(Alias(UNIT, "Phòng A", "SYT"))
        assert await remapped(connection, corrected) == (Remapped(), 0), "what is mapped stays"
        done, _ = await remapped(connection, corrected, ["Phòng A"])
        assert done.by_text == {Mapped(UNIT, "Phòng A", "SYT"): 1}
        done, _ = await remapped(connection, corrected, ["Phòng B"])
        assert done.by_text == {Mapped(UNIT, "Phòng B", None): 1}
    assert [unit for *units, _ in await units_of(store) for unit in units] == ["SYT", None, None, None]


async def test_a_record_that_comes_afterwards_wins(store: Pool) -> None:
    await arrive(store, record(1, receiving="Phòng A"))
    async with store.acquire() as connection:
        await remapped(connection, knowing(Alias(UNIT, "Phòng A", "SYT")))
    later = record(1, receiving_unit="STC", receiving_text="Sở Tài chính", status=9)
    await arrive(store, dossier(1, 60, 5, record=False), seq=2)
    assert (await units_of(store))[0][0] == "SYT", "a step says nothing of units"
    event = DossierEvent(
        source=later.source,
        observed_at=at(90),
        received_at=at(90),
        code=later.code,
        record=True,
        status=later.status,
        receiving_unit="STC",
        receiving_text="Sở Tài chính",
    )
    await arrive(store, event, seq=3)
    assert (await units_of(store))[0][0] == "STC"


async def until_waiting(connection: Connection, count: int) -> None:
    """Return once so many sessions of this database wait for a row."""
    query = """SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ILIKE '%FOR UPDATE%'"""
    while await connection.fetchval(query) < count:
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("writer_first", [True, False])
async def test_a_writer_may_go_on_meanwhile(store: Pool, writer_first: bool) -> None:
    """Both are held up in the middle of the same rows: since both go by code, neither then waits for the other."""
    count = 9
    records = [record(number, receiving="Phòng A") for number in range(count)]
    await arrive(store, *records)
    steps = [dossier(number, 1000, 4, record=False, step_department="Tổ 1") for number in range(count)]

    async def map_now() -> int:
        async with store.acquire() as connection:
            return (await remapped(connection, knowing(Alias(UNIT, "Phòng A", "SYT"))))[0].dossiers

    async with (
        asyncio.timeout(30),
        asyncio.TaskGroup() as tasks,
        store.acquire() as seeing,
        store.acquire() as other,
        other.transaction(),
    ):
        await other.execute("SELECT FROM dossiers WHERE code = $1 FOR UPDATE", records[count // 2].code)
        jobs = [lambda: arrive(store, *reversed(steps), seq=2), map_now]
        for number, job in enumerate(jobs if writer_first else reversed(jobs), start=1):
            tasks.create_task(job())
            await until_waiting(seeing, number)
    rows = await store.fetch("SELECT DISTINCT receiving_unit, step_department FROM dossiers")
    assert [tuple(row) for row in rows] == [("SYT", "Tổ 1")]


@pytest.mark.parametrize("query", ["SELECT * FROM v_unmapped", "SELECT * FROM dossier_procedures"])
async def test_the_views_read_no_whole_table(store: Pool, query: str) -> None:
    async with store.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {query}"))
    assert "Seq Scan on dossiers" not in plan
    assert "Index" in plan
