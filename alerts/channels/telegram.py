"""Channel `telegram`: the message to a chat through a bot. Source: "Telegram Bot API", method sendMessage."""

import html
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
from pydantic import BaseModel, Field, model_validator

from alerts.channels.http import Answer, Http, http_url
from alerts.channels.outcome import ChannelDisabledError, ChannelKind, Ok, Outcome, Permanent, Surroundings, Temporary
from alerts.channels.settings import RateField, Timeout, WordedModel, Wording, hidden, one_of, value_of, wording
from alerts.message import Message, shorter
from alerts.rates import Rate

LONGEST = 4096
"""UTF-16 units of a message's text, tags not counted ("sendMessage", `text`)."""
_JSON = {"content-type": "application/json"}


class TelegramModel(WordedModel):
    """Configuration of a bot and the chat that it writes to."""

    type: Literal["telegram"]
    token_env: str | None = None
    token_file: Path | None = None
    chat_id: str | int | None = None
    chat_id_env: str | None = None
    topic: int | None = None
    rate: RateField = Rate(20, timedelta(minutes=1))  # "Bots FAQ": no more to one group
    base_url: str = "https://api.telegram.org"
    timeout: Annotated[Timeout, Field(le=timedelta(seconds=10))] = timedelta(seconds=8)

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        one_of(self, "token")
        one_of(self, "chat_id")
        http_url(self.base_url)
        return self


class Telegram:
    """Sends messages as one bot to one chat (which Telegram may move)."""

    def __init__(
        self, *, base_url: str, token: str, chat: str, wording: Wording, topic: int | None = None, timeout: float = 10
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/bot{token}/sendMessage"
        self._token = token
        self._chat = chat
        self._topic = topic
        self._wording = wording
        self._http = Http(timeout)

    async def send(self, message: Message) -> Outcome:
        """Send `message` as HTML; what can't be read as HTML goes as plain text, a chat that moved is followed."""
        answer = await self._ask(self._body(message))
        if isinstance(answer, Answer) and answer.status == 400:
            said = answer.json()
            moved_to = said.get("parameters", {}).get("migrate_to_chat_id")
            if isinstance(moved_to, int):
                self._chat = str(moved_to)
                answer = await self._ask(self._body(message))
            elif "can't parse entities" in str(said.get("description")):
                answer = await self._ask(self._plain(message))
        return answer if isinstance(answer, Temporary) else self._outcome(answer)

    async def close(self) -> None:
        """Close the kept connections."""
        await self._http.close()

    async def _ask(self, body: dict[str, Any]) -> Answer | Temporary:
        return await self._http.ask("POST", self._url, headers=_JSON, content=msgspec.json.encode(body))

    def _body(self, message: Message) -> dict[str, Any]:
        for each in shorter(message):
            text = self._wording.write("telegram", each)
            if _length(text) <= LONGEST:
                return {**self._address(message), "text": text, "parse_mode": "HTML"}
        return self._plain(message)

    def _plain(self, message: Message) -> dict[str, Any]:
        link = f"\n\n{message.links['ack']}" if "ack" in message.links else ""
        return {**self._address(message), "text": self._wording.title(message) + link}

    def _address(self, message: Message) -> dict[str, Any]:
        topic = {} if self._topic is None else {"message_thread_id": self._topic}
        return {
            "chat_id": self._chat,
            **topic,
            "link_preview_options": {"is_disabled": True},
            "disable_notification": message.status == "resolved",
        }

    def _outcome(self, answer: Answer) -> Outcome:
        said = answer.json()
        if answer.status == 200 and said.get("ok") is True:
            return Ok(f"message {said.get('result', {}).get('message_id')}")
        description = said.get("description")
        reason = hidden(f"HTTP {answer.status}: {description or answer.said}", [self._token])
        if answer.status == 429:
            asked = said.get("parameters", {}).get("retry_after")
            return Temporary(reason, timedelta(seconds=asked) if isinstance(asked, int) else answer.retry_after)
        if answer.status >= 500 or not isinstance(description, str):  # a proxy's word isn't Telegram's
            return Temporary(reason)
        return Permanent(reason)


def _length(text: str) -> int:
    return len(html.unescape(text).encode("utf-16-le")) // 2


def _make(model: BaseModel, around: Surroundings) -> Telegram:
    assert isinstance(model, TelegramModel)
    token = value_of(model, "token", around.environment)
    chat = value_of(model, "chat_id", around.environment)
    if not token or not chat:
        raise ChannelDisabledError("token and chat_id must not be empty")
    return Telegram(
        base_url=model.base_url,
        token=token,
        chat=chat,
        topic=model.topic,
        wording=wording(model, around),
        timeout=model.timeout.total_seconds(),
    )


KIND = ChannelKind(TelegramModel, _make, address="chat_id")
