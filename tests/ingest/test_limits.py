"""GET /v1/limits: what a client may still send, by the settings and by what retention has dropped."""

from datetime import UTC, datetime, timedelta

from ioc_core.addresses import database_url
from ioc_core.db import connect
from tests.ingest.conftest import Ingest


async def _limits(ingest: Ingest, source: str) -> dict[str, object]:
    answer = await ingest.client.get("/v1/limits", headers=ingest.token(source))
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


async def test_every_source_that_pushes_may_ask(ingest: Ingest) -> None:
    limits = await _limits(ingest, "documents")
    assert (limits["max_body_bytes"], limits["max_items"]) == (ingest.settings.max_body_bytes, 100_000)
    since = limits["kept_since"]
    assert isinstance(since, dict)
    for kind, days in (("sample", 90), ("dossier", 3650), ("probe", 90), ("security", 365), ("rollup", 1825)):
        age = datetime.now(UTC) - datetime.fromisoformat(since[kind])
        assert abs(age - timedelta(days=days)) < timedelta(minutes=1), kind
    assert (await _limits(ingest, "one-stop"))["max_items"] == 100_000


async def test_what_was_dropped_never_comes_back(ingest: Ingest) -> None:
    floor = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    connection = await connect(database_url(ingest.settings), application="test")
    try:
        await connection.execute("INSERT INTO retention_floors VALUES ('samples', $1, now())", floor)
        since = (await _limits(ingest, "documents"))["kept_since"]
    finally:
        await connection.execute("DELETE FROM retention_floors")
        await connection.close()
    assert isinstance(since, dict)
    assert datetime.fromisoformat(since["sample"]) == floor
    assert datetime.fromisoformat(since["probe"]) < floor


async def test_strangers_are_not_told(ingest: Ingest) -> None:
    answer = await ingest.client.get("/v1/limits", headers={"Authorization": "Bearer nobody's"})
    assert (answer.status_code, answer.json()["reason"]) == (401, "unauthorized")
    assert (await ingest.client.get("/v1/limits")).status_code == 401
