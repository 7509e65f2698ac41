"""A message as Alertmanager tells its webhooks: version 4 of its payload.

Source: `webhook_config` of Alertmanager's configuration documentation, and its package `template`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from alerts.message import Message, MessageAlert

_NEVER = "0001-01-01T00:00:00Z"
"""Go's zero time: how Alertmanager says that an alert hasn't ended."""


def to_alertmanager(message: Message) -> bytes:
    """Return the JSON. Labels are text: `alertname` is the rule, `severity` 1 to 4; `ack` is a link to take it on."""
    alerts = [_alert(alert, message) for alert in message.alerts]
    return msgspec.json.encode(
        {
            "version": "4",
            "groupKey": message.group_key,
            "truncatedAlerts": message.truncated_alerts,
            "status": message.status,
            "receiver": message.receiver,
            "groupLabels": message.group_labels,
            "commonLabels": _common(alert["labels"] for alert in alerts),
            "commonAnnotations": _common(alert["annotations"] for alert in alerts),
            "externalURL": message.console_url,
            "alerts": alerts,
        }
    )


def _alert(alert: MessageAlert, message: Message) -> dict[str, Any]:
    ack = {"ack": message.links["ack"]} if "ack" in message.links and alert.status == "firing" else {}
    return {
        "status": alert.status,
        "labels": {**alert.labels, "alertname": alert.rule, "severity": str(alert.severity)},
        "annotations": {**alert.annotations, **ack},
        "startsAt": _instant(alert.starts_at),
        "endsAt": _NEVER if alert.ends_at is None else _instant(alert.ends_at),
        "generatorURL": message.console_url,
        "fingerprint": alert.fingerprint,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _common(each: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What all of them say alike."""
    first, *others = each
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}
