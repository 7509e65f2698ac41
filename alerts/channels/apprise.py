"""Channel `apprise`: the message to any service that the library apprise speaks to. Source: its page "URLBasics"."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, model_validator

from alerts.channels.outcome import ChannelDisabledError, ChannelKind, Ok, Outcome, Surroundings, Temporary
from alerts.channels.settings import Timeout, WordedModel, Wording, hidden, one_of, value_of, wording
from alerts.message import Message

if TYPE_CHECKING:
    from apprise import Apprise as Library

_MOST_SHOWN = 200
_SHORTEST_SECRET = 6


class AppriseModel(WordedModel):
    """Configuration of one service, by its apprise URL (which holds its secrets)."""

    type: Literal["apprise"]
    url: str | None = None
    url_env: str | None = None
    url_file: Path | None = None
    timeout: Timeout = timedelta(seconds=15)

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        one_of(self, "url")
        return self


class Apprise:
    """Sends through the library, in a thread that is left behind when it takes too long."""

    def __init__(self, url: str, *, wording: Wording, timeout: float) -> None:
        self._url = url
        self._wording = wording
        self._timeout = timeout
        self._one = asyncio.Lock()
        self._library: Library | None = None

    async def send(self, message: Message) -> Outcome:
        """Hand `message` over; the library doesn't say whether a refusal is final, so each is temporary."""
        title, body = self._wording.title(message), self._wording.write("text", message)
        try:
            async with asyncio.timeout(self._timeout), self._one:
                accepted, said = await _in_thread(lambda: self._notify(title, body, message.status))
        except TimeoutError:
            return Temporary(f"no answer in {self._timeout:g} s")
        said = hidden(" ".join(said.split()), _secrets(self._url))[-_MOST_SHOWN:]
        return Ok(said or "accepted") if accepted else Temporary(said or "the service didn't accept it")

    async def close(self) -> None:
        """Nothing is kept open between messages."""

    def _notify(self, title: str, body: str, status: str) -> tuple[bool, str]:
        import apprise

        logging.getLogger(apprise.LOGGER_NAME).propagate = False  # what it says is in the outcome
        if self._library is None:
            made = apprise.Apprise()
            if not made.add(self._url):
                return False, "is no URL that apprise knows"
            self._library = made
        said: list[str] = []
        accepted = self._library.notify(
            title=title,
            body=body,
            notify_type=apprise.NotifyType.SUCCESS if status == "resolved" else apprise.NotifyType.FAILURE,
            body_format=apprise.NotifyFormat.TEXT,
            timeout=self._timeout,
            log_callback=lambda entry, _: said.append(entry.message),
        )
        return bool(accepted), " ".join(said)


async def _in_thread(call: Callable[[], tuple[bool, str]]) -> tuple[bool, str]:
    """Like asyncio.to_thread, but the process doesn't wait for the thread at its end."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[bool, str]] = loop.create_future()

    def settle(result: tuple[bool, str] | Exception) -> None:
        if done.done():
            return
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result)

    def run() -> None:
        try:
            result: tuple[bool, str] | Exception = call()
        except Exception as error:  # noqa: BLE001  (handed to who awaits it)
            result = error
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=run, daemon=True, name="apprise").start()
    return await done


def _secrets(url: str) -> list[str]:
    """What in a URL may be a secret: everything behind its scheme that is long enough."""
    parts = urlsplit(url)
    pieces = [parts.username, parts.password, *parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    return [piece for piece in pieces if piece and len(piece) >= _SHORTEST_SECRET]


def _make(model: BaseModel, around: Surroundings) -> Apprise:
    assert isinstance(model, AppriseModel)
    url = value_of(model, "url", around.environment) or ""
    if "://" not in url:
        raise ChannelDisabledError("url is no apprise URL: it has no ://")
    return Apprise(url, wording=wording(model, around), timeout=model.timeout.total_seconds())


KIND = ChannelKind(AppriseModel, _make, address="url")
