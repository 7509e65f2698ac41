"""Signing in and out, the cookie, changing passwords, throttling."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from ioc_api.accounts import throttle
from ioc_api.accounts.passwords import Passwords
from ioc_api.accounts.roles import Role
from ioc_api.accounts.sessions import sweep
from ioc_core.db import Pool
from ioc_core.db import connect as connect_database
from tests.api.conftest import PASSWORD, Centre, register

WRONG = "không phải mật khẩu này"


async def user(centre: Centre, name: str, role: Role = Role.OPERATOR) -> str:
    """Create a user of the test's own and return the name."""
    async with register(centre) as accounts:
        await accounts.create_user(name, PASSWORD, role=role, scope=None, full_name="Lan", now=datetime.now(UTC))
    return name


async def test_a_person_signs_in_is_known_and_signs_out(api: Centre) -> None:
    name = await user(api, "lan")
    async with api.client(None) as client:
        answer = await client.post("/session", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 201
        assert answer.json()["me"]["role"] == "operator"
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
        client.cookies.clear()
        me = (await client.get("/session", headers=bearer)).json()
        assert (me["name"], me["kind"], me["full_name"]) == (name, "person", "Lan")
        assert "act-on-alerts" in me["permissions"]
        expires = datetime.fromisoformat(me["expires_at"])
        assert abs(expires - datetime.now(UTC) - timedelta(hours=12)) < timedelta(minutes=1)
        assert (await client.delete("/session", headers=bearer)).status_code == 204
        assert (await client.get("/session", headers=bearer)).status_code == 401


@pytest.mark.parametrize(
    ("name", "password", "status"),
    [
        pytest.param("user-viewer", WRONG, 401, id="a wrong password"),
        pytest.param("nobody-at-all", WRONG, 401, id="an unknown name"),
        pytest.param("", WRONG, 422, id="no name"),
        pytest.param("user-viewer", "", 422, id="no password"),
        pytest.param("user-viewer", "x" * 300, 422, id="a huge password"),
        pytest.param("user-viewer\x00", WRONG, 422, id="a name with a null byte"),
        pytest.param("' OR 1=1 --", WRONG, 401, id="a name that would be SQL"),
    ],
)
async def test_refused_sign_ins(api: Centre, name: str, password: str, status: int) -> None:
    async with api.client(None) as client:
        answer = await client.post("/session", json={"name": name, "password": password})
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert "set-cookie" not in answer.headers
        assert password not in answer.text or not password


async def test_a_name_that_does_not_exist_takes_as_much_work(api: Centre) -> None:
    passwords = Passwords()
    stored = passwords.hash(PASSWORD)
    spent = {"known": 0.0, "unknown": 0.0}
    for _ in range(5):
        for which, held in (("known", stored), ("unknown", None)):
            started = time.thread_time()
            assert not passwords.matches(held, WRONG)
            spent[which] += time.thread_time() - started
    assert 0.6 < spent["known"] / spent["unknown"] < 1.6


async def test_the_cookie_changes_nothing_without_the_header_that_only_our_pages_send(api: Centre) -> None:
    name = await user(api, "minh")
    async with api.client(None) as client:
        await client.post("/session", json={"name": name, "password": PASSWORD})
        assert (await client.get("/session")).status_code == 200
        assert (await client.post("/feed-tickets")).status_code == 403
        assert (await client.post("/feed-tickets", headers={"X-Requested-With": "ioc"})).status_code == 201
        assert (await client.delete("/session")).status_code == 403


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        pytest.param("https://evil.example", False, id="another site"),
        pytest.param("null", False, id="a sandboxed page"),
        pytest.param("wall", True, id="the wall"),
        pytest.param("localhost", True, id="the wall by the machine's other name"),
        pytest.param("api", True, id="the API's own pages"),
        pytest.param(None, True, id="a program"),
    ],
)
async def test_only_our_pages_may_change_anything(api: Centre, origin: str | None, allowed: bool) -> None:
    known = {"wall": api.settings.wall_address, "api": api.settings.api_address}
    known["localhost"] = known["wall"].replace("127.0.0.1", "localhost")
    headers = {"X-Requested-With": "ioc"} | ({} if origin is None else {"Origin": known.get(origin, origin)})
    async with api.client("operator") as client:
        answer = await client.post("/feed-tickets", headers=headers)
        assert (answer.status_code == 201) is allowed
    async with api.client(None) as client:
        answer = await client.post("/session", json={"name": "user-viewer", "password": PASSWORD}, headers=headers)
        assert (answer.status_code == 201) is allowed


async def test_changing_the_password_ends_the_other_sessions_and_forgets_the_first_one(own_api: Centre) -> None:
    async with register(own_api) as accounts:
        await accounts.disable_user("user-admin", now=datetime.now(UTC))
        await accounts.create_user("admin", PASSWORD, role=Role.ADMIN, scope=None, full_name="", now=datetime.now(UTC))
    first = own_api.settings.data_dir / "initial-admin-password"
    first.parent.mkdir(parents=True, exist_ok=True)
    first.write_text(PASSWORD)
    new = "mật khẩu mới cũng dài"
    async with own_api.client(None) as client:

        async def sign_in(password: str) -> httpx.Response:
            answer = await client.post("/session", json={"name": "admin", "password": password})
            client.cookies.clear()
            return answer

        here, there = [{"Authorization": f"Bearer {(await sign_in(PASSWORD)).json()['token']}"} for _ in range(2)]

        async def change(**body: str) -> httpx.Response:
            return await client.post("/password", json=body, headers=here)

        wrong = await change(current=WRONG, new=new)
        assert (wrong.status_code, wrong.json()["errors"][0]["parameter"]) == (422, "body.current")
        for easy in ("short", "administrator-admin", "aaaaaaaaaaaaaaaa"):
            refused = await change(current=PASSWORD, new=easy)
            assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (422, "body.new")
            assert easy not in refused.text
        assert first.exists()
        assert (await change(current=PASSWORD, new=new)).status_code == 204
        assert not first.exists()
        assert (await client.get("/session", headers=here)).status_code == 200
        assert (await client.get("/session", headers=there)).status_code == 401
        assert (await sign_in(PASSWORD)).status_code == 401
        assert (await sign_in(new)).status_code == 201


async def test_guessing_is_slowed_down_for_known_and_unknown_names_alike(own_api: Centre) -> None:
    for name in ("user-viewer", "nobody-at-all"):
        async with own_api.client(None) as client:
            statuses = []
            for _ in range(throttle.PER_USER.burst + 2):
                answer = await client.post("/session", json={"name": name, "password": WRONG})
                statuses.append(answer.status_code)
            assert statuses == [401] * throttle.PER_USER.burst + [429] * 2, name
            assert int(answer.headers["retry-after"]) > 30
            right = await client.post("/session", json={"name": name, "password": PASSWORD})
            assert right.status_code == 429, "even the right password has to wait"
    async with own_api.client(None) as client:
        other = await client.post("/session", json={"name": "user-leader", "password": PASSWORD})
        assert other.status_code == 201, "another name may still sign in"


async def test_an_address_that_guesses_many_names_is_slowed_down(own_api: Centre) -> None:
    async with own_api.client(None) as client:
        answers = [
            await client.post("/session", json={"name": f"name{number}", "password": WRONG})
            for number in range(throttle.PER_ADDRESS.burst + 1)
        ]
    assert {answer.status_code for answer in answers[:-1]} == {401}
    assert answers[-1].status_code == 429


async def test_the_bucket_leaks_and_success_empties_it(each_pool: Pool) -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    async with each_pool.acquire() as connection:

        async def attempt(seconds: float, user: str = "lan") -> float:
            at = now + timedelta(seconds=seconds)
            return await throttle.attempt(connection, user=user, address=f"10.0.0.{seconds % 200}", now=at)

        burst, refill = throttle.PER_USER.burst, throttle.PER_USER.refill_seconds
        assert [await attempt(0) for _ in range(burst)] == [0.0] * burst
        assert await attempt(0) == pytest.approx(refill)
        assert await attempt(0, "other") == 0.0
        assert await attempt(refill * 0.5) > 0.0
        assert await attempt(refill * 3) == 0.0, "refused attempts don't add up"
        await throttle.forgive(connection, user="lan")
        assert [await attempt(refill * 3) for _ in range(burst)] == [0.0] * burst


async def test_what_has_expired_is_swept(each_pool: Pool) -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    async with each_pool.acquire() as connection:
        await throttle.attempt(connection, user="lan", address="10.0.0.1", now=now)
        await sweep(connection, now=now + timedelta(hours=1))
        assert await connection.fetchval("SELECT count(*) FROM sign_in_attempts") == 2
        await sweep(connection, now=now + timedelta(days=2))
        assert await connection.fetchval("SELECT count(*) FROM sign_in_attempts") == 0


async def test_a_session_ends_by_itself(api: Centre) -> None:
    async with api.client(None) as client:
        answer = await client.post("/session", json={"name": "user-leader", "password": PASSWORD})
        bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
        client.cookies.clear()
        connection = await connect_database(api.dsn, application="test")
        try:
            await connection.execute("UPDATE sessions SET expires_at = now() - interval '1 second'")
        finally:
            await connection.close()
        assert (await client.get("/session", headers=bearer)).status_code == 401


async def test_only_so_many_passwords_are_looked_at_at_once() -> None:
    passwords = Passwords()
    stored = passwords.hash(PASSWORD)
    results = await asyncio.gather(*(passwords.verify(stored, PASSWORD) for _ in range(40)), return_exceptions=True)
    assert sum(result is True for result in results) == 32
    assert {str(result) for result in results if result is not True} == {"too many sign-ins at this moment"}
