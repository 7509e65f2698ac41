"""The clients don't give up and lose nothing: expired sessions, 503, rotated secrets, receivers that come and go."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

import httpx
import pytest
from msgspec import Raw

from ioc_core.engine import free_port
from simulator.backoff import delay, retry_after_seconds
from simulator.credentials import Credential
from simulator.dossiers.timeline import Kind, Message
from simulator.igate import protocol
from simulator.igate.client import NationalClient
from simulator.igate.outbox import Outbox
from simulator.systems.client import EventsClient
from tests.simulator.receiver import Receiver, receiving


def _entry(code: str) -> Raw:
    return Raw(b'{"MaHoSo":"%b"}' % code.encode())


def _message(code: str, kind: Kind, at: int = 0) -> Message:
    return Message(at=at, kind=kind, code=code, body=_entry(code))


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client."""
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


def _client(http: httpx.AsyncClient, url: str, *passwords: str) -> NationalClient:
    given = iter(passwords or ("secret",) * 100)

    async def credential() -> Credential:
        return Credential(source="igate-sim", kind="password", username="igate-sim", password=next(given))

    return NationalClient(http, url, credential=credential, agency="000.00.00.H15", rng=Random(1))


async def test_an_expired_session_is_opened_again(http: httpx.AsyncClient) -> None:
    receiver = Receiver()
    receiver.session_calls = 3
    async with receiving(receiver) as url:
        client = _client(http, url)
        assert all([await client.push(Kind.STEP, [_entry(str(number))]) for number in range(10)])
    assert [code for _, code in receiver.told] == [str(number) for number in range(10)]
    assert receiver.logins == 4


async def test_tasks_that_meet_an_expired_session_together_open_one(http: httpx.AsyncClient) -> None:
    receiver = Receiver()
    async with receiving(receiver) as url:
        client = _client(http, url)
        await asyncio.gather(*(client.push(Kind.CREATE, [_entry(str(number))]) for number in range(20)))
    assert receiver.logins == 1
    assert len(receiver.told) == 20


async def test_a_rotated_password_is_read_again(http: httpx.AsyncClient) -> None:
    receiver = Receiver()
    async with receiving(receiver) as url:
        client = _client(http, url, "old", "secret")
        assert await client.push(Kind.CREATE, [_entry("1")])


async def test_503_is_waited_out(http: httpx.AsyncClient) -> None:
    receiver = Receiver()
    receiver.away = 2
    async with receiving(receiver) as url:
        assert await _client(http, url).push(Kind.CREATE, [_entry("1")])
    assert receiver.told == [("DongBoHoSoMC False", "1")]


async def test_a_receiver_that_is_not_there_yet_is_waited_for(http: httpx.AsyncClient) -> None:
    receiver, port = Receiver(), free_port()
    push = asyncio.create_task(_client(http, f"http://127.0.0.1:{port}").push(Kind.CREATE, [_entry("1")]))
    await asyncio.sleep(0.3)
    assert not push.done()
    async with receiving(receiver, port), asyncio.timeout(10):
        assert await push


async def test_a_refused_dossier_is_not_sent_again_and_its_neighbours_stay(http: httpx.AsyncClient) -> None:
    receiver = Receiver()
    receiver.refused_codes = {"2"}
    async with receiving(receiver) as url:
        assert not await _client(http, url).push(Kind.UPDATE, [_entry("1"), _entry("2"), _entry("3")])
    assert receiver.told == [("DongBoHoSoMC True", "1"), ("DongBoHoSoMC True", "3")]
    assert (len(receiver.calls), receiver.logins) == (1, 1)


async def test_a_dossier_can_be_looked_up(http: httpx.AsyncClient) -> None:
    async with receiving(Receiver()) as url:
        client = _client(http, url)
        assert not await client.knows("1")
        await client.push(Kind.CREATE, [_entry("1")])
        assert await client.knows("1")


async def test_a_rotated_token_is_read_again(http: httpx.AsyncClient) -> None:
    receiver = Receiver()
    receiver.away = 1
    tokens = iter(("old", "token"))

    async def credential() -> Credential:
        return Credential(source="systems-sim", kind="token", token=next(tokens))

    async with receiving(receiver) as url:
        client = EventsClient(http, url, credential=credential, rng=Random(1))
        assert await client.push([Raw(b'{"metric":"link_up"}')])
    assert receiver.samples == {"link_up": 1}


@pytest.mark.parametrize(
    ("answer", "success", "decided", "rejected"),
    [
        pytest.param({"error_code": "00", "result": []}, True, True, 0, id="the text 00 is success"),
        pytest.param({"error_code": 0}, True, True, 0, id="the number 0 is success"),
        pytest.param({"error_code": "1", "result": [{"error_code": "1"}, {"error_code": "00"}]}, False, True, 1,
                     id="a failure that names its entries is a decision"),
        pytest.param({"error_code": "3"}, False, False, 2, id="a failure as a whole may be the session"),
        pytest.param({"error_code": ""}, False, False, 2, id="an empty code is no success"),
        pytest.param({}, False, False, 2, id="an answer without a code is no success"),
    ],
)  # fmt: skip
def test_answers(answer: dict[str, object], success: bool, decided: bool, rejected: int) -> None:
    assert protocol.succeeded(answer) is success
    assert protocol.decided(answer) is decided
    assert protocol.rejected(answer, 2) == rejected


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"00"', b"\xff"])
def test_what_is_no_object_is_an_answer_without_fields(body: bytes) -> None:
    assert protocol.answer_of(body) == {}


def test_waits_grow_to_five_seconds_and_honour_retry_after() -> None:
    rng = Random(1)
    waits = [delay(attempt, rng) for attempt in range(12)]
    assert waits[0] <= 0.25
    assert max(waits) <= 5.0 < 2 * max(waits)
    assert delay(0, rng, retry_after=7.0) == 7.0
    assert delay(0, rng, retry_after=3600.0) == 30.0


@pytest.mark.parametrize(
    ("header", "seconds"), [("5", 5.0), (None, None), ("", None), ("-1", None), ("Wed, 21 Oct 2026", None)]
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header) == seconds


def test_a_full_outbox_takes_no_more_and_loses_nothing() -> None:
    outbox = Outbox(limit=3)
    source = iter([_message(str(number), Kind.STEP) for number in range(5)])
    assert not outbox.fill(source)
    assert len(outbox) == 3
    outbox.accepted(outbox.batch(2))
    assert not outbox.fill(source)
    outbox.accepted(outbox.batch(10))
    assert outbox.fill(source)
    assert [message.code for _, calls in outbox.batch(10).calls() for message in calls] == []


def test_a_batch_keeps_the_order_of_every_single_dossier() -> None:
    outbox = Outbox(limit=100)
    outbox.fill(
        [
            _message("a", Kind.CREATE),
            _message("a", Kind.STEP),
            _message("b", Kind.STEP),
            _message("c", Kind.UPDATE),
            _message("a", Kind.STEP),
            _message("a", Kind.UPDATE),  # after a's steps: has to wait for the next batch
            _message("d", Kind.CREATE),
        ]
    )
    first = outbox.batch(100)
    assert first.size == 5
    assert [(kind, [message.code for message in messages]) for kind, messages in first.calls()] == [
        (Kind.CREATE, ["a"]),
        (Kind.UPDATE, ["c"]),
        (Kind.STEP, ["a", "b", "a"]),
    ]
    assert outbox.accepted(first).code == "a"
    assert outbox.batch(100).size == 2
