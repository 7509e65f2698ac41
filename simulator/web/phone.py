"""The on-call phone: keeps the notifications that webhooks bring, once each, and shows them as a phone would. Pure."""

from collections import OrderedDict, deque
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

KEPT_MESSAGES = 100
KEPT_KEYS = 10_000
KEPT_LINES = 8
LOWEST_SEVERITY = 4
TITLE_LENGTH = 200
TEXT_LENGTH = 1000

_TITLES = ("title", "summary", "subject", "headline", "alertname", "name")
_TEXTS = ("text", "message", "body", "description", "content")
_LINKS = ("link", "console_url", "url", "ack_url", "externalURL", "generatorURL")
_STATES = ("status", "state", "event")
_PARTS = ("alert", "group", "notification", "commonAnnotations", "annotations", "commonLabels", "labels")


class PhoneMessage(Struct, frozen=True):
    """One notification as the phone shows it; `payload` is what came."""

    key: str
    received_at: datetime
    title: str
    text: str
    status: str
    severity: int  # 1 (emergency) to 4 (low); 4 when the message doesn't say
    link: str
    action: str  # the link by which it is taken on from the phone; empty: none
    payload: object


class Phone:
    """The last hundred notifications; one that comes again with the same idempotency key is counted, not shown."""

    def __init__(self) -> None:
        self.duplicates = 0
        self._messages: deque[PhoneMessage] = deque(maxlen=KEPT_MESSAGES)
        self._keys: OrderedDict[str, None] = OrderedDict()

    @property
    def messages(self) -> list[PhoneMessage]:
        """What the phone shows, newest first."""
        return list(reversed(self._messages))

    def receive(self, payload: object, *, key: str, now: datetime) -> bool:
        """Take a notification; return whether it is new. An empty `key` is always new."""
        if key:
            if key in self._keys:
                self.duplicates += 1
                return False
            self._keys[key] = None
            if len(self._keys) > KEPT_KEYS:
                self._keys.popitem(last=False)
        self._messages.append(
            PhoneMessage(
                key=key,
                received_at=now,
                title=_first(payload, _TITLES)[:TITLE_LENGTH] or "Thông báo",
                text=_text(payload)[:TEXT_LENGTH],
                status=_first(payload, _STATES)[:TITLE_LENGTH],
                severity=_severity(payload),
                link=_web_address(_first(payload, _LINKS)),
                action=_web_address(_action(payload)),
                payload=payload,
            )
        )
        return True


def _first(payload: object, names: tuple[str, ...]) -> str:
    """The first of `names` that says something: in the payload, its named parts, then its list of alerts."""
    if not isinstance(payload, Mapping):
        return ""
    for name in names:
        value = payload.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    alerts = payload.get("alerts")
    parts = [payload.get(part) for part in _PARTS] + (list(alerts[:1]) if isinstance(alerts, list) else [])
    return next((found for part in parts if (found := _first(part, names))), "")


def _text(payload: object) -> str:
    """One line for each of the first alerts when there are several, else the message's own text."""
    alerts = payload.get("alerts") if isinstance(payload, Mapping) else None
    if isinstance(alerts, list) and len(alerts) > 1:
        lines = (_first(alert, ("summary", *_TEXTS)) for alert in alerts[:KEPT_LINES])
        return "\n".join(line for line in lines if line)
    return _first(payload, _TEXTS)


def _action(payload: object) -> str:
    links = payload.get("links") if isinstance(payload, Mapping) else None
    link = links.get("ack") if isinstance(links, Mapping) else None
    return link if isinstance(link, str) else ""


def _severity(payload: object) -> int:
    value = payload.get("severity") if isinstance(payload, Mapping) else None
    return value if isinstance(value, int) and 1 <= value <= 4 else LOWEST_SEVERITY


def _web_address(text: str) -> str:
    return text if text.startswith(("http://", "https://")) else ""
