"""Channel `alertmanager`: our alerts go on to an Alertmanager, which routes them by its own configuration."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
from pydantic import BaseModel, Field, model_validator

from alerts.channels.http import Http, http_url
from alerts.channels.outcome import ChannelDisabledError, ChannelKind, Ok, Outcome, Surroundings, Temporary
from alerts.channels.settings import ChannelModel, Timeout, hidden, one_of, value_of
from alerts.message import Message, MessageAlert
from ioc_core.durations import Duration
from ioc_core.live import Severity

WORDS: Mapping[int, str] = {1: "critical", 2: "high", 3: "warning", 4: "info"}
"""The usual words for our severities."""
AT_ONCE = 500
"""Alerts of one request."""
_SENT_SEVERITY = "sent_severity"  # the word of whoever sent the alert to us
_PATH = "/api/v2/alerts"
_SHORTEST = timedelta(seconds=3)


class ForwardModel(ChannelModel):
    """Where the Alertmanager is, and how it knows us."""

    type: Literal["alertmanager"]
    url: str | None = None
    url_env: str | None = None
    url_file: Path | None = None
    token_env: str | None = None
    token_file: Path | None = None
    username: str | None = None
    password_env: str | None = None
    password_file: Path | None = None
    labels: dict[Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")], Annotated[str, Field(min_length=1)]] = (
        Field(default_factory=dict)
    )
    severities: dict[Severity, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    resolve_timeout: Annotated[Duration, Field(ge=_SHORTEST)] = timedelta(minutes=5)
    timeout: Timeout = timedelta(seconds=10)

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        one_of(self, "url")
        one_of(self, "token", required=False)
        one_of(self, "password", required=self.username is not None)
        if self.username is None and (self.password_env or self.password_file):
            raise ValueError("a password needs a username")
        if self.username is not None and (self.token_env or self.token_file):
            raise ValueError("token and username exclude each other")
        if self.url is not None:
            http_url(self.url)
        return self


class Forward:
    """Posts alerts to one Alertmanager. What fires is said to end after `resolve_timeout` unless it is said again."""

    def __init__(self, url: str, model: ForwardModel, authorization: str) -> None:
        self._url = url.rstrip("/") + _PATH
        self._model = model
        said: Mapping[int, str] = {int(severity): word for severity, word in model.severities.items()}
        self._words = {**WORDS, **said}
        self._headers = {"content-type": "application/json"}
        if authorization:
            self._headers["authorization"] = authorization
        self._http = Http(model.timeout.total_seconds())
        self.in_order = asyncio.Lock()  # held from reading what fires until it is said: an end is never overtaken

    @property
    def again_after(self) -> timedelta:
        """How often what fires must be said again: one that is lost does no harm."""
        return self._model.resolve_timeout / 3

    async def send(self, message: Message) -> Outcome:
        """Tell of the alerts of a message: what fires, and what has ended."""
        async with self.in_order:
            return await self.tell(message.alerts, message.console_url)

    async def tell(self, alerts: Sequence[MessageAlert], console_url: str) -> Outcome:
        """Post alerts, some at a time; the first refusal ends it. Call with `in_order` held."""
        now = self._http.clock()
        for start in range(0, len(alerts), AT_ONCE):
            body = [self._posted(alert, console_url, now) for alert in alerts[start : start + AT_ONCE]]
            answer = await self._http.ask("POST", self._url, headers=self._headers, content=msgspec.json.encode(body))
            outcome = answer if isinstance(answer, Temporary) else answer.outcome()
            if not isinstance(outcome, Ok):
                return self._without_secrets(outcome)
        return Ok()

    async def close(self) -> None:
        """Close the kept connections."""
        await self._http.close()

    def _posted(self, alert: MessageAlert, console_url: str, now: datetime) -> dict[str, Any]:
        ends_at = now + self._model.resolve_timeout if alert.status == "firing" else alert.ends_at or now
        source = alert.details.get("generator_url")
        return {
            "labels": labels_of(alert, self._words) | self._model.labels,
            "annotations": {name: str(text) for name, text in alert.annotations.items() if text},
            "startsAt": _instant(alert.starts_at),
            "endsAt": _instant(max(ends_at, alert.starts_at)),
            "generatorURL": source if isinstance(source, str) and source else f"{console_url}?alert={alert.id}",
        }

    def _without_secrets(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Ok):
            return outcome
        secret = self._headers.get("authorization", "").partition(" ")[2]
        return replace(outcome, reason=hidden(outcome.reason, [secret] if secret else []))


def labels_of(alert: MessageAlert, words: Mapping[int, str]) -> dict[str, str]:
    """Return the labels that Alertmanager's users expect: `alertname`, and `severity` in a word. Pure.

    An alert that another system sent to us goes on with that system's own word.
    """
    own = {name: str(value) for name, value in alert.labels.items() if name != _SENT_SEVERITY}
    return {**own, "alertname": alert.rule, "severity": alert.labels.get(_SENT_SEVERITY) or words[alert.severity]}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _make(model: BaseModel, around: Surroundings) -> Forward:
    assert isinstance(model, ForwardModel)
    url = value_of(model, "url", around.environment)
    try:
        url = http_url(url or "")
    except ValueError as error:
        raise ChannelDisabledError(f"{model.url_env or model.url_file}: {error}") from error
    token = value_of(model, "token", around.environment)
    authorization = f"Bearer {token}" if token else ""
    if model.username is not None:
        said = f"{model.username}:{value_of(model, 'password', around.environment)}"
        authorization = f"Basic {base64.b64encode(said.encode()).decode()}"
    return Forward(url, model, authorization)


KIND = ChannelKind(ForwardModel, _make, "url")
