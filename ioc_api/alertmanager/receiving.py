"""What Prometheus posts, as alerts of ours: labels, severity, text, beginning and end. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from ioc_api.alertmanager.external_file import ExternalConfig
from ioc_api.parameters import EARLIEST, LATEST
from ioc_core.errors import InputError
from ioc_core.external_alerts import ExternalAlert, fingerprint

MOST_ALERTS = 5000
"""Of one request."""
MOST_LABELS = 100
LONGEST_NAME = 200
LONGEST_VALUE = 4000
SENT_SEVERITY = "sent_severity"
"""The label that keeps the sender's own word, because `severity` is 1 to 4 here."""
NAMELESS = "external"
"""The rule's name of an alert without the label `alertname`."""

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
_SUMMARIES = ("summary", "title", "message", "description")


class PostedAlert(Struct, frozen=True, kw_only=True, rename="camel"):
    """An alert as Alertmanager's API takes it."""

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    generator_url: str = msgspec.field(default="", name="generatorURL")


_decoder = msgspec.json.Decoder(list[PostedAlert])


def decode(body: bytes) -> list[PostedAlert]:
    """Return the alerts of a request's body.

    Raises:
        InputError: `body`: it isn't a list of alerts; the message says where.
    """
    try:
        posted = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError("body", str(error)) from error
    if len(posted) > MOST_ALERTS:
        raise InputError("body", f"has {len(posted)} alerts, at most {MOST_ALERTS} are taken at once")
    return posted


def received(
    posted: Sequence[PostedAlert],
    config: ExternalConfig,
    *,
    sender: str,
    units: frozenset[str] | None,
    now: datetime,
) -> tuple[list[ExternalAlert], list[str]]:
    """Return the alerts that are right, distinct, and what is wrong with the others.

    `units` are those that the sender may say something of, None: all.
    """
    right: dict[str, ExternalAlert] = {}
    wrong: list[str] = []
    for index, alert in enumerate(posted):
        try:
            made = _alert(alert, config, sender=sender, now=now)
            if units is not None and made.labels.get("unit") not in units:
                raise InputError("unit", "label unit must be one that the token's scope covers")
        except InputError as error:
            wrong.append(f"alert {index}: {error}")
            continue
        right[made.fingerprint] = made
    return list(right.values()), wrong


def _alert(posted: PostedAlert, config: ExternalConfig, *, sender: str, now: datetime) -> ExternalAlert:
    labels = _texts(posted.labels, "label")
    if not labels:
        raise InputError("labels", "at least one label pair required")
    starts_at, ends_at = _instant(posted.starts_at, "startsAt"), _instant(posted.ends_at, "endsAt")
    if starts_at is None:
        starts_at = ends_at or now
    if ends_at is not None and ends_at < starts_at:
        raise InputError("endsAt", "start time must be before end time")
    said = labels.get(config.severity.label, "")
    kept = {name: value for name, value in labels.items() if name not in {"alertname", "severity"}}
    if "severity" in labels:
        kept[SENT_SEVERITY] = labels["severity"]
    rule = labels.get("alertname", NAMELESS)
    return ExternalAlert(
        fingerprint=fingerprint(labels),
        rule=rule,
        severity=config.severity.of({config.severity.label: said}),
        labels=kept,
        details={"starts_at": starts_at.isoformat(), "generator_url": _url(posted.generator_url), "sender": sender},
        annotations=_annotations(_texts(posted.annotations, "annotation"), rule, labels),
        starts_at=starts_at,
        ends_at=now + config.resolve_timeout if ends_at is None else ends_at,
    )


def _texts(texts: Mapping[str, str], what: str) -> dict[str, str]:
    if len(texts) > MOST_LABELS:
        raise InputError(what, f"has {len(texts)} {what}s, at most {MOST_LABELS}")
    for name, value in texts.items():
        if not _NAME.match(name) or len(name) > LONGEST_NAME:
            raise InputError(what, f"{what} {name[:LONGEST_NAME]!r}: invalid name: letters, digits and _")
        if len(value) > LONGEST_VALUE:
            raise InputError(what, f"{what} {name}: has {len(value)} characters, at most {LONGEST_VALUE}")
        if "\0" in value:
            raise InputError(what, f"{what} {name}: has a NUL character")
    return {name: value for name, value in texts.items() if value}  # an empty label is no label


def _annotations(annotations: Mapping[str, str], rule: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """The sender's, with a summary of one line in any case."""
    said = next((annotations[name] for name in _SUMMARIES if name in annotations), "")
    if not said:
        others = ", ".join(f"{name}={value}" for name, value in sorted(labels.items()) if name != "alertname")
        said = f"{rule} ({others})" if others else rule
    return {**annotations, "summary": " ".join(said.split())[:500]}


def _instant(at: datetime | None, name: str) -> datetime | None:
    """An instant in UTC; Go's zero time means that nothing was said."""
    if at is None or at.year == 1:
        return None
    if at.tzinfo is None:
        raise InputError(name, f"{name} {at.isoformat()}: has no time zone")
    if not EARLIEST.year <= at.year < LATEST.year:
        raise InputError(name, f"{name} {at.isoformat()}: must be from {EARLIEST.year} to {LATEST.year - 1}")
    return at.astimezone(UTC)


def _url(text: str) -> str:
    return text[:LONGEST_VALUE].replace("\0", "") if text.startswith(("http://", "https://")) else ""
