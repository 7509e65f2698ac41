"""One line of a server's log, and the two wire forms of syslog that carry it. Pure."""

from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from msgspec import Struct

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Wire(StrEnum):
    """How a host sends its log."""

    TCP_5424 = "tcp-5424"  # RFC 5424, octet-counted (RFC 6587)
    TCP_3164 = "tcp-3164"  # RFC 3164, one line each
    UDP_3164 = "udp-3164"  # RFC 3164, one datagram each


class LogLine(Struct, frozen=True):
    """A line written by `app` on `host` at `at` (epoch microseconds); facility and severity are syslog's numbers."""

    at: int
    host: str
    app: str
    pid: int
    facility: int
    severity: int
    text: str
    wire: Wire

    @property
    def seconds(self) -> int:
        """When, in whole epoch seconds."""
        return self.at // 1_000_000


def rfc5424(line: LogLine) -> bytes:
    """Return the line as RFC 5424 has it, in UTC with microseconds, without a frame."""
    at = datetime.fromtimestamp(line.at // 1_000_000, UTC).replace(microsecond=line.at % 1_000_000)
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    priority = line.facility * 8 + line.severity
    return f"<{priority}>1 {stamp} {line.host} {line.app} {line.pid} - - {line.text}".encode()


def rfc3164(line: LogLine, zone: tzinfo) -> bytes:
    """Return the line as RFC 3164 has it: local time, no year, no zone, without a frame."""
    at = datetime.fromtimestamp(line.seconds, zone)
    stamp = f"{_MONTHS[at.month - 1]} {at.day:2d} {at:%H:%M:%S}"
    priority = line.facility * 8 + line.severity
    return f"<{priority}>{stamp} {line.host} {line.app}[{line.pid}]: {line.text}".encode()


def octet_counted(message: bytes) -> bytes:
    """Return a message framed by its length (RFC 6587, 3.4.1)."""
    return b"%d %b" % (len(message), message)


def newline_framed(message: bytes) -> bytes:
    """Return a message ended by a line feed (RFC 6587, 3.4.2)."""
    return message.replace(b"\n", b" ") + b"\n"
