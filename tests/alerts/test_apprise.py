"""The channel `apprise`: the real library against a server that takes its JSON."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from alerts.channels.apprise import KIND, AppriseModel
from alerts.channels.outcome import Channel, ChannelDisabledError, Ok, Surroundings, Temporary
from ioc_core.engine import free_port
from tests.alerts.messages import alert, message
from tests.alerts.night import ZONE
from tests.alerts.vendors import Gateway, served

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ImportWarning")


@pytest.fixture
def service() -> Gateway:
    """A service that apprise speaks to."""
    return Gateway()


@pytest.fixture
async def place(service: Gateway) -> AsyncIterator[str]:
    """Its host and port."""
    async with served(service.answer) as url:
        yield url.removeprefix("http://")


def channel(url: str, timeout: str = "10s") -> Channel:
    """A channel to an apprise URL."""
    model = AppriseModel.model_validate({"type": "apprise", "url_env": "URL", "timeout": timeout})
    return KIND.make(model, Surroundings({"URL": url}, ZONE))


async def test_the_library_sends_title_and_text(service: Gateway, place: str) -> None:
    assert await channel(f"json://ioc:s3cret-word@{place}/hook").send(message(alert(), truncated_alerts=2)) == Ok()
    (body,) = service.bodies
    assert body["title"] == "[P1] Một cửa điện tử <iGate> không truy cập được"
    assert "và 2 cảnh báo khác" in body["message"]
    assert body["type"] == "failure"


async def test_a_refusal_is_tried_again_and_tells_no_secret(service: Gateway, place: str) -> None:
    service.plan.append((403, "no s3cret-word"))
    outcome = await channel(f"json://ioc:s3cret-word@{place}/hook").send(message())
    assert isinstance(outcome, Temporary)
    assert "403" in outcome.reason or "Unauthorized" in outcome.reason
    assert "s3cret-word" not in outcome.reason


async def test_it_takes_no_longer_than_it_may_and_nobody_waits_for_it(service: Gateway, place: str) -> None:
    service.delay = 1.5
    begun = asyncio.get_running_loop().time()
    assert await channel(f"json://{place}/", timeout="300ms").send(message()) == Temporary("no answer in 0.3 s")
    assert asyncio.get_running_loop().time() - begun < 1.2
    await asyncio.sleep(1.5)  # the library's own end, before the server's


async def test_a_service_that_is_away(place: str) -> None:
    assert isinstance(await channel(f"json://127.0.0.1:{free_port()}/").send(message()), Temporary)


async def test_what_apprise_does_not_know_says_so() -> None:
    assert await channel("pigeon://roof/").send(message()) == Temporary("is no URL that apprise knows")
    with pytest.raises(ChannelDisabledError, match="no ://"):
        channel("pigeon")
