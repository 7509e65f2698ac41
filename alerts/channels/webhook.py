"""Channel `webhook`: the message as JSON in a POST, with its idempotency key, signed as Standard Webhooks says."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.channels.outcome import ChannelDisabledError, ChannelKind, Ok, Outcome, Permanent, Surroundings, Temporary
from alerts.channels.settings import one_of, value_of
from alerts.message import Message, to_json
from ioc_core.durations import Duration

_STRICT = ConfigDict(extra="forbid", frozen=True)
_MOST_OF_ANSWER = 200
_TEMPORARY = frozenset({408, 425, 429})


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


class WebhookModel(BaseModel):
    """Configuration of a webhook."""

    model_config = _STRICT
    type: Literal["webhook"]
    url: str | None = None
    url_env: str | None = None
    url_file: Path | None = None
    signature: SignatureModel | None = None
    timeout: Annotated[Duration, Field(gt=timedelta(), le=timedelta(seconds=20))] = timedelta(seconds=10)

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        one_of(self, "url")
        if self.url is not None:
            _checked(self.url)
        return self


class Webhook:
    """Posts messages to one URL."""

    def __init__(
        self, url: str, *, key: bytes | None, timeout: float, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._url = url
        self._key = key
        self._timeout = timeout
        self._clock = clock
        self._client = httpx.AsyncClient(
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=16, keepalive_expiry=60),
        )

    async def send(self, message: Message) -> Outcome:
        """POST `message`; 2xx is acceptance, 408, 425, 429 and 5xx are temporary, every other answer is permanent."""
        body = to_json(message)
        try:
            async with self._client.stream(
                "POST", self._url, content=body, headers=self._headers(message.id, body)
            ) as answer:
                if answer.is_success:
                    return Ok()
                said = await _beginning(answer)
        except httpx.TimeoutException as error:
            return Temporary(f"no answer in {self._timeout:g} s ({type(error).__name__})")
        except (httpx.TransportError, OSError) as error:
            return Temporary(f"{type(error).__name__}: {error}")
        reason = f"HTTP {answer.status_code}{': ' if said else ''}{said}"
        if answer.status_code in _TEMPORARY or answer.is_server_error:
            return Temporary(reason, retry_after(answer.headers.get("retry-after"), self._clock()))
        return Permanent(reason)

    async def close(self) -> None:
        """Close the kept connections."""
        await self._client.aclose()

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            "content-type": "application/json",
            "user-agent": "ioc-alerts",
            "idempotency-key": key,
            "webhook-id": key,
            "webhook-timestamp": timestamp,
        }
        if self._key is not None:
            headers["webhook-signature"] = sign(self._key, key, timestamp, body)
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


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Return what a Retry-After header asks for: seconds, or a date of HTTP; None when it says neither."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return timedelta(seconds=min(int(header), 86400))
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta())


async def _beginning(answer: httpx.Response) -> str:
    """The first words of an answer's body, on one line."""
    said = b""
    async for part in answer.aiter_raw():
        said += part
        if len(said) >= _MOST_OF_ANSWER:
            break
    return " ".join(said[:_MOST_OF_ANSWER].decode(errors="replace").split())


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("url must be an http or https address")
    return url


def _make(model: BaseModel, around: Surroundings) -> Webhook:
    assert isinstance(model, WebhookModel)
    url = value_of(model, "url", around.environment)
    try:
        url = _checked(url or "")
    except ValueError as error:
        raise ChannelDisabledError(f"{model.url_env or model.url_file}: {error}") from error
    return Webhook(url, key=_key(model, around.environment), timeout=model.timeout.total_seconds())


def _key(model: WebhookModel, environment: Mapping[str, str]) -> bytes | None:
    if model.signature is None:
        return None
    try:
        secret = value_of(model.signature, "secret", environment)
    except ChannelDisabledError:
        if model.signature.required:
            raise
        return None
    return signing_key(secret or "")


def _notices(model: BaseModel, around: Surroundings) -> list[str]:
    assert isinstance(model, WebhookModel)
    if model.signature is None:
        return []
    try:
        value_of(model.signature, "secret", around.environment)
    except ChannelDisabledError as error:
        return [f"messages are not signed: {error}"]
    return []


KIND = ChannelKind(WebhookModel, _make, _notices, address="url")
