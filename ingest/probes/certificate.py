"""Reads when an X.509 certificate expires, out of its DER form (RFC 5280, 4.1), trusted or not."""

from datetime import UTC, datetime

_SEQUENCE = 0x30
_VERSION = 0xA0
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18


def not_after(der: bytes) -> datetime | None:
    """When the certificate expires, UTC; None when `der` is no certificate."""
    try:
        certificate = _content(der, 0, _SEQUENCE)
        signed = _content(certificate, 0, _SEQUENCE)
        position = _after(signed, 0) if signed[0] == _VERSION else 0
        for _ in range(3):  # serial number, signature algorithm, issuer
            position = _after(signed, position)
        validity = _content(signed, position, _SEQUENCE)
        return _time(validity, _after(validity, 0))
    except (IndexError, ValueError):
        return None


def _bounds(data: bytes, position: int) -> tuple[int, int]:
    """Where the content of an element begins and ends."""
    length = data[position + 1]
    start = position + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if start + length > len(data):
        raise ValueError("an element is longer than what holds it")
    return start, start + length


def _content(data: bytes, position: int, tag: int) -> bytes:
    if data[position] != tag:
        raise ValueError(f"tag {data[position]:#x} where {tag:#x} was due")
    start, end = _bounds(data, position)
    return data[start:end]


def _after(data: bytes, position: int) -> int:
    return _bounds(data, position)[1]


def _time(data: bytes, position: int) -> datetime:
    start, end = _bounds(data, position)
    text = data[start:end].decode("ascii")
    if data[position] == _GENERALIZED_TIME:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    if data[position] != _UTC_TIME:
        raise ValueError("neither UTCTime nor GeneralizedTime")
    century = "20" if int(text[:2]) < 50 else "19"
    return datetime.strptime(century + text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
