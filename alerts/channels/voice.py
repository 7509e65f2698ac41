"""Channel `voice`: asks a service by webhook to call a number and read the message aloud."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec
from pydantic import BaseModel, Field, model_validator

from alerts.channels.http import Http, http_url
from alerts.channels.outcome import ChannelDisabledError, ChannelKind, Outcome, Surroundings, Temporary
from alerts.channels.settings import Timeout, WordedModel, Wording, one_of, value_of, wording
from alerts.channels.webhook import SignatureModel, key_of, signed_headers, unsigned
from alerts.message import Message

_LOCALES = {"vi": "vi-VN", "en": "en-US"}


class VoiceModel(WordedModel):
    """Configuration of a calling service."""

    type: Literal["voice"]
    url: str | None = None
    url_env: str | None = None
    url_file: Path | None = None
    to: str | None = None
    to_env: str | None = None
    signature: SignatureModel | None = None
    callback_url: str | None = None
    say_times: Annotated[int, Field(ge=1, le=5)] = 2
    timeout: Timeout = timedelta(seconds=15)

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        one_of(self, "url")
        one_of(self, "to")
        for url in (self.url, self.callback_url):
            if url is not None:
                http_url(url)
        return self


class Voice:
    """Has one number called."""

    def __init__(self, model: VoiceModel, *, url: str, to: str, key: bytes | None, wording: Wording) -> None:
        self._model = model
        self._url = url
        self._to = to
        self._key = key
        self._wording = wording
        self._http = Http(model.timeout.total_seconds())

    async def send(self, message: Message) -> Outcome:
        """Ask for the call; answers mean what those to a webhook do."""
        body = self.body(message)
        headers = signed_headers(self._key, message.id, body, self._http.clock())
        answer = await self._http.ask("POST", self._url, headers=headers, content=body)
        return answer if isinstance(answer, Temporary) else answer.outcome()

    def body(self, message: Message) -> bytes:
        """Return the JSON of the request."""
        asked = {
            "id": message.id,
            "to": self._to,
            "say": " ".join(self._wording.write("speech", message).split()),
            "language": _LOCALES[self._wording.language],
            "say_times": self._model.say_times,
            "severity": message.severity,
            "status": message.status,
        }
        if self._model.callback_url is not None:
            asked["callback_url"] = self._model.callback_url
        if "ack" in message.links:
            asked["ack_url"] = message.links["ack"]
        return msgspec.json.encode(asked)

    async def close(self) -> None:
        """Close the kept connections."""
        await self._http.close()


def _make(model: BaseModel, around: Surroundings) -> Voice:
    assert isinstance(model, VoiceModel)
    url = value_of(model, "url", around.environment)
    to = value_of(model, "to", around.environment)
    try:
        url = http_url(url or "")
    except ValueError as error:
        raise ChannelDisabledError(f"{model.url_env or model.url_file}: {error}") from error
    key = key_of(model.signature, around.environment)
    return Voice(model, url=url, to=to or "", key=key, wording=wording(model, around))


def _notices(model: BaseModel, around: Surroundings) -> list[str]:
    assert isinstance(model, VoiceModel)
    return unsigned(model.signature, around.environment)


KIND = ChannelKind(VoiceModel, _make, address="to", notices=_notices)
