"""The live feed over real sockets: who is let in, what is seen, and coming back."""

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ioc_api.feed.client import SLOW_SECONDS
from ioc_api.feed.follower import SUBJECT_RESYNC
from ioc_api.service import Tempo
from ioc_core.db import connect as connect_database
from ioc_core.engine import free_port
from ioc_core.live import SUBJECT_CHANGED, SUBJECT_STATE, Delta, Facts, Topic, encode
from tests.api.conftest import SCOPE, Centre, change, notify, register, running
from tests.api.lines import Screen

RAISE = """
INSERT INTO alerts (fingerprint, rule, severity, labels, annotations, unit, state, pending_at, firing_at, updated_at)
VALUES (gen_random_uuid()::text, $1, 2, '{}', '{"summary": "Tóm tắt"}', $2, 'firing', now(), now(), now())
"""


FILLING = 60
"""How many deltas of 200 kB are more than all buffers of a connection hold."""


class ClosedError(Exception):
    """The server has closed; the message is its code."""


@contextlib.asynccontextmanager
async def asleep(centre: Centre) -> AsyncIterator[asyncio.StreamReader]:
    """Connect as a client with small buffers that reads only when the test does."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", centre.settings.api_port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=4096)
    writer.write(
        f"GET /ws/live?topics=recent&token={centre.tokens['kiosk']} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    yield reader
    writer.transport.abort()


async def read_frame(reader: asyncio.StreamReader) -> dict[str, Any]:
    """Return the next message; pings are skipped."""
    async with asyncio.timeout(10):
        while True:
            first, size = await reader.readexactly(2)
            if size >= 126:
                size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
            payload = await reader.readexactly(size)
            if first == 0x88:
                raise ClosedError(int.from_bytes(payload[:2], "big"))
            if first == 0x81:
                message: dict[str, Any] = json.loads(payload)
                return message


async def read_for_ever(reader: asyncio.StreamReader) -> None:
    """Read until the server closes."""
    while True:
        await read_frame(reader)


async def publish_recent(centre: Centre, value: str) -> None:
    """Publish a delta as the projector does."""
    await centre.bus.publish_live(SUBJECT_STATE, encode(Delta(Topic.RECENT, {"dossiers": value}, datetime.now(UTC))))


async def receive(line: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        message: dict[str, Any] = json.loads(await line.recv())
    return message


async def close_code(line: ClientConnection) -> int | None:
    """Read until the server closes; return its code."""
    try:
        while True:
            await receive(line)
    except ConnectionClosed as closed:
        return None if closed.rcvd is None else closed.rcvd.code


async def watch(line: ClientConnection, screen: Screen, key: str) -> float:
    """Show what comes until the alert group `key` is there; return the seconds it took."""
    started = asyncio.get_running_loop().time()
    while key not in screen.state.get("alerts", {}):
        screen.take(await receive(line))
    return asyncio.get_running_loop().time() - started


async def test_snapshot_then_a_heartbeat_each_second_then_what_changes(api: Centre) -> None:
    async with api.feed() as line:
        snapshot = await receive(line)
        assert (snapshot["type"], snapshot["reason"]) == ("snapshot", "connect")
        assert set(snapshot["state"]) == {topic.value for topic in Topic}
        assert len(snapshot["state"]["overview"]) == 8
        assert len(snapshot["state"]["units"]) >= 102
        assert len(snapshot["state"]["recent"]["dossiers"]) == 8
        assert snapshot["state"]["sources"]["silent-one"]["state"] == "silent"
        times: list[datetime] = []
        while len(times) < 3:
            message = await receive(line)
            if message["type"] == "heartbeat":
                times.append(datetime.fromisoformat(message["at"]))
        assert all(0.8 < (b - a).total_seconds() < 1.5 for a, b in itertools.pairwise(times))
        screen = Screen()
        screen.take(snapshot)
        await change(api, RAISE, "Changes", SCOPE, facts=Facts.ALERTS)
        assert await watch(line, screen, f"Changes:{SCOPE}") < 2


async def test_the_overview_over_rest_is_the_one_of_the_feed(api: Centre) -> None:
    async with api.feed("kiosk", query="?topics=overview") as line, api.client("kiosk") as client:
        state = (await receive(line))["state"]["overview"]
        overview = (await client.get("/overview")).json()
    assert set(overview["tiles"]) | {"alarms", "health"} == set(state)
    assert overview["tiles"]["processing"]["value"] == state["processing"]["value"]


@pytest.mark.parametrize(
    ("who", "query", "status"),
    [
        pytest.param(None, "", 401, id="nobody"),
        pytest.param(None, "?token=nonsense", 401, id="a token that is none"),
        pytest.param(None, "?token=" + "x" * 5000, 401, id="a huge token"),
        pytest.param("kiosk", "?topics=weather", 422, id="an unknown topic"),
        pytest.param("kiosk", "?since=-1", 422, id="a since below zero"),
        pytest.param("kiosk", "?since=x", 422, id="a since that is no number"),
        pytest.param("kiosk", "?since=" + "9" * 30, 422, id="a since beyond any sequence"),
        pytest.param("scoped-kiosk", "?topics=overview", 403, id="a topic outside the scope"),
    ],
)
async def test_who_is_refused_before_the_upgrade(api: Centre, who: str | None, query: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with api.feed(who, query=query):
            pass
    assert caught.value.response.status_code == status
    assert json.loads(caught.value.response.body or b"")["status"] == status


async def test_a_browser_is_told_why_by_a_close_code(api: Centre) -> None:
    for query, code in (("?token=x", 4401), ("?topics=weather", 4400)):
        async with api.feed(None, query=query, origin=api.settings.wall_address) as line:
            assert await close_code(line) == code


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        pytest.param("wall", True, id="the wall"),
        pytest.param("own", True, id="a page of the API's own address"),
        pytest.param("https://evil.example", False, id="another site"),
        pytest.param("null", False, id="a sandboxed page"),
        pytest.param(None, True, id="a program"),
    ],
)
async def test_origins(api: Centre, origin: str | None, allowed: bool) -> None:
    known = {"wall": api.settings.wall_address, "own": api.url}
    if allowed:
        async with api.feed(origin=origin and known.get(origin, origin)) as line:
            assert (await receive(line))["type"] == "snapshot"
    else:
        with pytest.raises(InvalidStatus) as caught:
            async with api.feed(origin=origin):
                pass
        assert caught.value.response.status_code == 403


async def test_a_kiosk_token_or_a_ticket_may_stand_in_the_address_but_no_other_token(api: Centre) -> None:
    async with api.feed(None, query=f"?token={api.tokens['kiosk']}") as line:
        assert (await receive(line))["type"] == "snapshot"
    with pytest.raises(InvalidStatus) as caught:
        async with api.feed(None, query=f"?token={api.tokens['admin']}"):
            pass
    assert caught.value.response.status_code == 401


async def test_a_ticket_admits_once_as_whoever_asked_for_it(api: Centre) -> None:
    async with api.client("scoped") as client:
        ticket = (await client.post("/feed-tickets")).json()
    left = datetime.fromisoformat(ticket["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)
    async with api.feed(None, query=f"?token={ticket['ticket']}") as line:
        assert set((await receive(line))["state"]) == {"alerts", "units"}
    with pytest.raises(InvalidStatus) as caught:
        async with api.feed(None, query=f"?token={ticket['ticket']}"):
            pass
    assert caught.value.response.status_code == 401


async def test_an_old_ticket_admits_nobody(api: Centre) -> None:
    async with api.client("viewer") as client:
        ticket = (await client.post("/feed-tickets")).json()["ticket"]
    await change(api, "UPDATE feed_tickets SET expires_at = now()", facts=Facts.SAMPLES)
    with pytest.raises(InvalidStatus):
        async with api.feed(None, query=f"?token={ticket}"):
            pass


async def test_a_scope_sees_only_its_units_and_their_alerts(api: Centre) -> None:
    async with api.feed("scoped") as scoped, api.feed("kiosk") as kiosk:
        narrow, wide = Screen(), Screen()
        narrow.take(await receive(scoped))
        wide.take(await receive(kiosk))
        assert set(narrow.state) == {"alerts", "units"}
        assert set(narrow.state["units"]) == {SCOPE}
        await change(api, RAISE, "Elsewhere", "24133", facts=Facts.ALERTS)
        await watch(kiosk, wide, "Elsewhere:24133")
        await change(api, RAISE, "Here", SCOPE, facts=Facts.ALERTS)
        await watch(scoped, narrow, f"Here:{SCOPE}")
        assert all(key.endswith(f":{SCOPE}") for key in narrow.state["alerts"])


async def test_a_client_comes_back_and_misses_nothing(api: Centre) -> None:
    screen = Screen()
    async with api.feed() as line:
        screen.take(await receive(line))
    await change(api, RAISE, "Meanwhile", SCOPE, facts=Facts.ALERTS)
    async with api.feed() as other:
        await watch(other, Screen(), f"Meanwhile:{SCOPE}")
    async with api.feed(query=f"?since={screen.seq}&stream={screen.stream}") as line:
        screen.take(await receive(line))
        assert screen.resumed == 1
        await watch(line, screen, f"Meanwhile:{SCOPE}")
    assert screen.snapshots == ["connect"]
    async with api.feed(query=f"?since={screen.seq}&stream=LIVE@other") as line:
        assert (await receive(line))["reason"] == "expired"


async def test_a_client_that_is_ahead_of_its_new_node_waits_for_it_a_moment(own_api: Centre) -> None:
    screen = Screen()
    async with own_api.feed() as line:
        screen.take(await receive(line))

    async def come_back(ahead: int) -> dict[str, Any]:
        async with own_api.feed(query=f"?since={screen.seq + ahead}&stream={screen.stream}") as line:
            return await receive(line)

    coming = asyncio.create_task(come_back(1))
    await asyncio.sleep(0.2)
    await publish_recent(own_api, "what the other node had already")
    assert (await coming)["type"] == "resumed"
    assert (await come_back(10_000))["reason"] == "expired", "but not for what never was"


async def test_another_node_goes_on_where_the_first_one_was(api: Centre) -> None:
    second = api.settings.model_copy(update={"api_port": free_port()})
    screen = Screen()
    async with api.feed() as line:
        screen.take(await receive(line))
        await change(api, RAISE, "OnOne", SCOPE, facts=Facts.ALERTS)
        await watch(line, screen, f"OnOne:{SCOPE}")
    await change(api, RAISE, "Between", SCOPE, facts=Facts.ALERTS)
    async with running(second):
        node = Centre(second, api.dsn, api.now, api.bus, api.tokens)
        async with node.feed(query=f"?since={screen.seq}&stream={screen.stream}") as line:
            screen.take(await receive(line))
            assert screen.resumed == 1, "a node that started later knows the last minutes too"
            await watch(line, screen, f"Between:{SCOPE}")
        async with api.feed() as one, node.feed() as two:
            left, right = Screen(), Screen()
            left.take(await receive(one))
            right.take(await receive(two))
            await change(api, RAISE, "Both", SCOPE, facts=Facts.ALERTS)
            await watch(one, left, f"Both:{SCOPE}")
            await watch(two, right, f"Both:{SCOPE}")
            assert (left.stream, left.seq) == (right.stream, right.seq)
            assert left.state["alerts"] == right.state["alerts"]


async def test_who_was_let_in_by_a_token_is_cut_when_it_is_revoked(own_api: Centre) -> None:
    impatient = own_api.settings.model_copy(update={"api_port": free_port()})
    async with running(impatient, Tempo(revalidate=0.2)):
        node = Centre(impatient, own_api.dsn, own_api.now, own_api.bus, own_api.tokens)
        async with node.feed("kiosk") as cut, node.feed("viewer") as stays:
            await receive(cut)
            async with register(own_api) as accounts:
                await accounts.revoke_token("kiosk", now=datetime.now(UTC))
            assert await close_code(cut) == 4401
            await receive(stays)
            assert (await receive(stays))["type"] in {"heartbeat", "delta"}


async def test_what_clients_say_is_ignored_and_limited(api: Centre) -> None:
    async with api.feed() as line:
        await line.send("hello")
        await line.send(b"\x00\xff")
        assert (await receive(line))["type"] == "snapshot"
        for _ in range(100):
            await line.send("again")
        assert await close_code(line) == 1008
    async with api.feed() as line:
        await line.send("x" * 2000)
        assert await close_code(line) == 1009


async def test_a_client_that_does_not_read_slows_nobody_and_is_sent_the_newest_values_later(own_api: Centre) -> None:
    screen, sleeper_screen = Screen(), Screen()
    async with own_api.feed() as quick, asleep(own_api) as sleeper:
        screen.take(await receive(quick))
        for number in range(FILLING):
            await publish_recent(own_api, f"{number}:" + "x" * 200_000)
        await publish_recent(own_api, "last")
        while screen.state["recent"]["dossiers"] != "last":
            screen.take(await receive(quick))
        sent = 0
        while sleeper_screen.state.get("recent", {}).get("dossiers") != "last":
            sleeper_screen.take(await read_frame(sleeper))
            sent += 1
        assert sent < FILLING / 2, "most values were replaced before they were sent"


@pytest.mark.slow
async def test_a_client_that_never_reads_is_cut_with_1013(own_api: Centre) -> None:
    async with asleep(own_api) as sleeper:
        for number in range(FILLING):
            await publish_recent(own_api, f"{number}:" + "x" * 200_000)
        await publish_recent(own_api, "last")
        await asyncio.sleep(SLOW_SECONDS + 2)
        with pytest.raises(ClosedError, match="1013"):
            await read_for_ever(sleeper)


GROWING = """
INSERT INTO dossiers (code, source, status, effective_at, told_at, content_id, resolving_unit, is_open,
                      waiting_for_citizen, first_told_at, late_at, late_clock, accept_by)
SELECT code, 'igate', status, now(), now(), 'x', $1, true, false, now(), late_at, working_clock(late_at), accept_by
FROM (VALUES ('late', 4, $2::timestamptz, NULL::timestamptz), ('soon', 4, $2 + interval '4 hours', NULL),
             ('door', 1, NULL, $2)) AS growing (code, status, late_at, accept_by)
"""
ALWAYS_OPEN = "INSERT INTO working_periods VALUES ($1::timestamptz, $1::timestamptz + interval '9 days', 0)"


async def test_dossiers_become_more_urgent_on_the_feed_by_time_alone(own_api: Centre) -> None:
    """One becomes overdue, one due soon in the most urgent tier, one should have been accepted."""
    screen = Screen()
    connection = await connect_database(own_api.dsn, application="test")
    await connection.execute("DELETE FROM working_periods")
    await connection.execute(ALWAYS_OPEN, datetime.now(UTC) - timedelta(days=1))
    await connection.execute("DELETE FROM dossiers")
    await connection.close()
    due = (datetime.now(UTC) + timedelta(seconds=3.5)).replace(microsecond=0)

    def counters() -> list[int]:
        unit = screen.state["units"][SCOPE]
        return [unit[name] for name in ("open", "overdue", "due_soon_1", "due_soon_2", "unaccepted")]

    async with own_api.feed() as line:
        screen.take(await receive(line))
        await change(own_api, GROWING, SCOPE, due, facts=Facts.DOSSIERS)
        while counters()[0] != 3:
            screen.take(await receive(line))
        assert counters() == [3, 0, 1, 1, 0], "the one that is overdue soon is in the most urgent tier until then"
        while counters() != [3, 1, 1, 0, 1]:
            await notify(own_api, Facts.ALERTS)  # other readings in between must not hide it
            screen.take(await receive(line))
        late = datetime.now(UTC) - due
    assert timedelta(0) <= late < timedelta(seconds=1.5)


async def test_a_notice_that_can_not_be_read_brings_everything_anew(own_api: Centre) -> None:
    screen = Screen()
    async with own_api.feed() as line:
        screen.take(await receive(line))
        connection = await connect_database(own_api.dsn, application="test")
        await connection.execute(RAISE, "Unreadable", SCOPE)
        await connection.close()
        await own_api.bus.publish_live(SUBJECT_CHANGED, b"{not json")
        assert await watch(line, screen, f"Unreadable:{SCOPE}") < 2


async def test_a_new_node_has_everybody_sent_what_is_gone_taken_back(own_api: Centre) -> None:
    """What one node holds and the others don't goes away when the projector publishes everything."""
    screen = Screen()
    async with own_api.feed() as line:
        screen.take(await receive(line))
        stray = Delta(Topic.ALERTS, {"Stray:X": {"rule": "Stray"}}, datetime.now(UTC))
        await own_api.bus.publish_live(SUBJECT_STATE, encode(stray))
        await watch(line, screen, "Stray:X")
        await own_api.bus.publish_live(SUBJECT_RESYNC, b'{"alerts": ["Stray:X"]}')
        while "Stray:X" in screen.state["alerts"]:
            screen.take(await receive(line))


async def test_plain_http_on_the_feed_is_an_ordinary_answer(api: Centre) -> None:
    async with api.client("admin") as client:
        assert (await client.get(f"{api.url}/ws/live")).status_code == 404
