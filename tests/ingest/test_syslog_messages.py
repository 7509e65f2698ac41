"""Syslog without a network: frames out of streams, and parts out of messages."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.source_entries import SyslogSource
from ingest.syslog.framing import Frame, Framer
from ingest.syslog.message import SyslogMessage, parse_message
from ingest.syslog.ordinals import Ordinals
from ingest.syslog.security import LineReader
from ingest.syslog.senders import Senders
from ioc_core.events import decode_batch, encode_batch

NOW = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def parse(text: str | bytes) -> SyslogMessage:
    return parse_message(text if isinstance(text, bytes) else text.encode(), received_at=NOW, zone=ZONE)


def line_reader() -> LineReader:
    source = SyslogSource(name="devices", title="x", kind="syslog", addresses=("127.0.0.1",), unit="SKHCN")
    return LineReader(source, ZONE, timedelta(days=365))


@pytest.mark.parametrize(
    ("stream", "frames"),
    [
        pytest.param(b"<1>a\n<1>b\r\n", ["<1>a", "<1>b"], id="newlines"),
        pytest.param(b"4 <1>a4 <1>b", ["<1>a", "<1>b"], id="octet counts"),
        pytest.param(b"5 <1>a\n<1>b\n4 <1>c<1>d\n", ["<1>a", "<1>b", "<1>c", "<1>d"], id="both in one stream"),
        pytest.param(b"8 <1>a\nb\nc<1>d\n", ["<1>a\nb\nc", "<1>d"], id="newlines inside a counted message"),
        pytest.param(b"\n\r\n\0<1>a\n\n", ["<1>a"], id="blank lines"),
        pytest.param(
            b"2026-01-01 no priority\n12 apples\n",
            ["2026-01-01 no priority", "12 apples"],
            id="lines that begin with a number",
        ),
        pytest.param("7 <1>ảb".encode() + b"<1>c\n", ["<1>ảb", "<1>c"], id="counts are bytes, not letters"),
    ],
)
def test_frames(stream: bytes, frames: list[str]) -> None:
    for size in (1, 2, 3, 7, len(stream)):
        framer = Framer()
        found = [frame for start in range(0, len(stream), size) for frame in framer.feed(stream[start : start + size])]
        assert [frame.data.decode() for frame in found + framer.end()] == frames


@pytest.mark.parametrize("counted", [True, False], ids=["octet counts", "newlines"])
def test_a_message_that_is_too_long_is_cut_and_the_next_is_whole(counted: bool) -> None:
    long, after = b"<1>" + b"x" * 50, b"<1>after"
    stream = b"53 " + long + b"8 " + after if counted else long + b"\n" + after + b"\n"
    for size in (1, 5, 21, len(stream)):
        framer = Framer(limit=20)
        found = [frame for start in range(0, len(stream), size) for frame in framer.feed(stream[start : start + size])]
        assert found == [Frame(long[:20], truncated=True), Frame(after)]


def test_a_stream_that_ends_inside_a_message() -> None:
    framer = Framer()
    assert framer.feed(b"10 <1>ab") == []
    assert framer.end() == [Frame(b"<1>ab", truncated=True)]
    framer = Framer()
    assert framer.feed(b"<1>ab") == []
    assert framer.end() == [Frame(b"<1>ab")]


def test_an_absurd_count_breaks_the_stream_but_not_what_came_before() -> None:
    framer = Framer()
    assert framer.feed(b"<1>a\n999999999 <") == [Frame(b"<1>a")]
    assert framer.broken is not None
    assert framer.feed(b"<1>b\n") == framer.end() == []


@settings(max_examples=200, deadline=None)
@given(
    messages=st.lists(
        st.binary(min_size=1, max_size=40).map(lambda data: b"<1>" + data.strip(b"\r\n\0") + b"."), max_size=8
    ),
    counted=st.lists(st.booleans(), min_size=8, max_size=8),
    cuts=st.lists(st.integers(1, 30), min_size=1, max_size=10),
)
def test_any_mix_of_frames_in_any_pieces(messages: list[bytes], counted: list[bool], cuts: list[int]) -> None:
    sent = [data if octets else data.replace(b"\n", b" ") for data, octets in zip(messages, counted, strict=False)]
    pairs = zip(sent, counted, strict=False)
    stream = b"".join(b"%d %s" % (len(data), data) if octets else data + b"\n" for data, octets in pairs)
    framer, found, start, turn = Framer(), [], 0, 0
    while start < len(stream):
        size = cuts[turn % len(cuts)]
        found += framer.feed(stream[start : start + size])
        start, turn = start + size, turn + 1
    assert [frame.data for frame in found + framer.end()] == sent


@settings(max_examples=200, deadline=None)
@given(pieces=st.lists(st.binary(max_size=100), max_size=10))
def test_any_bytes_can_be_fed_and_read(pieces: list[bytes]) -> None:
    framer = Framer(limit=64)
    frames = [frame for piece in pieces for frame in framer.feed(piece)] + framer.end()
    events = [line_reader().read(frame.data, "1", NOW, host="h", truncated=frame.truncated) for frame in frames]
    assert list(decode_batch(encode_batch(events))) == events


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "<34>1 2026-01-01T07:00:00.003+07:00 fw1.daklak.vn sshd 812 ID47 - Failed",
            (4, 2, "2026-01-01T00:00:00.003000+00:00", "fw1.daklak.vn", "sshd", "812", "Failed"),
            id="RFC 5424",
        ),
        pytest.param(
            '<165>1 2026-01-01T00:00:00Z h app - - [a@1 b="x\\]y" c="1"][d e="f"] \ufeffTiếng Việt',
            (20, 5, "2026-01-01T00:00:00+00:00", "h", "app", None, "Tiếng Việt"),
            id="RFC 5424 with structured data and a byte-order mark",
        ),
        pytest.param(
            "<165>1 - - - - - -",
            (20, 5, None, None, None, None, "-"),
            id="RFC 5424 that says nothing",
        ),
        pytest.param(
            "<34>Dec 31 23:59:58 host su[12]: 'su root' failed",
            (4, 2, "2025-12-31T16:59:58+00:00", "host", "su", "12", "'su root' failed"),
            id="RFC 3164, last year's",
        ),
        pytest.param(
            "<13>Jan  1 07:04:00 host app: x",
            (1, 5, "2026-01-01T00:04:00+00:00", "host", "app", None, "x"),
            id="RFC 3164, a day of one digit",
        ),
        pytest.param(
            "<13>Jan  1 07:04:00 app[3]: no host",
            (1, 5, "2026-01-01T00:04:00+00:00", None, "app", "3", "no host"),
            id="RFC 3164 without a host",
        ),
        pytest.param(
            "<13>2026-01-01T07:04:00.123456+07:00 host sshd[9]: x",
            (1, 5, "2026-01-01T00:04:00.123456+00:00", "host", "sshd", "9", "x"),
            id="rsyslog's forward format",
        ),
        pytest.param(
            "Jan  1 07:04:00 host kernel: [1.0] x",
            (1, 5, "2026-01-01T00:04:00+00:00", "host", "kernel", None, "[1.0] x"),
            id="a line of a file, without priority",
        ),
        pytest.param(
            "<166>Jan 01 2026 07:04:00: %ASA-6-302013: Built",
            (20, 6, "2026-01-01T00:04:00+00:00", None, "%ASA-6-302013", None, "Built"),
            id="Cisco ASA",
        ),
        pytest.param("<999>x", (1, 5, None, None, None, None, "<999>x"), id="an impossible priority"),
        pytest.param(
            "<13>Feb 30 00:00:00 host x",
            (1, 5, None, None, None, None, "Feb 30 00:00:00 host x"),
            id="an impossible day",
        ),
        pytest.param(
            b"<13>\xff\xfe\x00bad", (1, 5, None, None, None, None, "\ufffd\ufffd\ufffdbad"), id="no UTF-8, and a NUL"
        ),
        pytest.param("plain words", (1, 5, None, None, None, None, "plain words"), id="plain words"),
    ],
)
def test_messages(text: str | bytes, expected: tuple[object, ...]) -> None:
    found = parse(text)
    at = None if found.at is None else found.at.isoformat()
    assert (found.facility, found.severity, at, found.host, found.app, found.process_id, found.text) == expected


def test_a_clock_that_is_far_off_is_replaced_by_ours() -> None:
    for text, at in (
        ("<13>Jan  1 07:14:00 host app: 9 minutes ahead", datetime(2026, 1, 1, 0, 14, tzinfo=UTC)),
        ("<13>1 2026-01-01T09:00:00Z h a - - - hours ahead", NOW),
        ("<13>1 1970-01-01T00:00:00Z h a - - - reset", NOW),
    ):
        assert line_reader().read(text.encode(), "1", NOW, host=None).observed_at == at


def test_identical_messages_are_counted_and_forgotten_in_the_end() -> None:
    ordinals = Ordinals(remembered=2)
    assert [ordinals.next(data) for data in (b"a", b"a", b"b", b"c", b"a")] == [0, 1, 0, 0, 0]


def test_the_longest_prefix_of_an_address_wins() -> None:
    wide = SyslogSource(name="wide", title="x", kind="syslog", addresses=("10.0.0.0/8", "2001:db8::/32"))
    narrow = SyslogSource(name="narrow", title="x", kind="syslog", addresses=("10.1.0.0/16", "10.2.0.1"))
    senders = Senders([wide, narrow], zone=ZONE, kept_for=timedelta(days=1))
    names = [
        None if (reader := senders.reader(address)) is None else reader.source.name
        for address in (
            "10.9.9.9",
            "10.1.2.3",
            "10.2.0.1",
            "10.2.0.2",
            "::ffff:10.1.0.1",
            "2001:db8::5",
            "192.0.2.1",
            "",
        )
    ]
    assert names == ["wide", "narrow", "narrow", "wide", "narrow", "wide", None, None]
