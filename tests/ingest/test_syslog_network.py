"""Syslog over real sockets: from plain clients, and from a real rsyslogd."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ioc_core.events import Rejected, SecurityEvent
from tests.ingest.conftest import Ingest

LINES = 2000
RSYSLOGD = shutil.which("rsyslogd", path="/usr/sbin:/usr/local/sbin:/usr/bin")


async def tcp(ingest: Ingest, data: bytes, *, address: str = "127.0.0.1") -> None:
    """Send a stream and end it."""
    port = ingest.settings.syslog_port
    _, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    writer.write(data)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


def udp(ingest: Ingest, *datagrams: bytes, address: str = "127.0.0.1") -> None:
    """Send datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((address, 0))
        for datagram in datagrams:
            client.sendto(datagram, ("127.0.0.1", ingest.settings.syslog_port))


async def test_both_framings_in_one_connection(ingest: Ingest) -> None:
    await tcp(ingest, b"<13>Jan  1 07:00:00 h app: line\n22 <13>1 - h a - - - two\r\n<13>last, without newline")
    events = await ingest.events(SecurityEvent, 3)
    assert [event.message for event in events] == ["line", "two", "last, without newline"]
    assert {(event.source, event.unit, event.system) for event in events} == {
        ("devices", "SKHCN", "security-monitoring")
    }


async def test_a_security_line_over_udp_becomes_an_ecs_event(ingest: Ingest) -> None:
    udp(ingest, b"<38>Jan  1 07:04:00 web1 sshd[1]: Failed password for root from 203.0.113.9 port 52110 ssh2\n")
    (event,) = await ingest.events(SecurityEvent, 1)
    assert (event.event_category, event.event_outcome, event.source_ip, event.user_name, event.host_name) == (
        "authentication",
        "failure",
        "203.0.113.9",
        "root",
        "web1",
    )
    assert event.raw.startswith("<38>Jan  1 07:04:00")


async def test_a_line_that_names_no_host_is_of_its_sender(ingest: Ingest) -> None:
    udp(ingest, b"<13>hello")
    (event,) = await ingest.events(SecurityEvent, 1)
    assert event.host_name == "127.0.0.1"


async def test_identical_lines_are_several_events_and_a_repetition_is_none(ingest: Ingest) -> None:
    line = b"<13>Jan  1 07:00:00 h app: the same\n"
    await tcp(ingest, line * 3)
    first = [event.event_id for event in await ingest.events(SecurityEvent, 3)]
    await tcp(ingest, line * 3)  # a sender that lost its connection sends what it isn't sure of again
    second = [event.event_id for event in await ingest.events(SecurityEvent, 3)]
    assert len(set(first)) == 3
    assert first == second


async def test_a_message_that_is_too_long_is_cut_and_marked(ingest: Ingest) -> None:
    await tcp(ingest, b"<13>x: " + b"y" * 100_000 + b"\n<13>after\n")
    udp(ingest, b"<13>x: " + b"y" * 40_000)
    events = await ingest.events(SecurityEvent, 3)
    assert sorted(event.message.endswith("[…cut off]") for event in events) == [False, True, True]
    assert max(len(event.raw) for event in events) == 16_384


async def test_unknown_addresses_are_refused_counted_and_kept(ingest: Ingest) -> None:
    udp(ingest, b"<13>who am I", address="127.0.0.9")
    (by_udp,) = await ingest.events(Rejected, 1)
    assert (by_udp.source, by_udp.port, by_udp.reason, by_udp.raw) == (
        "unknown",
        "syslog",
        "unknown_address",
        b"<13>who am I",
    )
    assert "127.0.0.9" in by_udp.detail
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", ingest.settings.syslog_port, local_addr=("127.0.0.9", 0)
    )
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()
    assert (await ingest.events(Rejected, 1))[0].reason == "unknown_address"


async def test_a_stream_out_of_step_is_hung_up(ingest: Ingest) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", ingest.settings.syslog_port)
    writer.write(b"<13>good\n999999999 <13>bad")
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()
    events = [event for event in await ingest.all_events() if isinstance(event, (SecurityEvent, Rejected))]
    assert [getattr(event, "message", None) or getattr(event, "reason", None) for event in events] == [
        "good",
        "bad_framing",
    ]


async def test_garbage_at_the_port_does_not_hurt(ingest: Ingest) -> None:
    await tcp(ingest, b"\x16\x03\x01" + bytes(range(256)) * 50)
    udp(ingest, b"", b"\0\0\0", bytes(range(256)) * 200)
    udp(ingest, b"<13>alive")
    messages = [event.message for event in await ingest.all_events() if isinstance(event, SecurityEvent)]
    assert "alive" in messages


async def test_ten_thousand_lines_at_once_over_tcp(ingest: Ingest) -> None:
    await tcp(ingest, b"".join(b"<13>Jan  1 07:00:00 h app: line %d\n" % number for number in range(10_000)))
    events = await ingest.events(SecurityEvent, 10_000, within=30.0)
    assert {event.message for event in events} == {f"line {number}" for number in range(10_000)}


@asynccontextmanager
async def rsyslogd(home: Path, action: str) -> AsyncIterator[None]:
    """A real rsyslogd that forwards a file of lines."""
    assert RSYSLOGD is not None, "rsyslogd is not installed (Debian's package rsyslog)"
    config = home / "rsyslog.conf"
    config.write_text(
        f"""global(workDirectory="{home}")
module(load="imfile" PollingInterval="1")
input(type="imfile" File="{home}/lines.log" Tag="portal:" Severity="info" Facility="local0")
action({action})
""",
        encoding="utf-8",
    )
    process = await asyncio.create_subprocess_exec(
        *(RSYSLOGD, "-n", "-f", str(config), "-i", str(home / "pid")),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize(
    "how",
    [
        pytest.param('protocol="tcp" template="RSYSLOG_TraditionalForwardFormat"', id="TCP, newlines, RFC 3164"),
        pytest.param(
            'protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"',
            id="TCP, octet counts, RFC 5424",
        ),
        pytest.param('protocol="udp" UDP.SendDelay="100" template="RSYSLOG_ForwardFormat"', id="UDP, paced"),
        pytest.param(
            'protocol="udp" UDP.SendDelay="100" template="RSYSLOG_TraditionalForwardFormat"', id="UDP, RFC 3164"
        ),
    ],
)
async def test_a_real_rsyslogd_arrives_complete(ingest: Ingest, tmp_path: Path, how: str) -> None:
    lines = [f"dòng {number}" if number % 10 else "the same every time" for number in range(LINES)]
    (tmp_path / "lines.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    port = ingest.settings.syslog_port
    async with rsyslogd(tmp_path, f'type="omfwd" target="127.0.0.1" port="{port}" {how}'):
        events = await ingest.events(SecurityEvent, LINES, within=30.0)
        events += [event for event in await ingest.all_events() if isinstance(event, SecurityEvent)]
    forwarded = [event for event in events if event.process_name == "portal"]
    assert sorted(event.message for event in forwarded) == sorted(lines)
    assert len({(event.event_id, event.observed_at) for event in forwarded}) == LINES
