"""One syslog message: RFC 5424, RFC 3164 and its relatives → its parts. Never raises: every text is some message."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from ingest.text import clean

_DEFAULT_PRIORITY = 13  # user.notice (RFC 3164, 4.3.3)
_LONGEST = 16_384
_PRIORITY = re.compile(r"<(\d{1,3})>")
_NIL = "-"
_HEADER_5424 = re.compile(r"1 (\S{1,40}) (\S{1,255}) (\S{1,100}) (\S{1,128}) (\S{1,64}) ")
_STRUCTURED = re.compile(r'\[[^\s=\]"]{1,64}(?: [^\s=\]"]{1,64}="(?:[^"\\\]]|\\.)*")*\]')
_ISO = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) ")
_BSD = re.compile(r"([A-Z][a-z]{2}) +(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?:? ")
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_TAG = re.compile(r"([^\s:\[\]<>\"'=]{1,100})(?:\[([^\]\s]{0,64})\])?:(?: |\Z)")
_HOST = re.compile(r"([A-Za-z0-9._:-]{1,255}) ")


class SyslogMessage(Struct, frozen=True):
    """The parts of a message; None where it says nothing. `severity` is syslog's, 0 (emergency) to 7 (debug)."""

    facility: int
    severity: int
    text: str
    raw: str
    at: datetime | None = None
    host: str | None = None
    app: str | None = None
    process_id: str | None = None


def parse_message(data: bytes, *, received_at: datetime, zone: ZoneInfo) -> SyslogMessage:
    """The parts of a message. `zone` and `received_at` complete times that name neither zone nor year."""
    raw = clean(data.decode("utf-8", "replace").lstrip("\N{BYTE ORDER MARK}"), _LONGEST)
    priority, start = _DEFAULT_PRIORITY, 0
    match = _PRIORITY.match(raw)
    if match and int(match[1]) <= 191:
        priority, start = int(match[1]), match.end()
    facility, severity = divmod(priority, 8)
    header = _HEADER_5424.match(raw, start) if start else None
    if header:
        return _of_5424(raw, header, facility, severity)
    return _of_3164(raw, start, facility, severity, received_at=received_at, zone=zone)


def _of_5424(raw: str, header: re.Match[str], facility: int, severity: int) -> SyslogMessage:
    time, host, app, process_id, _ = header.groups()
    position = header.end()
    if raw.startswith(_NIL, position):
        position += 1
    else:
        while element := _STRUCTURED.match(raw, position):
            position = element.end()
    text = raw[position:].removeprefix(" ").lstrip("\N{BYTE ORDER MARK}")
    return SyslogMessage(
        facility=facility,
        severity=severity,
        text=text or raw[header.end() :],
        raw=raw,
        at=_iso(time, None),
        host=_given(host),
        app=_given(app),
        process_id=_given(process_id),
    )


def _of_3164(
    raw: str, start: int, facility: int, severity: int, *, received_at: datetime, zone: ZoneInfo
) -> SyslogMessage:
    at: datetime | None = None
    host = app = process_id = None
    after = start
    if iso := _ISO.match(raw, start):
        at, after = _iso(iso[1], zone), iso.end()
    elif bsd := _BSD.match(raw, start):
        at, after = _bsd(bsd, received_at, zone), bsd.end()
    position = start if at is None else after
    if at is not None and not _TAG.match(raw, position) and (named := _HOST.match(raw, position)):
        host, position = named[1], named.end()
    if tag := _TAG.match(raw, position):
        app, process_id, position = tag[1], tag[2] or None, tag.end()
    return SyslogMessage(
        facility=facility,
        severity=severity,
        text=raw[position:] or raw[start:],
        raw=raw,
        at=at,
        host=host,
        app=app,
        process_id=process_id,
    )


def _given(value: str) -> str | None:
    return None if value == _NIL else value


def _iso(text: str, zone: ZoneInfo | None) -> datetime | None:
    digits = re.sub(r"([.,]\d{6})\d+", r"\1", text.replace(",", "."))
    try:
        at = datetime.fromisoformat(digits)
        if at.tzinfo is None:
            return None if zone is None else at.replace(tzinfo=zone).astimezone(UTC)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _bsd(match: re.Match[str], received_at: datetime, zone: ZoneInfo) -> datetime | None:
    """A time without a year is of the year that brings it nearest to now."""
    name, day, year, hour, minute, second, fraction = match.groups()
    place = _MONTHS.find(name)
    if place < 0 or place % 3:
        return None
    month = place // 3 + 1
    microsecond = int((fraction or "0").ljust(6, "0"))
    now = received_at.astimezone(zone).year
    found: list[datetime] = []
    for candidate in [int(year)] if year else [now - 1, now, now + 1]:
        try:
            local = datetime(candidate, month, int(day), int(hour), int(minute), int(second), microsecond, tzinfo=zone)
            found.append(local.astimezone(UTC))
        except (ValueError, OverflowError):
            continue
    return min(found, key=lambda at: abs(at - received_at), default=None)
