"""Channel `sms`: a short message through any gateway that takes HTTP, as the configuration describes it."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from alerts.channels.gateway import AnswerModel, judge
from alerts.channels.http import Http, http_url
from alerts.channels.outcome import (
    ChannelDisabledError,
    ChannelKind,
    Ok,
    Outcome,
    Permanent,
    Surroundings,
    Temporary,
)
from alerts.channels.settings import (
    Timeout,
    WordedModel,
    Wording,
    hidden,
    one_of,
    secrets_of,
    value_of,
    wording,
)
from alerts.message import Message
from alerts.texts import TextFault
from alerts.texts.sms import fitted, segments, without_diacritics

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


class SmsModel(WordedModel):
    """Configuration of a gateway: `url`, `headers` and `body` are Jinja templates."""

    type: Literal["sms"]
    to: str | None = None
    to_env: str | None = None
    method: Literal["GET", "POST", "PUT"] = "POST"
    url: str | None = None
    url_env: str | None = None
    headers: Annotated[dict[str, str], Field(default_factory=dict)]
    body: str = ""
    secrets_env: Annotated[dict[str, str], Field(default_factory=dict)]
    success: AnswerModel = AnswerModel()
    temporary: AnswerModel | None = None
    diacritics: bool = False
    segments: Annotated[int, Field(ge=1, le=10)] = 2
    link: bool = True
    timeout: Timeout = timedelta(seconds=10)

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        one_of(self, "url")
        one_of(self, "to")
        if self.url is not None and "{" not in self.url.partition("//")[2].partition("/")[0]:
            http_url(self.url)
        for name in self.headers:
            if not _HEADER.match(name):
                raise ValueError(f"{name!r} is no name of a header")
        if self.method == "GET" and self.body:
            raise ValueError("a GET has no body")
        return self


@dataclass(frozen=True, slots=True)
class Request:
    """What the gateway is sent, as templates."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str


class Sms:
    """Sends short messages to one number (or to several, separated by commas: a request each)."""

    def __init__(self, model: SmsModel, request: Request, *, to: str, secrets: Mapping[str, str], wording: Wording):
        self._model = model
        self._request = request
        self._numbers = [number.strip() for number in to.split(",") if number.strip()]
        self._secrets = secrets
        self._wording = wording
        self._http = Http(model.timeout.total_seconds())

    async def send(self, message: Message) -> Outcome:
        """Send it to every number; accepted by the gateway for one of them is accepted."""
        text = self.text(message)
        outcomes = await asyncio.gather(*(self._send_to(number, text, message) for number in self._numbers))
        for better in (Ok, Temporary):
            for outcome in outcomes:
                if isinstance(outcome, better):
                    return outcome
        return outcomes[0]

    def text(self, message: Message) -> str:
        """Return the text: shortened to the segments allowed, the link whole, by default without diacritics."""
        said = " ".join(self._wording.write("sms", message).split())
        said = said if self._model.diacritics else without_diacritics(said)
        link = message.links.get("ack", "") if self._model.link else ""
        return fitted(said, link, self._model.segments)

    async def close(self) -> None:
        """Close the kept connections."""
        await self._http.close()

    async def _send_to(self, number: str, text: str, message: Message) -> Outcome:
        named = {"to": number, "text": text, "message": message, "secrets": self._secrets, "key": message.id}
        try:
            url = self._written(self._request.url, named, "url")
            headers = {name: self._written(value, named, name) for name, value in self._request.headers.items()}
            body = self._written(self._request.body, named, "body")
        except TextFault as fault:
            return Permanent(hidden(str(fault), self._secrets.values()))
        content = body.encode() if self._request.method != "GET" else None
        answer = await self._http.ask(self._request.method, url, headers=headers, content=content)
        if isinstance(answer, Temporary):
            return answer
        return self._told(judge(answer, self._model.success, self._model.temporary), text)

    def _told(self, outcome: Outcome, text: str) -> Outcome:
        match outcome:
            case Ok(answer):
                return Ok(f"{hidden(answer, self._secrets.values())} ({segments(text)} segments)")
            case Temporary(reason, retry_after):
                return Temporary(hidden(reason, self._secrets.values()), retry_after)
            case Permanent(reason):
                return Permanent(hidden(reason, self._secrets.values()))

    def _written(self, source: str, named: Mapping[str, Any], what: str) -> str:
        return self._wording.texts.render_source(source, named, f"sms {what}")


def _make(model: BaseModel, around: Surroundings) -> Sms:
    assert isinstance(model, SmsModel)
    url = value_of(model, "url", around.environment) or ""
    to = value_of(model, "to", around.environment) or ""
    if not [number for number in to.split(",") if number.strip()]:
        raise ChannelDisabledError("to must not be empty")
    secrets = secrets_of(model.secrets_env, around.environment)
    request = Request(model.method, url, model.headers, model.body)
    return Sms(model, request, to=to, secrets=secrets, wording=wording(model, around))


KIND = ChannelKind(SmsModel, _make, address="to")
