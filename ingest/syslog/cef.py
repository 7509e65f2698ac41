"""ArcSight's Common Event Format, the line that most security devices can write."""

import re

from msgspec import Struct

_HEADER = re.compile(
    r"CEF:\d+\|(?P<vendor>(?:[^|\\]|\\.){0,200})\|(?P<product>(?:[^|\\]|\\.){0,200})\|(?P<version>(?:[^|\\]|\\.){0,100})"
    r"\|(?P<signature>(?:[^|\\]|\\.){0,200})\|(?P<name>(?:[^|\\]|\\.){0,300})\|(?P<severity>[^|]{0,20})\|"
)
_KEY = re.compile(r"(?:\A|(?<= ))([A-Za-z0-9_.]{1,60})=")
_WORDS = {"low": 20, "unknown": 20, "medium": 50, "high": 75, "very-high": 95, "critical": 95}
_DENIED = frozenset({"deny", "denied", "block", "blocked", "drop", "dropped", "reject", "rejected", "failure"})
_CATEGORIES = (
    ("malware", ("malware", "virus", "trojan", "ransom", "spyware")),
    ("intrusion_detection", ("intrusion", "ips", "ids", "exploit", "attack", "threat")),
    ("authentication", ("login", "logon", "authentication", "password")),
    ("web", ("waf", "web", "url", "http", "sql injection")),
    ("network", ("firewall", "traffic", "connection", "deny", "drop", "scan")),
)


class CefEvent(Struct, frozen=True):
    """What a CEF line says; severity on the scale of 0 to 100."""

    category: str
    severity: int
    name: str
    action: str | None
    outcome: str | None
    source: str | None
    user: str | None
    host: str | None


def parse_cef(text: str) -> CefEvent | None:
    """The event of a line that holds a CEF header, None when it holds none."""
    header = _HEADER.search(text)
    if header is None:
        return None
    fields = _extension(text[header.end() :])
    action = (fields.get("act") or "").lower()
    outcome = (fields.get("outcome") or "").lower()
    words = " ".join((header["name"], header["product"], fields.get("cat", ""), action)).lower()
    category = next((kind for kind, hints in _CATEGORIES if any(hint in words for hint in hints)), "host")
    return CefEvent(
        category=category,
        severity=_severity(header["severity"]),
        name=re.sub(r"\\(.)", r"\1", header["name"]) or header["signature"],
        action=action or None,
        outcome="failure" if {action, outcome} & _DENIED else ("success" if outcome == "success" else "unknown"),
        source=fields.get("src") or fields.get("sourceAddress"),
        user=fields.get("suser") or fields.get("duser"),
        host=fields.get("dvchost") or fields.get("dhost"),
    )


def _severity(text: str) -> int:
    word = text.strip().lower()
    if word.isascii() and word.isdigit():
        return min(int(word[:3]), 10) * 10
    return _WORDS.get(word, 20)


def _extension(text: str) -> dict[str, str]:
    """Keys and values: a value runs to the last space before the next key."""
    keys = list(_KEY.finditer(text))
    ends = [key.start() for key in keys[1:]] + [len(text)]
    return {key[1]: text[key.end() : end].strip() for key, end in zip(keys, ends, strict=True)}
