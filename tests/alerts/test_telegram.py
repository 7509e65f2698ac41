"""The channel `telegram` against a server that behaves like the Bot API."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from alerts.channels.outcome import Ok, Outcome, Permanent, Temporary
from alerts.channels.settings import Wording
from alerts.channels.telegram import Telegram
from alerts.message import Message
from alerts.texts import Texts
from ioc_core.engine import free_port
from tests.alerts.messages import alert, message
from tests.alerts.night import ZONE
from tests.alerts.vendors import TelegramServer, served

WORDING = Wording(Texts(ZONE), "vi", None)


@pytest.fixture
def server() -> TelegramServer:
    """Telegram."""
    return TelegramServer()


@pytest.fixture
async def address(server: TelegramServer) -> AsyncIterator[str]:
    """Where its Bot API is."""
    async with served(server.answer) as url:
        yield url


async def sent(url: str, told: Message | None = None, *, chat: str = "100", token: str = "123:abc") -> Outcome:
    """How one attempt went."""
    channel = Telegram(base_url=url, token=token, chat=chat, wording=WORDING, timeout=2)
    try:
        return await channel.send(told or message())
    finally:
        await channel.close()


async def test_a_message_arrives_as_html_with_its_link(server: TelegramServer, address: str) -> None:
    outcome = await sent(address, message(links={"ack": "https://ioc.example.vn/a/AbC-_9"}))
    assert outcome == Ok()
    assert isinstance(outcome, Ok) and outcome.answer == "message 1"
    (body,) = server.messages
    assert body["parse_mode"] == "HTML"
    assert "<b>[P1] Một cửa điện tử &lt;iGate&gt; không truy cập được</b>" in body["text"]
    assert '<a href="https://ioc.example.vn/a/AbC-_9">✅ Tôi nhận xử lý</a>' in body["text"]
    assert body["disable_notification"] is False


async def test_the_end_makes_no_sound(server: TelegramServer, address: str) -> None:
    assert await sent(address, message(alert(status="resolved"), status="resolved")) == Ok()
    assert server.messages[0]["disable_notification"] is True


async def test_a_hundred_alerts_fit_by_listing_fewer(server: TelegramServer, address: str) -> None:
    many = message(*(alert(number) for number in range(100)), truncated_alerts=7)
    assert await sent(address, many) == Ok()
    assert "và 99 cảnh báo khác" in server.messages[0]["text"] or "và 87 cảnh báo khác" in server.messages[0]["text"]


async def test_a_text_too_long_for_any_list_goes_as_its_title_and_link(server: TelegramServer, address: str) -> None:
    endless = message(alert(annotations={"summary": "x", "description": "y" * 5000}), links={"ack": "https://a/b"})
    assert await sent(address, endless) == Ok()
    assert server.messages[0]["text"] == f"{endless.title}\n\nhttps://a/b"
    assert "parse_mode" not in server.messages[0]


async def test_what_cannot_be_read_as_html_goes_as_plain_text(server: TelegramServer, address: str) -> None:
    class Broken(Wording):
        def write(self, part: str, message: Message) -> str:
            return "<blink>" + super().write(part, message)

    channel = Telegram(base_url=address, token="123:abc", chat="100", wording=Broken(Texts(ZONE), "vi", None))
    assert await channel.send(message()) == Ok()
    await channel.close()
    assert server.messages[0]["text"] == message().title


async def test_a_group_that_moved_is_followed_and_remembered(server: TelegramServer, address: str) -> None:
    server.moved["-5"] = -200
    channel = Telegram(base_url=address, token="123:abc", chat="-5", wording=WORDING)
    assert await channel.send(message()) == Ok()
    server.moved.clear()
    assert await channel.send(message()) == Ok()
    await channel.close()
    assert [body["chat_id"] for body in server.messages] == ["-200", "-200"]


async def test_a_flood_limit_is_obeyed(server: TelegramServer, address: str) -> None:
    server.floods.append(35)
    expected = Temporary("HTTP 429: Too Many Requests: retry after 35", timedelta(seconds=35))
    assert await sent(address) == expected


@pytest.mark.parametrize(
    ("chat", "token", "reason"),
    [
        ("999", "123:abc", "HTTP 400: Bad Request: chat not found"),
        ("300", "123:abc", "HTTP 403: Forbidden: bot was blocked by the user"),
        ("100", "123:wrong", "HTTP 401: Unauthorized"),
    ],
)
async def test_what_is_final(server: TelegramServer, address: str, chat: str, token: str, reason: str) -> None:
    server.blocked.add("300")
    assert await sent(address, chat=chat, token=token) == Permanent(reason)


async def test_a_server_that_is_away_is_tried_again_and_the_token_is_never_told() -> None:
    outcome = await sent(f"http://127.0.0.1:{free_port()}")
    assert isinstance(outcome, Temporary)
    assert "123:abc" not in outcome.reason
