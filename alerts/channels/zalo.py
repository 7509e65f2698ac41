"""Channel `zalo`: a text from a Zalo Official Account to one of its followers.

Source: "Official Account API v3.0", pages "Gửi tin Tư vấn dạng văn bản" (`oa/message/cs`) and "Bảng mã lỗi".
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec
from pydantic import BaseModel, Field, model_validator

from alerts.channels.http import Answer, Http, http_url
from alerts.channels.outcome import ChannelDisabledError, ChannelKind, Ok, Outcome, Permanent, Surroundings, Temporary
from alerts.channels.settings import Timeout, WordedModel, Wording, hidden, one_of, value_of, wording
from alerts.channels.zalo_tokens import Account, TokenStore
from alerts.message import Message, shorter

LONGEST = 2000
"""Characters of a text."""
_INVALID_TOKEN = frozenset({-216, -220, -124})
_TEMPORARY = frozenset({-32, -100, -200})
"""Too many requests; an unknown fault; sending failed. The others say that it can't be sent to this person at all."""


class ZaloModel(WordedModel):
    """Configuration of an Official Account's application and the follower that it writes to."""

    type: Literal["zalo"]
    app_id: str | None = None
    app_id_env: str | None = None
    secret_key_env: str | None = None
    secret_key_file: Path | None = None
    refresh_token_env: str | None = None
    refresh_token_file: Path | None = None
    user_id: str | int | None = None
    user_id_env: str | None = None
    base_url: str = "https://openapi.zalo.me"
    oauth_url: str = "https://oauth.zaloapp.com/v4/oa/access_token"
    timeout: Annotated[Timeout, Field(le=timedelta(seconds=5))] = timedelta(seconds=5)

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        for name in ("app_id", "secret_key", "refresh_token", "user_id"):
            one_of(self, name)
        for url in (self.base_url, self.oauth_url):
            http_url(url)
        return self


class Zalo:
    """Sends texts to one follower."""

    def __init__(self, *, base_url: str, user: str, tokens: TokenStore, http: Http, wording: Wording) -> None:
        self._url = f"{base_url.rstrip('/')}/v3.0/oa/message/cs"
        self._user = user
        self._tokens = tokens
        self._http = http
        self._wording = wording

    async def send(self, message: Message) -> Outcome:
        """Send `message`; a token that isn't valid any more is refreshed, once."""
        body = msgspec.json.encode({"recipient": {"user_id": self._user}, "message": {"text": self.text(message)}})
        token = await self._tokens.access()
        if not isinstance(token, str):
            return token
        outcome = await self._attempt(body, token)
        if outcome is not None:
            return outcome
        token = await self._tokens.access(refused=token)
        if not isinstance(token, str):
            return token
        return await self._attempt(body, token) or Permanent("the access token isn't valid, just refreshed")

    def text(self, message: Message) -> str:
        """Return the text: fewer alerts when it would be too long."""
        for each in shorter(message):
            text = self._wording.write("text", each)
            if len(text) <= LONGEST:
                return text
        link = f"\n\n{message.links['ack']}" if "ack" in message.links else ""
        return self._wording.title(message)[: LONGEST - len(link)] + link

    async def close(self) -> None:
        """Close the kept connections."""
        await self._http.close()

    async def _attempt(self, body: bytes, token: str) -> Outcome | None:
        """None: the token isn't valid."""
        headers = {"content-type": "application/json", "access_token": token}
        answer = await self._http.ask("POST", self._url, headers=headers, content=body)
        if isinstance(answer, Temporary):
            return answer
        return None if answer.json().get("error") in _INVALID_TOKEN else _outcome(answer, token)


def _outcome(answer: Answer, token: str) -> Outcome:
    said = answer.json()
    error = said.get("error")
    if error == 0:
        data = said.get("data")
        return Ok(f"message {data.get('message_id') if isinstance(data, dict) else ''}")
    if not isinstance(error, int):  # a proxy's word isn't Zalo's
        by_status = answer.outcome()
        return Temporary(answer.said or "no answer of Zalo's") if isinstance(by_status, Ok) else by_status
    reason = hidden(f"error {error}: {said.get('message', '')}", [token])
    if error in _TEMPORARY or answer.status == 429 or answer.status >= 500:
        return Temporary(reason, answer.retry_after)
    return Permanent(reason)


def _make(model: BaseModel, around: Surroundings) -> Zalo:
    assert isinstance(model, ZaloModel)
    app_id, secret_key, seed, user = (
        value_of(model, name, around.environment) or ""
        for name in ("app_id", "secret_key", "refresh_token", "user_id")
    )
    if not (app_id and secret_key and seed and user):
        raise ChannelDisabledError("app_id, secret_key, refresh_token and user_id must not be empty")
    http = Http(model.timeout.total_seconds())
    tokens = TokenStore(Account(app_id, secret_key, seed, model.oauth_url), http, around.database)
    return Zalo(base_url=model.base_url, user=user, tokens=tokens, http=http, wording=wording(model, around))


KIND = ChannelKind(ZaloModel, _make, address="user_id")
