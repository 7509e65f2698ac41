"""Channel `smtp`: the message as mail, plain text and HTML, through one mail server."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

import aiosmtplib
from pydantic import BaseModel, Field, model_validator

from alerts.channels.mail import Mailbox, to_mail
from alerts.channels.outcome import ChannelDisabledError, ChannelKind, Ok, Outcome, Permanent, Surroundings, Temporary
from alerts.channels.settings import Timeout, WordedModel, Wording, one_of, value_of, wording
from alerts.message import Message

_SECURITIES = ("starttls", "tls", "none")
_DEFAULT_PORTS = {"starttls": 587, "tls": 465, "none": 25}
# A wrong password is put right by an operator while the page still matters.
_AUTHENTICATION = frozenset({530, 534, 535, 538})


class SmtpModel(WordedModel):
    """Configuration of a mail server and who gets the mail (addresses separated by commas)."""

    type: Literal["smtp"]
    host: str | None = None
    host_env: str | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    port_env: str | None = None
    security: Literal["starttls", "tls", "none"] | None = None
    security_env: str | None = None
    username: str | None = None
    username_env: str | None = None
    password_env: str | None = None
    password_file: Path | None = None
    sender: str | None = Field(None, alias="from")
    sender_env: str | None = Field(None, alias="from_env")
    to: str | None = None
    to_env: str | None = None
    timeout: Timeout = timedelta(seconds=15)

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        for name in ("host", "to"):
            one_of(self, name)
        if self.sender is None and self.sender_env is None:
            raise ValueError("needs one of from, from_env")
        if self.sender is not None and self.sender_env is not None:
            raise ValueError("from and from_env exclude each other")
        for name in ("port", "security", "username", "password"):
            one_of(self, name, required=False)
        return self


class Smtp:
    """Sends mail through one server; a connection a message."""

    def __init__(
        self, *, server: "Server", sender: str, recipients: Sequence[str], timeout: float, wording: Wording
    ) -> None:
        self._server = server
        self._sender = sender
        self._recipients = list(recipients)
        self._timeout = timeout
        self._wording = wording

    async def send(self, message: Message) -> Outcome:
        """Hand `message` over; 4xx, network errors and a refused login are temporary, other 5xx permanent."""
        mail = to_mail(message, Mailbox(self._sender, tuple(self._recipients)), self._wording)
        server = self._server
        try:
            async with asyncio.timeout(self._timeout):
                _, said = await aiosmtplib.send(
                    mail,
                    sender=self._sender,
                    recipients=self._recipients,
                    hostname=server.host,
                    port=server.port,
                    use_tls=server.security == "tls",
                    start_tls=server.security == "starttls",
                    username=server.username,
                    password=server.password,
                    timeout=self._timeout,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            return _by_code(min(codes, default=550), f"every recipient was refused: {error.recipients[0].message}")
        except aiosmtplib.SMTPResponseException as error:
            return _by_code(error.code, error.message)
        except TimeoutError:
            return Temporary(f"no answer in {self._timeout:g} s")
        except (aiosmtplib.SMTPException, OSError) as error:
            return Temporary(f"{type(error).__name__}: {error}")
        return Ok(f"SMTP: {' '.join(said.split())[:200]}")

    async def close(self) -> None:
        """Nothing is kept open between messages."""


class Server:
    """Where the mail server is, and who we are to it."""

    def __init__(self, host: str, port: int, security: str, username: str | None, password: str | None) -> None:
        self.host = host
        self.port = port
        self.security = security
        self.username = username
        self.password = password


def _by_code(code: int, said: str) -> Outcome:
    reason = f"SMTP {code}: {' '.join(said.split())[:200]}"
    temporary = 400 <= code < 500 or code in _AUTHENTICATION or code < 0
    return Temporary(reason) if temporary else Permanent(reason)


def _make(model: BaseModel, around: Surroundings) -> Smtp:
    assert isinstance(model, SmtpModel)
    host = value_of(model, "host", around.environment)
    sender = value_of(model, "sender", around.environment)
    recipients = [
        part.strip() for part in (value_of(model, "to", around.environment) or "").split(",") if part.strip()
    ]
    if not host or not sender or not recipients:
        raise ChannelDisabledError("host, from and to must not be empty")
    security = _optional(model, "security", around.environment) or "starttls"
    if security not in _SECURITIES:
        raise ChannelDisabledError(f"{model.security_env} must be one of {', '.join(_SECURITIES)}, got {security!r}")
    username = _optional(model, "username", around.environment)
    password = value_of(model, "password", around.environment) if username else None
    server = Server(host, _port(model, around.environment, security), security, username, password)
    return Smtp(
        server=server,
        sender=sender,
        recipients=recipients,
        timeout=model.timeout.total_seconds(),
        wording=wording(model, around),
    )


def _port(model: SmtpModel, environment: Mapping[str, str], security: str) -> int:
    said = _optional(model, "port", environment)
    if said is None:
        return _DEFAULT_PORTS[security]
    if not said.isdigit() or not 1 <= int(said) <= 65535:
        raise ChannelDisabledError(f"{model.port_env} must be a port, got {said!r}")
    return int(said)


def _optional(model: BaseModel, name: str, environment: Mapping[str, str]) -> str | None:
    """A value whose variable may be unset: then the default holds."""
    try:
        return value_of(model, name, environment)
    except ChannelDisabledError:
        return None


def _notices(model: BaseModel, around: Surroundings) -> list[str]:
    assert isinstance(model, SmtpModel)
    if _optional(model, "username", around.environment) is None and (model.username_env or model.username):
        return [f"signs in to no account: {model.username_env} isn't set"]
    return []


KIND = ChannelKind(SmtpModel, _make, address="to", notices=_notices)
