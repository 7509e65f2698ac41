"""Messages as the engine makes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.message import Message, MessageAlert

AT = datetime(2026, 11, 20, 20, 4, 5, tzinfo=UTC)  # 03:04:05 in the province


def alert(number: int = 1, **fields: Any) -> MessageAlert:
    """A firing alert; `fields` replace the usual ones."""
    usual: dict[str, Any] = {
        "id": number,
        "fingerprint": f"f{number}",
        "rule": "SystemDown",
        "status": "firing",
        "severity": 1,
        "labels": {"target": "https://igate.example.vn", "system": "igate"},
        "details": {"error": "hết giờ"},
        "annotations": {
            "summary": "Một cửa điện tử <iGate> không truy cập được",
            "description": "Việc cần làm: gọi trực vận hành.\nSau đó: kiểm tra đường truyền.",
            "runbook_url": "https://ioc.example.vn/runbook?a=1&b=2",
        },
        "value": 1.0,
        "starts_at": AT,
        "ends_at": None,
        "acknowledged_by": None,
    }
    return MessageAlert(**usual | fields)


def message(*alerts: MessageAlert, **fields: Any) -> Message:
    """A message about `alerts`; `fields` replace the usual ones."""
    listed = alerts or (alert(),)
    usual: dict[str, Any] = {
        "id": "0123abcd-webhook-0",
        "receiver": "truc-ban",
        "status": "firing",
        "reason": "first",
        "severity": 1,
        "title": "[P1] Một cửa điện tử <iGate> không truy cập được",
        "group_key": "9f9f",
        "group_labels": {"alertname": "SystemDown"},
        "firing": sum(item.status == "firing" for item in listed),
        "resolved": sum(item.status == "resolved" for item in listed),
        "alerts": listed,
        "truncated_alerts": 0,
        "created_at": AT + timedelta(seconds=1),
        "console_url": "http://127.0.0.1:8501/console",
    }
    return Message(**usual | fields)
