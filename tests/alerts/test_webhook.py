"""The webhook channel against a real HTTP server."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from alerts.channels.http import retry_after
from alerts.channels.outcome import ChannelDisabledError, Ok, Outcome, Permanent, Temporary
from alerts.channels.webhook import Webhook, signing_key
from alerts.message import Message, from_plain, to_plain
from ioc_core.engine import free_port
from tests.alerts.messages import AT, message
from tests.alerts.phone import Phone


async def sent(url: str, *, key: bytes | None = None, limit: float = 2.0) -> Outcome:
    """How one attempt went."""
    channel = Webhook(url, key=key, timeout=limit)
    try:
        return await channel.send(message())
    finally:
        await channel.close()


async def test_an_accepted_message_arrives_whole_and_signed(phone: Phone) -> None:
    assert await sent(phone.url, key=b"secret") == Ok()
    (call,) = phone.calls
    assert msgspec.json.decode(call.raw, type=Message) == message()
    assert call.headers["content-type"] == "application/json"
    assert call.headers["webhook-id"] == call.key == message().id
    signed = f"{call.key}.{call.headers['webhook-timestamp']}.".encode() + call.raw
    expected = base64.b64encode(hmac.new(b"secret", signed, hashlib.sha256).digest()).decode()
    assert call.headers["webhook-signature"] == f"v1,{expected}"


async def test_without_a_secret_there_is_no_signature(phone: Phone) -> None:
    assert await sent(phone.url) == Ok()
    assert "webhook-signature" not in phone.calls[0].headers


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (204, {}, Ok()),
        (500, {}, Temporary("HTTP 500: answered by the test")),
        (503, {"Retry-After": "120"}, Temporary("HTTP 503: answered by the test", timedelta(seconds=120))),
        (429, {"Retry-After": "7"}, Temporary("HTTP 429: answered by the test", timedelta(seconds=7))),
        (408, {}, Temporary("HTTP 408: answered by the test")),
        (404, {}, Permanent("HTTP 404: answered by the test")),
        (401, {}, Permanent("HTTP 401: answered by the test")),
        (302, {"Location": "http://127.0.0.1:1/"}, Permanent("HTTP 302: answered by the test")),
    ],
)
async def test_answers(phone: Phone, status: int, headers: dict[str, str], outcome: Outcome) -> None:
    phone.plan.append((status, headers, 0.0))
    found = await sent(phone.url)
    assert found == (outcome if status != 204 else Ok())


async def test_a_slow_receiver_is_tried_again(phone: Phone) -> None:
    phone.plan.append((200, {}, 1.0))
    assert await sent(phone.url, limit=0.2) == Temporary("no answer in 0.2 s (ReadTimeout)")


async def test_a_receiver_that_is_away_is_tried_again() -> None:
    outcome = await sent(f"http://127.0.0.1:{free_port()}/")
    assert isinstance(outcome, Temporary)
    assert outcome.reason.startswith("ConnectError")


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        (None, None),
        ("30", timedelta(seconds=30)),
        ("999999999", timedelta(days=1)),
        ("Fri, 20 Nov 2026 20:05:05 GMT", timedelta(seconds=60)),
        ("Fri, 20 Nov 2026 20:00:00 GMT", timedelta()),
        ("soon", None),
        ("-5", None),
        ("١٢", None),
    ],
)
def test_retry_after(header: str | None, pause: timedelta | None) -> None:
    assert retry_after(header, AT.astimezone(UTC)) == pause


def test_a_secret_of_standard_webhooks_is_base64() -> None:
    assert signing_key("whsec_" + base64.b64encode(b"key").decode()) == b"key"
    assert signing_key("any text") == b"any text"
    with pytest.raises(ChannelDisabledError, match="not base64"):
        signing_key("whsec_!")


def test_the_outbox_gives_back_the_message_it_was_given() -> None:
    assert from_plain(to_plain(message())) == message()
    assert isinstance(from_plain(to_plain(message())).created_at, datetime)
