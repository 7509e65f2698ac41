"""What is told of a group of alerts: the JSON of the webhook, and the one line and the text that people read."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

MOST_ALERTS = 100
"""A message lists the gravest and oldest so many; `truncated_alerts` counts the rest."""
LONGEST_TITLE = 200
_FEWER = (20, 8, 3, 1)
_LEADS = {"repeat": " · NHẮC LẠI", "returned": " · CHƯA AI NHẬN", "escalated": " · CHUYỂN CẤP", "digest": " · TIN GỘP"}

Status = Literal["firing", "resolved"]


class MessageAlert(Struct, frozen=True, kw_only=True):
    """One alert of the message. Times are RFC 3339, UTC."""

    id: int
    fingerprint: str
    rule: str
    status: Status
    severity: int
    labels: dict[str, str]
    details: dict[str, Any]
    annotations: dict[str, str]
    value: float | None
    starts_at: datetime
    ends_at: datetime | None
    acknowledged_by: str | None
    closed_by: str | None = None  # over by hand: its condition still holds
    close_reason: str = ""


class Message(Struct, frozen=True, kw_only=True):
    """One notification. `id` is its idempotency key: the same in every attempt."""

    version: Literal["1"] = "1"
    id: str
    receiver: str
    status: Status  # firing as long as one alert is
    reason: str  # alerts.grouping.Reason
    severity: int  # the gravest alert's
    title: str  # Vietnamese, one line
    group_key: str
    group_labels: dict[str, str]
    firing: int
    resolved: int
    alerts: tuple[MessageAlert, ...]
    truncated_alerts: int
    created_at: datetime
    console_url: str
    links: dict[str, str] = {}  # `ack`: take it on from the phone, once, without signing in


_encoder = msgspec.json.Encoder()


def to_json(message: Message) -> bytes:
    """Return the body of the webhook."""
    return _encoder.encode(message)


def to_plain(message: Message) -> dict[str, Any]:
    """Return the message as the outbox keeps it."""
    plain: dict[str, Any] = msgspec.to_builtins(message)
    return plain


def from_plain(plain: dict[str, Any]) -> Message:
    """Return the message that `to_plain` gave."""
    return msgspec.convert(plain, Message)


def shorter(message: Message) -> Iterator[Message]:
    """Yield `message`, then shorter ones that list fewer alerts, down to one."""
    yield message
    for count in _FEWER:
        if count < len(message.alerts):
            left_out = message.truncated_alerts + len(message.alerts) - count
            yield msgspec.structs.replace(message, alerts=message.alerts[:count], truncated_alerts=left_out)


def title_of(alerts: tuple[MessageAlert, ...], *, firing: int, resolved: int, severity: int, reason: str) -> str:
    """Return the line of the phone's lock screen: how grave, what, how many more."""
    first = alerts[0]
    what = first.annotations.get("summary", first.rule)
    others = firing + resolved - 1
    if reason == "test":
        title = f"[THỬ] {what}" + (f" (và {others} cảnh báo khác)" if others else "")
    elif not firing:
        title = f"[ĐÃ HẾT] {what}" + (f" (và {others} cảnh báo khác)" if others else "")
    elif first.status == "resolved":
        title = f"[P{severity}] Đã hết: {what} (còn {firing} cảnh báo)"
    else:
        lead = f"[P{severity}{_LEADS.get(reason, '')}]"
        title = f"{lead} {what}" + (f" (và {others} cảnh báo khác)" if others else "")
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…"
