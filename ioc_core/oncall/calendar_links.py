"""Addresses of calendars that a calendar client may read without signing in: bound to one rotation, for good."""

import base64
import hashlib
import hmac

_MAC_BYTES = 16


def token(key: bytes, rotation: str) -> str:
    """Return the token of a rotation's calendar: 22 letters, digits, `-`, `_`. `key`: that of links in messages."""
    mac = hmac.digest(key, b"oncall-calendar:" + rotation.encode(), hashlib.sha256)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def is_token(key: bytes, rotation: str, said: str) -> bool:
    """Whether `said` is that rotation's token."""
    return hmac.compare_digest(token(key, rotation).encode(), said.encode())
