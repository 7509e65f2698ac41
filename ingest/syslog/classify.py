"""What a log line means for security: the table of detections, CEF, or only its own severity."""

from collections.abc import Mapping
from ipaddress import ip_address

from msgspec import Struct

from ingest.syslog.cef import parse_cef
from ingest.syslog.detections import DETECTIONS, WEB_CLIENT, Detection
from ingest.syslog.message import SyslogMessage

_EXAMINED = 2048
"""Characters of a line that patterns look at: bounds their time on hostile lines."""
# Syslog's severities (emergency to debug) on the scale of 0 to 100.
_SEVERITY = (80, 75, 65, 45, 25, 10, 5, 1)
_OF_PRIORITY = {"1": 90, "2": 65, "3": 40, "4": 20}


class Finding(Struct, frozen=True):
    """What a line means; names are those of `SecurityEvent`."""

    category: str
    severity: int
    action: str | None = None
    outcome: str | None = None
    rule: str | None = None
    source_ip: str | None = None
    user: str | None = None
    host: str | None = None


def classify(message: SyslogMessage) -> Finding:
    """What a message means for security. A line of no known kind is category `host` with its own severity."""
    text = message.text[:_EXAMINED]
    if message.app is not None and message.app.startswith("%"):  # Cisco's message code stands where the tag stands
        text = f"{message.app}: {text}"
    lower = text.lower()
    if "cef:" in lower:
        cef = parse_cef(text)
        if cef is not None:
            return Finding(
                category=cef.category,
                severity=cef.severity,
                action=cef.action,
                outcome=cef.outcome,
                rule=cef.name,
                source_ip=_ip(cef.source),
                user=cef.user,
                host=cef.host,
            )
    app = (message.app or "").lower()
    for detection in DETECTIONS:
        if not any(needle in lower for needle in detection.needles):
            continue
        if detection.programs and not app.startswith(detection.programs):
            continue
        match = detection.pattern.search(text)
        if match is None:
            continue
        return _finding(detection, match.groupdict(), text)
    return Finding(category="host", severity=_SEVERITY[message.severity])


def _finding(detection: Detection, found: Mapping[str, str | None], text: str) -> Finding:
    address = _ip(found.get("ip"))
    if address is None and detection.meaning.category == "web":
        client = WEB_CLIENT.search(text)
        address = None if client is None else _ip(client["ip"])
    return Finding(
        category=detection.meaning.category,
        severity=_OF_PRIORITY.get(found.get("priority") or "", detection.severity),
        action=detection.meaning.action,
        outcome=detection.meaning.outcome,
        rule=found.get("rule") or detection.rule,
        source_ip=address,
        user=found.get("user") or None,
    )


def _ip(text: str | None) -> str | None:
    """An address, perhaps with a port (`192.0.2.1:52110`), in its usual form; None when it is none."""
    if text is None:
        return None
    trimmed = text.rstrip(".:")
    if trimmed.count(":") == 1:
        trimmed = trimmed.partition(":")[0]
    try:
        return str(ip_address(trimmed))
    except ValueError:
        return None
