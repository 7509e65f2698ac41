"""Messages to look at texts with, and to try a channel with. Pure."""

import uuid
from datetime import datetime, timedelta

from alerts.message import Message, MessageAlert, Status, title_of

TEST = "test"
"""The reason of a message that somebody sends to try a channel."""
_SUMMARY = "Tin thử: kênh nhắn tin của trung tâm điều hành"
_DESCRIPTION = "Đây là tin thử, không có sự cố nào. Không cần làm gì.\nNgười gửi muốn biết tin có đến nơi không."


def sample(
    now: datetime, *, receiver: str, status: Status = "firing", alerts: int = 1, console_url: str = ""
) -> Message:
    """Return a message about `alerts` made-up alerts; half of those behind the first are over."""
    made = tuple(_alert(number, now, status) for number in range(alerts))
    firing = sum(alert.status == "firing" for alert in made)
    return Message(
        id=uuid.uuid4().hex,
        receiver=receiver,
        status=status,
        reason=TEST,
        severity=3,
        title=title_of(made, firing=firing, resolved=alerts - firing, severity=3, reason=TEST),
        group_key="test",
        group_labels={"alertname": "ChannelTest"},
        firing=firing,
        resolved=alerts - firing,
        alerts=made,
        truncated_alerts=0,
        created_at=now,
        console_url=console_url,
    )


def _alert(number: int, now: datetime, status: Status) -> MessageAlert:
    over = status == "resolved" or number % 2 == 1
    return MessageAlert(
        id=number,
        fingerprint=f"test-{number}",
        rule="ChannelTest",
        status="resolved" if over else "firing",
        severity=3,
        labels={"unit": f"{number:02}"},
        details={},
        annotations={"summary": _SUMMARY, "description": _DESCRIPTION} if number % 3 == 0 else {"summary": _SUMMARY},
        value=1.0,
        starts_at=now - timedelta(minutes=5),
        ends_at=now if over else None,
        acknowledged_by=None,
    )
