"""The channel `zalo` against a server that behaves like the Official Account API, its tokens in a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from alerts.channels.http import Http
from alerts.channels.outcome import Ok, Outcome, Permanent, Temporary
from alerts.channels.settings import Wording
from alerts.channels.zalo import Zalo
from alerts.channels.zalo_tokens import Account, TokenStore
from alerts.texts import Texts
from ioc_core.db import Pool, connect
from tests.alerts.messages import alert, message
from tests.alerts.night import ZONE
from tests.alerts.vendors import ZaloServer, served

Make = Callable[..., Zalo]


@pytest.fixture
def server() -> ZaloServer:
    """Zalo."""
    return ZaloServer()


@pytest.fixture
async def make(server: ZaloServer, alert_pool: Pool, alert_dsn: str) -> AsyncIterator[Make]:
    """Makes channels as processes of their own would: each knows only the database."""
    await alert_pool.execute("DELETE FROM zalo_tokens")
    made: list[Zalo] = []
    async with served(server.answer) as url:

        def channel(
            user: str = "777", seed: str = "refresh-0", dsn: str = alert_dsn, secret: str = "zalo-secret"
        ) -> Zalo:
            async def database() -> "asyncpg.Connection[asyncpg.Record]":
                return await connect(dsn, application="test-zalo")

            http = Http(3)
            account = Account(server.app_id, secret, seed, f"{url}/v4/oa/access_token")
            wording = Wording(Texts(ZONE), "vi", None)
            tokens = TokenStore(account, http, database)
            made.append(Zalo(base_url=url, user="777", tokens=tokens, http=http, wording=wording))
            return made[-1]

        yield channel
        for one in made:
            await one.close()


async def test_the_first_message_uses_the_given_refresh_token_and_keeps_the_next(
    server: ZaloServer, make: Make, alert_pool: Pool
) -> None:
    assert await make().send(message()) == Ok()
    assert server.texts[0][0] == "777"
    assert server.texts[0][1].startswith("[P1] Một cửa điện tử <iGate>")
    row = await alert_pool.fetchrow("SELECT refresh_token, access_token FROM zalo_tokens")
    assert row is not None
    assert tuple(row) == ("refresh-1", "access-1")
    assert await make().send(message()) == Ok(), "a process started later finds the token"
    assert server.refreshes == 1


async def test_a_token_that_expired_is_refreshed_once(server: ZaloServer, make: Make) -> None:
    channel = make()
    assert await channel.send(message()) == Ok()
    server.expire()
    assert await channel.send(message()) == Ok()
    assert server.refreshes == 2


async def test_many_processes_refresh_one_after_another_and_use_no_token_twice(server: ZaloServer, make: Make) -> None:
    channels = [make() for _ in range(6)]
    for channel in channels:
        assert await channel.send(message()) == Ok()
    server.expire()
    server.slow = 0.05
    outcomes = await asyncio.gather(*(channel.send(message()) for channel in channels))
    assert outcomes == [Ok()] * 6
    assert server.refreshes == 2, "the first, and one for all"


async def test_a_new_refresh_token_from_the_operator_replaces_the_kept_one(server: ZaloServer, make: Make) -> None:
    assert await make().send(message()) == Ok()
    server.expire()
    server.refresh_token = "by-hand"
    outcome = await make().send(message())
    assert isinstance(outcome, Permanent)
    assert "authorise the application anew" in outcome.reason
    assert await make(seed="by-hand").send(message()) == Ok()
    assert server.refreshes == 2


async def test_tokens_that_could_not_be_stored_are_not_lost(server: ZaloServer, make: Make, alert_pool: Pool) -> None:
    channel = make()
    await alert_pool.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$;"
        "CREATE TRIGGER refuse BEFORE UPDATE ON zalo_tokens FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    try:
        assert isinstance(await channel.send(message()), Temporary)
    finally:
        await alert_pool.execute("DROP TRIGGER refuse ON zalo_tokens; DROP FUNCTION refuse()")
    assert server.refreshes == 1
    assert await channel.send(message()) == Ok()
    assert server.refreshes == 1
    assert await alert_pool.fetchval("SELECT refresh_token FROM zalo_tokens") == "refresh-1"


@pytest.mark.parametrize(
    ("error", "kind"),
    [((-213, "User has not followed OA"), Permanent), ((-230, "User has not interacted"), Permanent),
     ((-32, "Exceeded request limit"), Temporary), ((-200, "Send message fail"), Temporary)],
)  # fmt: skip
async def test_what_errors_mean(server: ZaloServer, make: Make, error: tuple[int, str], kind: type[Outcome]) -> None:
    server.errors.append(error)
    outcome = await make().send(message())
    assert isinstance(outcome, kind)
    assert outcome == kind(f"error {error[0]}: {error[1]}")


async def test_a_wrong_secret_is_final(make: Make) -> None:
    outcome = await make(secret="other").send(message())
    assert outcome == Permanent(
        "the refresh token was refused (HTTP 200: error -14004 Invalid secret key): authorise the application anew"
    )


async def test_a_hundred_alerts_fit(server: ZaloServer, make: Make) -> None:
    assert await make().send(message(*(alert(number) for number in range(100)))) == Ok()
    assert len(server.texts[0][1]) <= 2000


async def test_a_database_that_is_away_is_temporary(make: Make) -> None:
    outcome = await make(dsn="postgresql://ioc@127.0.0.1:1/none").send(message())
    assert isinstance(outcome, Temporary)


async def test_rules_cannot_read_the_tokens(alert_pool: Pool) -> None:
    assert not await alert_pool.fetchval("SELECT has_table_privilege('ioc_rules', 'zalo_tokens', 'SELECT')")
