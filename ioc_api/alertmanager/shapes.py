"""The answers of Alertmanager's API, version 2, as its OpenAPI document names them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct
from starlette.responses import Response

from ioc_core.label_matchers import LabelMatcher

State = Literal["unprocessed", "active", "suppressed"]


class Receiver(Struct, frozen=True):
    """Who is told."""

    name: str


class AlertStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether something keeps it from being told of, and what: ids of silences; other mutes as `kind:what`."""

    state: State
    silenced_by: Sequence[str] = ()
    inhibited_by: Sequence[str] = ()
    muted_by: Sequence[str] = ()


class GettableAlert(Struct, frozen=True, kw_only=True, rename="camel"):
    """An alert that fires."""

    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    receivers: Sequence[Receiver]
    starts_at: datetime
    updated_at: datetime
    ends_at: datetime  # for its rule says so at that time at the latest again
    status: AlertStatus
    generator_url: str = msgspec.field(name="generatorURL")


class AlertGroup(Struct, frozen=True, kw_only=True):
    """Alerts that one receiver is told of together."""

    labels: Mapping[str, str]
    receiver: Receiver
    alerts: Sequence[GettableAlert]


class SilenceStatus(Struct, frozen=True):
    """How a silence stands."""

    state: Literal["expired", "active", "pending"]


class GettableSilence(Struct, frozen=True, kw_only=True, rename="camel"):
    """A silence; a recurring one as its present or next occurrence."""

    id: str
    status: SilenceStatus
    matchers: Sequence[LabelMatcher]
    starts_at: datetime
    ends_at: datetime
    updated_at: datetime
    created_by: str
    comment: str


class PostableSilence(Struct, frozen=True, kw_only=True, rename="camel"):
    """A silence as it is to be; with `id` one that there is."""

    matchers: tuple[LabelMatcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    id: str = ""


def answer(body: object, status: int = 200) -> Response:
    """Return `body` as JSON."""
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def refusal(reason: str, status: int = 400) -> Response:
    """Return an error as Alertmanager's clients expect it: a JSON string."""
    return answer(reason, status)
