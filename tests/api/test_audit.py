"""The audit log: every change is in it, and nothing can be taken out or altered unseen."""

from datetime import UTC, datetime

import asyncpg
import pytest

from ioc_api.accounts import audit
from ioc_core.db import Connection, Pool
from ioc_core.db import connect as connect_database
from tests.api.conftest import PASSWORD, Centre, register

NOW = datetime(2026, 7, 1, 1, 2, 3, 456789, tzinfo=UTC)


async def fill(connection: Connection, rows: int) -> None:
    for number in range(rows):
        entry = audit.Entry("user:lan", "alert.comment", str(number), {"note": "Ghi chú \u1eaf", "n": number}, "::1")
        await audit.append(connection, entry, now=NOW)


async def test_an_untouched_log_holds(each_pool: Pool) -> None:
    async with each_pool.acquire() as connection:
        assert await audit.verify(connection) == audit.Verdict(0, "")
        await fill(connection, 5)
        verdict = await audit.verify(connection)
        assert (verdict.rows, verdict.broken_at) == (5, None)
        assert len(verdict.head) == 64
        await fill(connection, 1)
        assert (await audit.verify(connection, expected=(5, verdict.head))).broken_at is None


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        pytest.param("UPDATE audit_log SET actor = 'user:minh' WHERE seq = 3", 3, id="another actor"),
        pytest.param("UPDATE audit_log SET details = '{}' WHERE seq = 3", 3, id="other details"),
        pytest.param("UPDATE audit_log SET at = at + interval '1 microsecond' WHERE seq = 3", 3, id="another time"),
        pytest.param("DELETE FROM audit_log WHERE seq = 3", 4, id="a row taken out"),
        pytest.param("DELETE FROM audit_log WHERE seq = 1", 2, id="the first row taken out"),
        pytest.param(
            "UPDATE audit_log SET actor = 'x', hash = audit_hash(previous, seq, at, 'x', action, target, details,"
            " address) WHERE seq = 3",
            4,
            id="a row altered with its hash made anew",
        ),
    ],
)
async def test_tampering_shows(pool: Pool, tampering: str, broken_at: int) -> None:
    async with pool.acquire() as connection:
        await fill(connection, 5)
        await connection.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
        await connection.execute(tampering)
        assert (await audit.verify(connection)).broken_at == broken_at


async def test_a_cut_off_end_shows_against_what_was_noted(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await fill(connection, 5)
        noted = await audit.verify(connection)
        await connection.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
        await connection.execute("DELETE FROM audit_log WHERE seq = 5")
        assert (await audit.verify(connection)).broken_at is None
        assert (await audit.verify(connection, expected=(5, noted.head))).broken_at == 5


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"],
)
async def test_the_table_only_takes_new_rows(pool: Pool, statement: str) -> None:
    async with pool.acquire() as connection:
        await fill(connection, 1)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append only"):
            await connection.execute(statement)


async def test_a_change_that_fails_leaves_no_row(pool: Pool) -> None:
    async with pool.acquire() as connection:
        change = connection.transaction()
        await change.start()
        await fill(connection, 1)
        await change.rollback()
        await fill(connection, 1)
        assert (await audit.verify(connection)).rows == 1


async def test_everything_people_change_is_recorded_without_secrets(own_api: Centre) -> None:
    async with own_api.client(None) as client:
        answer = await client.post("/session", json={"name": "user-operator", "password": PASSWORD})
        bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
        client.cookies.clear()
        await client.post("/alerts/1/ack", json={"note": "Đang xem"}, headers=bearer)
        await client.post("/alerts/1/comments", json={"note": "Đã gọi"}, headers=bearer)
        await client.post("/alerts/999999/ack", json={}, headers=bearer)
        new = PASSWORD + " mới"
        await client.post("/password", json={"current": PASSWORD, "new": new}, headers=bearer)
        await client.delete("/session", headers=bearer)
    async with register(own_api) as accounts:
        await accounts.revoke_token("viewer", now=datetime.now(UTC))
        await accounts.disable_user("user-viewer", now=datetime.now(UTC))
    connection = await connect_database(own_api.dsn, application="test")
    try:
        rows = await connection.fetch("SELECT actor, action, target, details, address FROM audit_log ORDER BY seq")
        assert (await audit.verify(connection)).broken_at is None
    finally:
        await connection.close()
    made = [(row["actor"], row["action"], row["target"]) for row in rows if not row["action"].endswith(".create")]
    assert made == [
        ("user:user-operator", "alert.acknowledge", "1"),
        ("user:user-operator", "alert.comment", "1"),
        ("user:user-operator", "user.password", "user-operator"),
        ("user:user-operator", "session.delete", "user-operator"),
        ("cli:test", "token.revoke", "viewer"),
        ("cli:test", "user.disable", "user-viewer"),
    ]
    sign_in = next(row for row in rows if row["action"] == "session.create")
    assert (sign_in["actor"], sign_in["address"]) == ("user:user-operator", "127.0.0.1")
    assert sum(row["action"] == "token.create" for row in rows) == 10
    assert PASSWORD not in str([dict(row) for row in rows])
    comment = next(row for row in rows if row["action"] == "alert.comment")
    assert comment["details"] == {"note": "Đã gọi"}
