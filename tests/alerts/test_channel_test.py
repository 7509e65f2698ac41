"""`ioc alerts test-channel`: a real message now, and what the other side said."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable

import pytest

from alerts.channel_test import NoSuchChannelError, Tried, try_channels
from alerts.channels.outcome import Surroundings
from alerts.receivers import make_receivers
from alerts.route_file import load_routing
from ioc_core.settings import Settings
from tests.alerts.messages import AT
from tests.alerts.night import ZONE
from tests.alerts.phone import Phone
from tests.alerts.vendors import TelegramServer, served
from tests.processes import run

ROUTES = """
route: {receiver: duty}
receivers:
  - name: duty
    channels:
      - {type: webhook, url_env: PHONE_URL, timeout: 2s}
      - {type: telegram, token_env: BOT, chat_id: '100', base_url: BASE}
      - {type: smtp, host_env: NO_HOST, from: a@b.vn, to: c@d.vn}
  - name: screens
"""


@pytest.fixture
def telegram() -> TelegramServer:
    """Telegram."""
    return TelegramServer()


@pytest.fixture
async def settings(configured: Callable[..., Settings], telegram: TelegramServer) -> AsyncIterator[Settings]:
    """A centre with three channels, the third of which isn't set up."""
    async with served(telegram.answer) as url:
        yield configured("groups: []", ROUTES.replace("BASE", url))


async def ioc(settings: Settings, phone: Phone, *arguments: str) -> tuple[int, str]:
    """The exit status and output of `ioc alerts test-channel …`."""
    environment = {
        "PATH": os.environ["PATH"], "IOC_CONFIG_DIR": str(settings.config_dir), "IOC_DATA_DIR": str(settings.data_dir),
        "PHONE_URL": phone.url, "BOT": "123:abc",
    }  # fmt: skip
    done = await asyncio.to_thread(run, "alerts", "test-channel", *arguments, env=environment)
    return done.returncode, done.stdout + done.stderr


async def tried_here(settings: Settings, phone: Phone, receiver: str, channel: str | None) -> list[Tried]:
    """How the channels are tried, without a process of its own."""
    around = Surroundings({"PHONE_URL": phone.url, "BOT": "123:abc"}, ZONE, settings.config_dir)
    receivers = make_receivers(load_routing(settings.config_dir), around)
    try:
        return await try_channels(receivers, receiver, channel, now=AT, console_url="")
    finally:
        await receivers.close()


async def test_every_channel_is_tried_and_its_answer_printed(
    settings: Settings, phone: Phone, telegram: TelegramServer
) -> None:
    status, said = await ioc(settings, phone, "duty")
    assert status == 1, "one of them isn't set up"
    assert said.splitlines() == [
        "webhook/0: accepted: HTTP 200: answered by the test",
        "telegram/1: accepted: message 1",
        "smtp/2: NOT accepted: disabled: NO_HOST isn't set",
    ]
    assert phone.calls[0].body["title"].startswith("[THỬ] ")
    assert telegram.messages[0]["text"].startswith("<b>[THỬ] ")


async def test_one_channel(settings: Settings, phone: Phone, telegram: TelegramServer) -> None:
    telegram.chats.clear()
    (tried,) = await tried_here(settings, phone, "duty", "telegram/1")
    assert tried == Tried("telegram/1", accepted=False, said="permanent: HTTP 400: Bad Request: chat not found")
    assert not phone.calls


@pytest.mark.parametrize(
    ("receiver", "channel", "complaint"),
    [
        ("nobody", None, "no receiver 'nobody' with a channel; there are: duty"),
        ("screens", None, "no receiver 'screens' with a channel; there are: duty"),
        ("duty", "sms/0", "receiver 'duty' has no channel 'sms/0'; it has: smtp/2, telegram/1, webhook/0"),
    ],
)
async def test_what_is_not_there(
    settings: Settings, phone: Phone, receiver: str, channel: str | None, complaint: str
) -> None:
    with pytest.raises(NoSuchChannelError, match=complaint):
        await tried_here(settings, phone, receiver, channel)
