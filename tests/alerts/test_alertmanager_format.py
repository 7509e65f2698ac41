"""`format: alertmanager`: the payload of Alertmanager's webhooks, version 4."""

import json
from typing import Any

from alerts.channels import CHANNELS
from alerts.channels.outcome import Ok, Surroundings
from alerts.channels.webhook import WebhookModel
from tests.alerts.messages import alert, message
from tests.alerts.night import ZONE
from tests.alerts.phone import Phone


async def received(phone: Phone, told: Any) -> dict[str, Any]:
    """What a receiver that understands Alertmanager gets."""
    model = WebhookModel.model_validate({"type": "webhook", "url": phone.url, "format": "alertmanager"})
    channel = CHANNELS["webhook"].make(model, Surroundings({}, ZONE))
    assert await channel.send(told) == Ok()
    await channel.close()
    body: dict[str, Any] = json.loads(phone.calls[-1].raw)
    return body


async def test_it_is_what_alertmanager_would_send(phone: Phone) -> None:
    ended = alert(2, status="resolved", ends_at=message().created_at, labels={"system": "igate", "target": "b"})
    told = message(alert(1), ended, truncated_alerts=3, links={"ack": "https://ioc.example.vn/a/x"})
    body = await received(phone, told)
    first, second = body.pop("alerts")
    assert body == {
        "version": "4",
        "groupKey": "9f9f",
        "truncatedAlerts": 3,
        "status": "firing",
        "receiver": "truc-ban",
        "groupLabels": {"alertname": "SystemDown"},
        "commonLabels": {"alertname": "SystemDown", "severity": "1", "system": "igate"},
        "commonAnnotations": alert(2).annotations,
        "externalURL": "http://127.0.0.1:8501/console",
    }
    assert first == {
        "status": "firing",
        "labels": {
            "alertname": "SystemDown",
            "severity": "1",
            "system": "igate",
            "target": "https://igate.example.vn",
        },
        "annotations": {**alert().annotations, "ack": "https://ioc.example.vn/a/x"},
        "startsAt": "2026-11-20T20:04:05Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://127.0.0.1:8501/console",
        "fingerprint": "f1",
    }
    assert (second["status"], second["endsAt"]) == ("resolved", "2026-11-20T20:04:06Z")
    assert "ack" not in second["annotations"]


async def test_every_value_of_labels_and_annotations_is_text(phone: Phone) -> None:
    body = await received(phone, message(alert(severity=2)))
    for each in body["alerts"]:
        assert all(isinstance(value, str) for value in (*each["labels"].values(), *each["annotations"].values()))
    assert phone.calls[-1].key == message().id
