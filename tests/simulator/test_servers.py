"""The servers' logs: repeatable, attacks in them, and syslog's two forms as the RFCs have them."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from ingest.syslog.classify import classify
from ingest.syslog.message import parse_message
from simulator.episodes import Episode
from simulator.servers.attacks import BRUTE_FORCE, KINDS, LONGEST, attack_lines
from simulator.servers.line import LogLine, Wire, newline_framed, octet_counted, rfc3164, rfc5424
from simulator.servers.log import ServerLog
from simulator.workclock import DAY, HOUR

START = int(datetime(2026, 11, 19, 8, 0, tzinfo=UTC).timestamp())
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LINE = LogLine(
    at=START * 1_000_000 + 123_456,
    host="web-portal-01",
    app="sshd",
    pid=4242,
    facility=4,
    severity=6,
    text="Failed password for root from 203.0.113.7 port 40000 ssh2",
    wire=Wire.TCP_5424,
)


def test_rfc_5424_in_utc_with_microseconds() -> None:
    assert rfc5424(LINE) == (
        b"<38>1 2026-11-19T08:00:00.123456Z web-portal-01 sshd 4242 - - "
        b"Failed password for root from 203.0.113.7 port 40000 ssh2"
    )


def test_rfc_3164_in_local_time() -> None:
    assert rfc3164(LINE, ZONE).startswith(b"<38>Nov 19 15:00:00 web-portal-01 sshd[4242]: Failed password")


def test_frames() -> None:
    assert octet_counted("mã".encode()) == b"3 m\xc3\xa3"
    assert newline_framed(b"a\nb") == b"a b\n"


def test_the_same_seed_and_start_log_the_same() -> None:
    assert ServerLog(1, START).lines(START, START + 600) == ServerLog(1, START).lines(START, START + 600)
    assert ServerLog(1, START).lines(START, START + 600) != ServerLog(2, START).lines(START, START + 600)


def test_stretches_join_without_gap_or_overlap() -> None:
    log = ServerLog(766, START)
    pieces = [line for at in range(START, START + 900, 7) for line in log.lines(at, min(at + 7, START + 900))]
    assert pieces == log.lines(START, START + 900)


def test_a_brute_force_comes_within_two_minutes_of_any_start() -> None:
    for start in range(START, START + 20 * HOUR, HOUR):
        lines = ServerLog(766, start).lines(start, start + 120)
        failed = Counter(
            line.text.split(" from ")[1].split()[0] for line in lines if line.text.startswith("Failed password")
        )
        assert max(failed.values(), default=0) >= 20


def test_an_archive_of_thirty_days_is_some_hundreds_of_grave_lines() -> None:
    lines = ServerLog(766, START).archive(START - 30 * DAY, START)
    assert 500 < len(lines) < 1500
    assert all(START - 30 * DAY <= line.seconds < START for line in lines)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert len(set(map(rfc5424, lines))) == len(lines)


@pytest.mark.parametrize("kind", KINDS)
def test_attacks_come_from_documentation_networks(kind: str) -> None:
    lines = attack_lines(766, Episode(start=START, end=START + 60, kind=kind))
    assert lines
    assert all(b.at >= a.at for a, b in pairwise(lines))
    assert lines[-1].seconds - START <= LONGEST
    if kind != "malware":
        text = " ".join(line.text for line in lines)
        assert "203.0.113." in text or "198.51.100." in text


def test_no_two_lines_of_a_brute_force_are_the_same() -> None:
    lines = attack_lines(766, Episode(start=START, end=START + 60, kind=BRUTE_FORCE))
    assert len({rfc3164(line, ZONE) for line in lines}) == len(lines)


def test_every_way_of_sending_is_used() -> None:
    lines = ServerLog(766, START).lines(START, START + 600)
    assert {line.wire for line in lines} == set(Wire)
    assert 1 < len(lines) / 10 < 40


@pytest.mark.parametrize(
    ("kind", "category", "gravest"),
    [
        (BRUTE_FORCE, "authentication", 60),
        ("crawl", "web", 50),
        ("scan", "network", 20),
        ("malware", "malware", 90),
        ("injection", "web", 75),
        ("intrusion", "intrusion_detection", 90),
    ],
)
def test_ingest_knows_each_kind_of_attack(kind: str, category: str, gravest: int) -> None:
    lines = attack_lines(766, Episode(start=START, end=START + 60, kind=kind))
    received = datetime.fromtimestamp(START + LONGEST, UTC)
    findings = [classify(parse_message(rfc5424(line), received_at=received, zone=ZONE)) for line in lines]
    assert {finding.category for finding in findings} == {category}
    assert max(finding.severity for finding in findings) == gravest
    if kind != "malware":
        assert all(finding.source_ip is not None for finding in findings)


def test_a_day_brings_few_grave_events() -> None:
    """The wall counts those of severity 70 and above: a handful, not a flood."""
    log = ServerLog(766, START - 4 * DAY)
    received = datetime.fromtimestamp(START, UTC)
    grave = sum(
        classify(parse_message(rfc5424(line), received_at=received, zone=ZONE)).severity >= 70
        for line in log.lines(START - 3 * DAY, START)
    )
    assert 1 <= grave < 30
