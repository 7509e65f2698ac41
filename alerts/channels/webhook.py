"""Channel `webhook`: the message as JSON in a POST, with its idempotency key, signed as Standard Webhooks says."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from alerts.channels.alertmanager import to_alertmanager
from alerts.channels.http import Http, http_url, now
from alerts.channels.outcome import ChannelDisabledError, ChannelKind, Outcome, Surroundings, Temporary
from alerts.channels.settings import ChannelModel, Timeout, one_of, value_of
from alerts.message import Message, to_json

_STRICT = ConfigDict(extra="forbid", frozen=True)
_FORMATS: Mapping[str, Callable[[Message], bytes]] = {"ioc": to_json, "alertmanager": to_alertmanager}


class SignatureModel(BaseModel):
    """Where the signing secret is; `required: false`: without it messages go unsigned."""

    model_config = _STRICT
    secret_env: str | None = None
    secret_file: Path | None = None
    required: bool = True

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        one_of(self, "secret")
        return self


class WebhookModel(ChannelModel):
    """Configuration of a webhook."""

    type: Literal["webhook"]
    url: str | None = None
    url_env: str | None = None
    url_file: Path | None = None
    format: Literal["ioc", "alertmanager"] = "ioc"
    signature: SignatureModel | None = None
    timeout: Timeout = timedelta(seconds=10)

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        one_of(self, "url")
        if self.url is not None:
            http_url(self.url)
        return self


class Webhook:
    """Posts messages to one URL; `write` makes the body."""

    def __init__(
        self,
        url: str,
        *,
        key: bytes | None,
        timeout: float,
        write: Callable[[Message], bytes] = to_json,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._url = url
        self._key = key
        self._write = write
        self._http = Http(timeout, clock)

    async def send(self, message: Message) -> Outcome:
        """POST `message`; 2xx is acceptance, 408, 425, 429 and 5xx are temporary, every other answer is permanent."""
        body = self._write(message)
        headers = signed_headers(self._key, message.id, body, self._http.clock())
        answer = await self._http.ask("POST", self._url, headers=headers, content=body)
        return answer if isinstance(answer, Temporary) else answer.outcome()

    async def close(self) -> None:
        """Close the kept connections."""
        await self._http.close()


def signed_headers(key: bytes | None, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of a JSON body after Standard Webhooks; without a key there is no signature."""
    timestamp = str(int(now.timestamp()))
    headers = {
        "content-type": "application/json",
        "idempotency-key": message_id,
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
    }
    if key is not None:
        headers["webhook-signature"] = sign(key, message_id, timestamp, body)
    return headers


def sign(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the header `webhook-signature` (standardwebhooks.com, symmetric scheme v1)."""
    digest = hmac.digest(key, b".".join((message_id.encode(), timestamp.encode(), body)), hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


def signing_key(secret: str) -> bytes:
    """Return the key in a secret: base64 after `whsec_`, else the text itself. Raises: ChannelDisabledError."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ChannelDisabledError(f"the signing secret is not base64 after whsec_: {error}") from error


def _make(model: BaseModel, around: Surroundings) -> Webhook:
    assert isinstance(model, WebhookModel)
    url = value_of(model, "url", around.environment)
    try:
        url = http_url(url or "")
    except ValueError as error:
        raise ChannelDisabledError(f"{model.url_env or model.url_file}: {error}") from error
    return Webhook(
        url,
        key=key_of(model.signature, around.environment),
        timeout=model.timeout.total_seconds(),
        write=_FORMATS[model.format],
    )


def key_of(signature: SignatureModel | None, environment: Mapping[str, str]) -> bytes | None:
    """Return the signing key; None: unsigned. Raises: ChannelDisabledError when it is required and not set."""
    if signature is None:
        return None
    try:
        secret = value_of(signature, "secret", environment)
    except ChannelDisabledError:
        if signature.required:
            raise
        return None
    return signing_key(secret or "")


def unsigned(signature: SignatureModel | None, environment: Mapping[str, str]) -> list[str]:
    """Return what to say of a signature whose secret isn't set."""
    if signature is None:
        return []
    try:
        value_of(signature, "secret", environment)
    except ChannelDisabledError as error:
        return [f"messages are not signed: {error}"]
    return []


def _notices(model: BaseModel, around: Surroundings) -> list[str]:
    assert isinstance(model, WebhookModel)
    return unsigned(model.signature, around.environment)


KIND = ChannelKind(WebhookModel, _make, address="url", notices=_notices)
