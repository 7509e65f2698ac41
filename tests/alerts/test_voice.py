"""The channel `voice` against a calling service."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from alerts.channels.outcome import Ok, Permanent, Surroundings, Temporary
from alerts.channels.voice import KIND, VoiceModel
from alerts.channels.webhook import sign
from alerts.message import Message
from tests.alerts.messages import alert, message
from tests.alerts.night import ZONE
from tests.alerts.vendors import Gateway, served

SIGNED = {"secret_env": "VOICE_SECRET"}


@pytest.fixture
def service() -> Gateway:
    """The service."""
    return Gateway()


@pytest.fixture
async def url(service: Gateway) -> AsyncIterator[str]:
    """Where it is."""
    async with served(service.answer) as address:
        yield f"{address}/call"


async def called(url: str, told: Message, **keys: Any) -> object:
    """How one attempt went."""
    model = VoiceModel.model_validate({"type": "voice", "url": url, "to": "0900000001", **keys})
    channel = KIND.make(model, Surroundings({"VOICE_SECRET": "s3cret"}, ZONE))
    outcome = await channel.send(told)
    await channel.close()
    return outcome


async def test_what_is_read_aloud(service: Gateway, url: str) -> None:
    told = message(*(alert(number) for number in range(5)), links={"ack": "https://ioc.example.vn/a/x"})
    assert await called(url, told, callback_url="https://ioc.example.vn/called", signature=SIGNED) == Ok()
    (body,) = service.bodies
    summary = "Một cửa điện tử <iGate> không truy cập được."
    assert body == {
        "id": told.id,
        "to": "0900000001",
        "say": f"Cảnh báo mức 1, khẩn cấp. {summary} {summary} {summary} Và 2 cảnh báo khác. "
        "Đề nghị mở tin nhắn hoặc màn hình xử lý để nhận việc.",
        "language": "vi-VN",
        "say_times": 2,
        "severity": 1,
        "status": "firing",
        "callback_url": "https://ioc.example.vn/called",
        "ack_url": "https://ioc.example.vn/a/x",
    }
    _, _, headers, raw = service.requests[0]
    assert headers["idempotency-key"] == told.id
    assert headers["webhook-signature"] == sign(b"s3cret", told.id, headers["webhook-timestamp"], raw.encode())


async def test_in_english_and_when_it_is_over(service: Gateway, url: str) -> None:
    assert await called(url, message(alert(status="resolved"), status="resolved"), language="en") == Ok()
    assert service.bodies[0]["say"] == "The alert is over. Một cửa điện tử <iGate> không truy cập được."
    assert service.bodies[0]["language"] == "en-US"


@pytest.mark.parametrize(("status", "kind"), [(500, Temporary), (429, Temporary), (404, Permanent), (400, Permanent)])
async def test_answers(service: Gateway, url: str, status: int, kind: type) -> None:
    service.plan.append((status, "no"))
    assert isinstance(await called(url, message()), kind)
