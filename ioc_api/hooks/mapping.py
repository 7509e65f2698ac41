"""What a hook makes of a posted body: alerts that begin or end. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from ioc_api.alertmanager.external_file import ExternalConfig
from ioc_api.alertmanager.receiving import PostedAlert, received
from ioc_api.hooks.expressions import ExpressionFault, Expressions
from ioc_api.hooks.hook_file import Hook
from ioc_core.errors import InputError
from ioc_core.events import content_id
from ioc_core.external_alerts import ExternalAlert

MOST_ALERTS = 1000
"""Of one body."""
_FIRING, _RESOLVED, _IGNORED = "firing", "resolved", "ignored"


class Mapped(Struct, frozen=True):
    """The alerts, and how many parts of the body the mapping ignored."""

    alerts: Sequence[ExternalAlert]
    ignored: int


def decode(body: bytes) -> Any:
    """Return the posted JSON. Raises: InputError: `body`: it isn't any."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError("body", f"the body is no JSON: {error}") from error


def mapped(
    hook: Hook, body: Any, config: ExternalConfig, *, now: datetime, units: frozenset[str] | None = None
) -> Mapped:
    """Return what `body` says; `units` are those that the sender may say something of, None: all.

    Raises:
        InputError: `each`, `mapping`, `alert`: what can't be made an alert; the message names hook, place and reason.
            Then nothing of the body is taken, and the sender may send it again.
    """
    expressions = Expressions()
    made: dict[str, ExternalAlert] = {}
    ignored = 0
    for index, item in enumerate(_items(hook, body, expressions)):
        alert = _alert(hook, {"body": body, "item": item}, expressions, config, index=index, now=now, units=units)
        if alert is None:
            ignored += 1
        else:
            made[alert.fingerprint] = alert
    return Mapped(list(made.values()), ignored)


def _items(hook: Hook, body: Any, expressions: Expressions) -> Sequence[Any]:
    if hook.model.each is None:
        return [body]
    try:
        found = expressions.value(hook.model.each, {"body": body})
    except ExpressionFault as fault:
        raise InputError("each", f"{_place(hook)} each: {fault}") from fault
    if not isinstance(found, list):
        raise InputError("each", f"{_place(hook)} each: {hook.model.each} must be a list, got {type(found).__name__}")
    if len(found) > MOST_ALERTS:
        raise InputError("each", f"{_place(hook)} each: {len(found)} alerts, at most {MOST_ALERTS} are taken at once")
    return found


def _alert(
    hook: Hook,
    names: Mapping[str, object],
    expressions: Expressions,
    config: ExternalConfig,
    *,
    index: int,
    now: datetime,
    units: frozenset[str] | None,
) -> ExternalAlert | None:
    model = hook.model

    def text(name: str, source: str) -> str:
        try:
            return expressions.text(source, names) if source else ""
        except ExpressionFault as fault:
            raise InputError("mapping", f"{_place(hook)} {name}, item {index}: {fault}") from fault

    status = text("status", model.status).casefold()
    if status == _IGNORED:
        return None
    if status not in {_FIRING, _RESOLVED}:
        reason = f"must be {_FIRING}, {_RESOLVED} or {_IGNORED}, got {status[:60]!r}"
        raise InputError("mapping", f"{_place(hook)} status, item {index}: {reason}")
    labels = {name: text(f"labels.{name}", source) for name, source in model.labels.items()}
    labels["alertname"] = text("alertname", model.alertname)
    severity = text("severity", model.severity)
    if severity:
        labels[config.severity.label] = severity
    said = {name: text(name, getattr(model, name)) for name in ("description", "runbook_url")}
    posted = PostedAlert(
        labels=labels,
        annotations={"summary": text("title", model.title), **said},
        ends_at=_end(status, model.resolve_after, now),
        starts_at=now,
        generator_url=text("link", model.link),
    )
    right, wrong = received([posted], config, sender=f"hook:{model.name}", units=units, now=now)
    if wrong:
        raise InputError("alert", f"{_place(hook)} item {index}: {wrong[0].removeprefix('alert 0: ')}")
    if model.key is None:
        return right[0]
    key = text("key", model.key)
    if not key:
        raise InputError("mapping", f"{_place(hook)} key, item {index}: must not be empty")
    return msgspec.structs.replace(right[0], fingerprint=content_id("hook", model.name, key))


def _end(status: str, resolve_after: timedelta, now: datetime) -> datetime:
    return now + resolve_after if status == _FIRING else now


def _place(hook: Hook) -> str:
    return f"hook {hook.model.name} ({hook.file}:{hook.line}):"
