"""A million open dossiers, all looked at anew at an instant in SQL; and how fast the clock judges them in Python."""

import statistics
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from bench.engines import ROOT, engines
from bench.result import Result
from ioc_core import dossier_clock
from ioc_core.catalogue import StatutoryUnit
from ioc_core.db import Connection, connect
from ioc_core.dossier import Statutory, merge, story
from ioc_core.engine import PostgresServer, find_servers, wheel_server
from ioc_core.events import Channel, DossierEvent, Supplement, dossier_content_id
from tests.dossier.messages import at, record, step

DOSSIERS = 1_000_000
REPEATS = 5
SECONDS = 5.0
MICROSECONDS = 60.0
ROUNDS, EACH = 2000, 3

_FILL = """
INSERT INTO dossiers (
    code, source, status, effective_at, told_at, content_id, receiving_unit, resolving_unit, receiving_text,
    resolving_text, procedure_code, procedure_name, field_code, field_name, channel, filed_at, accepted_at, due_at,
    deadline_at, late_at, late_clock, step_department, is_open, waiting_for_citizen, waiting_since, accept_by,
    first_told_at, requests, waited_seconds, marks)
SELECT '000.00.01.H15-' || to_char(filed_at, 'YYMMDD') || '-' || n, 'igate', status, filed_at + interval '1 hour',
       filed_at + interval '1 hour', md5(n::text), unit, unit, unit, unit, procedure, 'Thủ tục ' || procedure, 'HT',
       'Hộ tịch', 1 + n % 3, filed_at, CASE WHEN status > 1 THEN filed_at END, due_at, due_at, late_at,
       working_clock(late_at), 'Phòng chuyên môn', true, status IN (5, 6),
       CASE WHEN status IN (5, 6) THEN filed_at END,
       CASE WHEN status = 1 AND n % 3 = 1 THEN add_working_seconds(filed_at, 28800) END,
       filed_at, (status = 5)::int, 0, convert_to(repeat('m', 220), 'UTF8')
FROM (
    SELECT *, CASE WHEN status = 1 OR status = 5 THEN NULL ELSE due_at END AS late_at
    FROM (
        SELECT n, $2::timestamptz - interval '30 days' * chance * chance AS filed_at,
               $2::timestamptz + interval '20 days' * (other * other - 0.04) AS due_at,
               CASE WHEN n % 100 < 3 THEN 1 WHEN n % 100 < 6 THEN 5 WHEN n % 100 < 8 THEN 6 ELSE 4 END AS status,
               '1.00' || (1000 + n % 97) AS procedure,
               units[1 + (n::bigint * 7919) % cardinality(units)] AS unit
        FROM (SELECT n, random() AS chance, random() AS other FROM generate_series(1, $1::int) n) drawn,
             (SELECT array_agg(code ORDER BY code) AS units FROM units WHERE kind IN ('department', 'commune')) known
    ) filed
) termed
"""
"""Most of them recent, a few percent overdue, registered, waiting for papers or a fee; the marks as long as of six."""

_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'dossiers' AND indexname <> 'dossiers_pkey'"
_PATIENCE = 900.0
_STANDINGS = """
SELECT work_unit, dossier_standing(accepted_at, ended_at, lateness, entered_late, waiting_since, late_at, late_clock,
                                   accept_by, $1, c.clock, c.due_soon) AS standing, count(*)
FROM dossiers, (SELECT working_clock($1) AS clock, due_soon FROM clock_rules OFFSET 0) c
WHERE is_open GROUP BY 1, 2
"""
"""OFFSET 0 keeps the subquery apart, so that the clock is read once and not for each dossier."""
_BARE = "SELECT work_unit, count(*) FROM dossiers WHERE is_open GROUP BY 1"


async def measure() -> list[Result]:
    """Measure the pure judging, then every kind of database that is at hand."""
    results = _judging()
    best, wheel = find_servers()[0], wheel_server()
    for server in (best,) if wheel is None or wheel == best else (best, wheel):
        results += await _re_evaluated(server)
    return results


async def _re_evaluated(server: PostgresServer) -> list[Result]:
    async with engines(server=server) as running:
        connection = await connect(running.database_url, application="bench")
        try:
            now = datetime.now(UTC)
            await _fill(connection, now)
            seconds = await _seconds(connection, _STANDINGS, now)
            bare = await _seconds(connection, _BARE)
            kinds = await _checked(connection, now)
        finally:
            await connection.close()
    name = f"{DOSSIERS:,} open dossiers by unit and standing"
    note = f"{kinds} standings; {running.edition}"
    return [
        Result(name, seconds, "s", budget=SECONDS, at_least=False, note=note),
        Result(f"{name}, beside a count", seconds * 1e3, "ms", "count(*) by unit", bare * 1e3, note=running.edition),
    ]


async def _fill(connection: Connection, now: datetime) -> None:
    """Insert the dossiers; indexes are made after them, which is faster."""
    indexes = await connection.fetch(_INDEXES)
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['indexname']}")
    await connection.execute("SELECT setseed(0.766)")
    await connection.execute(_FILL, DOSSIERS, now, timeout=_PATIENCE)
    for index in indexes:
        await connection.execute(index["indexdef"], timeout=_PATIENCE)
    await connection.execute("VACUUM ANALYZE dossiers", timeout=_PATIENCE)


async def _seconds(connection: Connection, query: str, *arguments: object) -> float:
    """The median time of a query."""
    spent = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        await connection.fetch(query, *arguments)
        spent.append(time.perf_counter() - started)
    return statistics.median(spent)


async def _checked(connection: Connection, now: datetime) -> int:
    """How many standings there are. Raises: RuntimeError when not every dossier has one, or time changes nothing."""
    found = await connection.fetch(_STANDINGS, now)
    later = await connection.fetch(_STANDINGS, now + timedelta(days=1))
    overdue = [sum(row["count"] for row in rows if row["standing"] == "overdue") for rows in (found, later)]
    if sum(row["count"] for row in found) != DOSSIERS or not 0 < overdue[0] < overdue[1]:
        raise RuntimeError(f"{overdue} of {sum(row['count'] for row in found)} dossiers are overdue")
    return len({row["standing"] for row in found})


def _judging() -> list[Result]:
    """Microseconds from six messages to a verdict, and verdicts a second when only the clock has changed."""
    clock = dossier_clock.load(ROOT / "config")
    told = [[(event, dossier_content_id(event)) for event in events] for events in _histories(clock.statutory)]
    held = [merge(None, messages) for messages in told]

    def anew() -> None:
        for messages in told:
            dossier = merge(None, messages)
            clock.judge(dossier, story(dossier))

    def again() -> None:
        for dossier in held:
            clock.judge(dossier, story(dossier))

    whole, part = _best(anew) / len(told), _best(again) / len(held)
    return [
        Result("a dossier from six messages to its verdict", whole * 1e6, "µs", budget=MICROSECONDS, at_least=False),
        Result("dossiers judged again by a changed clock", 1 / part, "dossiers/s", note="in one process, pure"),
    ]


def _best(work: Callable[[], None]) -> float:
    """Seconds of processor time in the best of many rounds: other processes can only take from it."""
    spent = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(EACH):
            work()
        spent.append((time.process_time() - started) / EACH)
    return min(spent)


def _histories(statutory: Mapping[str, Statutory]) -> list[list[DossierEvent]]:
    """Of six messages each: online with a due date, with a supplement, and without a date by working days."""
    by_days = [code for code, term in statutory.items() if term.unit is StatutoryUnit.WORKING_DAYS]
    due, law = {"due_at": at(72)}, {"procedure_code": min(by_days)}
    asked, answered = Supplement(requested_at=at(3)), Supplement(requested_at=at(3), received_at=at(9))
    online = due | {"channel": Channel.ONLINE}
    return [
        [
            *(record(1, 0, **online), step(2, 1), record(2, 0, told=1.01, **online), step(4, 2), step(9, 20)),
            record(10, 22, told=22.1, finished_at=at(20), returned_at=at(22), **online),
        ],
        [
            *(record(2, 0, **due), step(4, 2), record(5, 3, supplements=(asked,), **due), step(5, 3)),
            *(record(4, 9, supplements=(answered,), **due), step(9, 20)),
        ],
        [
            *(record(2, 0, **law), step(4, 2), step(4, 5), step(4, 26), step(9, 30)),
            record(10, 31, finished_at=at(30), returned_at=at(31), **law),
        ],
    ]
