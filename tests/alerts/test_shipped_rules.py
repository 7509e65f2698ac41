"""The shipped rules on stored facts: what they find, and what they say."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.escalation.gap_watch import keep_gaps
from alerts.query import Sessions
from alerts.reading import Reader
from alerts.rows import Finding
from alerts.rule_file import load_rules
from alerts.templates import Templates
from ioc_core.calendar_file import load as load_calendar
from ioc_core.db import Pool
from ioc_core.oncall import OnCall, Override, Rotation
from ioc_core.oncall.overrides import create
from tests.alerts.facts import add_dossier, set_gauge
from tests.conftest import CONFIG

TEMPLATES = Templates(ZoneInfo("Asia/Ho_Chi_Minh"))
RULES = {rule.alert: rule for rule in load_rules(CONFIG, TEMPLATES)}
CALENDAR = load_calendar(CONFIG)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)

Ask = Callable[[str], Awaitable[list[Finding]]]
Wake = Callable[[str], Awaitable[datetime]]


@pytest.fixture
def now() -> datetime:
    """The present: views look at the server's clock."""
    return datetime.now(UTC)


@pytest.fixture
def found(alert_pool: Pool, sessions: Sessions) -> Ask:
    """Returns what a rule finds now, gravest first."""

    async def ask_rule(name: str) -> list[Finding]:
        answer = await sessions.ask(RULES[name])
        reading = await Reader(RULES[name], TEMPLATES).read(answer, {}, {}, datetime.now(UTC))
        made = list(reading.found.values())
        return sorted(made, key=lambda item: (item.severity, sorted(item.labels.items())))

    return ask_rule


@pytest.fixture
def wake(alert_pool: Pool, sessions: Sessions) -> Wake:
    """Returns when a rule says that its result may change with no new fact."""

    async def ask_wake(name: str) -> datetime:
        instant = (await sessions.ask(RULES[name])).wake
        assert instant is not None
        return instant

    return ask_wake


def texts(findings: list[Finding]) -> list[str]:
    """`P2 summary` of each."""
    return [f"P{item.severity} {item.annotations['summary']}" for item in findings]


async def working(pool: Pool, now: datetime, hours: int) -> datetime:
    """The instant so many working hours after `now` (before it, if negative), as the calendar of config/ has them."""
    at: datetime = await pool.fetchval("SELECT add_working_seconds($1, $2)", now, hours * 3600.0)
    first, last = min(now, at), max(now, at)
    assert abs(CALENDAR.working_seconds(first, last) - abs(hours) * 3600) <= 1
    return at


async def add_probe(pool: Pool, target: str, **columns: Any) -> None:
    """Store the state of a probed target."""
    at = datetime.now(UTC)
    row = {
        "target": target, "source": "portals", "kind": "http", "observed_at": at, "success": True,
        "changed_at": at - HOUR, "duration_seconds": 0.1, **columns,
    }  # fmt: skip
    places = ", ".join(f"${index}" for index in range(1, len(row) + 1))
    await pool.execute(f"INSERT INTO probe_current ({', '.join(row)}) VALUES ({places})", *row.values())


async def add_security(pool: Pool, ago: timedelta, count: int, **columns: Any) -> None:
    """Store security events, a millisecond apart."""
    at = datetime.now(UTC) - ago
    number = await pool.fetchval("SELECT count(*) FROM security_events")
    for index in range(count):
        row = {
            "source": "syslog", "event_id": f"e{number + index}", "observed_at": at + index * SECOND / 1000,
            "received_at": at, "event_category": "authentication", "event_severity": 40, "message": "Failed password",
            "raw": "", **columns,
        }  # fmt: skip
        places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
        await pool.execute(f"INSERT INTO security_events ({', '.join(row)}) VALUES ({places})", *row.values())


async def add_source(pool: Pool, name: str, *, seen: datetime | None, within: float | None) -> None:
    """Store a source and when it was last heard of."""
    await pool.execute(
        "INSERT INTO sources (name, title, expected_within_seconds) VALUES ($1, $2, $3)", name, name.upper(), within
    )
    if seen is not None:
        await pool.execute(
            "INSERT INTO source_activity (source, first_seen_at, last_seen_at, last_observed_at)"
            " VALUES ($1, $2, $2, $2)",
            name,
            seen,
        )


async def test_overdue(alert_pool: Pool, found: Ask, now: datetime, wake: Wake) -> None:
    await add_dossier(alert_pool, "A-fresh", due_at=now - 2 * HOUR)
    await add_dossier(alert_pool, "B-old", due_at=now - 6 * DAY)
    await add_dossier(alert_pool, "C-in-time", due_at=now + HOUR)
    await add_dossier(alert_pool, "D-waits", due_at=now - DAY, waiting_for_citizen=True)
    await add_dossier(alert_pool, "E-over", due_at=now - DAY, is_open=False)
    await add_dossier(alert_pool, "F-no-date", due_at=None)
    assert texts(await found("DossierOverdue")) == [
        "P2 Tỉnh Đắk Lắk: hồ sơ B-old quá hạn 6 ngày",
        "P3 Tỉnh Đắk Lắk: hồ sơ A-fresh quá hạn dưới 1 ngày",
    ]
    assert await wake("DossierOverdue") == now + HOUR  # C-in-time


async def test_overdue_wakes_when_one_grows_graver(alert_pool: Pool, now: datetime, wake: Wake) -> None:
    await add_dossier(alert_pool, "A", due_at=now - 5 * DAY + HOUR)
    assert await wake("DossierOverdue") == now + HOUR


async def test_overdue_by_a_second_supplement_request_says_so(alert_pool: Pool, found: Ask, now: datetime) -> None:
    """Overdue since the request, long before the date that was promised."""
    await add_dossier(alert_pool, "A", due_at=now + 9 * DAY, late_at=now - HOUR, requests=2, waiting_for_citizen=True)
    await add_dossier(alert_pool, "B", due_at=now - HOUR, requests=1)
    described = {item.labels["code"]: item.annotations["description"] for item in await found("DossierOverdue")}
    assert described["A"].startswith("Đã yêu cầu bổ sung 2 lần: theo Quyết định 766, hồ sơ tính là quá hạn từ ")
    assert described["B"].startswith("Quá hạn từ ")
    assert "hẹn trả" not in described["B"].splitlines()[0]  # it says the same
    (habit,) = await found("SecondSupplementRequest")
    assert texts([habit]) == ["P4 Tỉnh Đắk Lắk: 1 hồ sơ bị yêu cầu bổ sung quá 1 lần"]
    assert habit.details["codes"] == ["A"]


async def test_due_soon_is_one_alert_a_unit_with_three_tiers(
    alert_pool: Pool, found: Ask, now: datetime, wake: Wake
) -> None:
    in_hours = {hours: await working(alert_pool, now, hours) for hours in (3, 7, 9, 23, 25)}
    for unit, hours in (("SNV", (3, 7, 7, 9, 23, 25)), ("STP", (7,)), ("SYT", (9, 23))):
        for number, left in enumerate(hours):
            await add_dossier(alert_pool, f"{unit}{number}", due_at=in_hours[left], resolving_unit=unit)
    await add_dossier(alert_pool, "W1", due_at=in_hours[7], resolving_unit="STP", waiting_for_citizen=True)
    fee = {"waiting_for_citizen": True, "late_at": in_hours[7]}  # its clock runs, but nobody at the unit can act
    await add_dossier(alert_pool, "W2", due_at=in_hours[7], resolving_unit="STP", **fee)
    findings = await found("DossierDueSoon")
    assert texts(findings) == [
        "P4 Sở Nội vụ: 3 hồ sơ đến hạn trong 8 giờ làm việc",
        "P4 Sở Tư pháp: 1 hồ sơ đến hạn trong 8 giờ làm việc",
    ]
    assert (
        findings[0]
        .annotations["description"]
        .startswith("Trong 4 giờ làm việc: 1 hồ sơ; trong 8 giờ: 3;\ntrong 24 giờ: 5.")
    )
    assert findings[0].details["codes"] == ["SNV0", "SNV1", "SNV2", "SNV3", "SNV4"]
    assert findings[0].labels == {"unit": "SNV"}


@pytest.mark.parametrize(("left", "enters"), [(9, 1), (25, 1), (5, 1), (3, 3)])
async def test_due_soon_wakes_when_a_dossier_enters_a_tier_or_is_overdue(
    alert_pool: Pool, now: datetime, wake: Wake, left: int, enters: int
) -> None:
    await add_dossier(alert_pool, "A", due_at=await working(alert_pool, now, left))
    instant = await wake("DossierDueSoon")
    assert abs(CALENDAR.working_seconds(now, instant) - enters * 3600) <= 1


async def test_units_that_no_catalogue_knows_are_one_alert(alert_pool: Pool, found: Ask, now: datetime) -> None:
    soon = await working(alert_pool, now, 4)
    for number, text in enumerate(("Đội số 1", "Đội số 2")):
        unknown = {"resolving_unit": None, "resolving_text": text, "due_at": soon, "requests": 2}
        await add_dossier(alert_pool, f"A{number}", **unknown)
    assert texts(await found("DossierDueSoon")) == ["P4 Đơn vị chưa ánh xạ: 2 hồ sơ đến hạn trong 8 giờ làm việc"]
    assert texts(await found("SecondSupplementRequest")) == [
        "P4 Đơn vị chưa ánh xạ: 2 hồ sơ bị yêu cầu bổ sung quá 1 lần"
    ]


async def test_not_accepted(alert_pool: Pool, found: Ask, now: datetime, wake: Wake) -> None:
    long_ago = await working(alert_pool, now, -9)
    lately = await working(alert_pool, now, -7)
    await add_dossier(alert_pool, "A-late", status=1, channel=2, filed_at=long_ago)
    await add_dossier(alert_pool, "B-lately", status=1, channel=2, filed_at=lately)
    await add_dossier(alert_pool, "C-counter", status=1, channel=1, filed_at=long_ago)
    await add_dossier(alert_pool, "D-accepted", status=2, channel=2, filed_at=long_ago)
    findings = await found("DossierNotAccepted")
    assert texts(findings) == ["P3 Tỉnh Đắk Lắk: hồ sơ trực tuyến A-late quá 8 giờ làm việc chưa được tiếp nhận"]
    instant = await wake("DossierNotAccepted")
    assert abs(CALENDAR.working_seconds(now, instant) - 3600) <= 1


async def test_system_down(alert_pool: Pool, found: Ask) -> None:
    await add_probe(alert_pool, "https://igate", system="igate", success=False, error="connection refused")
    await add_probe(alert_pool, "https://xa-a", success=False, unit="SNV")
    await add_probe(alert_pool, "https://xa-b")
    findings = await found("SystemDown")
    assert [item.severity for item in findings] == [1, 2]
    assert (
        findings[0]
        .annotations["summary"]
        .startswith("Hệ thống thông tin giải quyết thủ tục hành chính tỉnh (iGate) không truy cập được từ ")
    )
    assert "connection refused" in findings[0].annotations["description"]
    assert "gọi Trực vận hành" in findings[0].annotations["description"]
    assert findings[1].labels == {"target": "https://xa-b".replace("b", "a"), "unit": "SNV"}
    assert "không có phản hồi" in findings[1].annotations["description"]
    assert RULES["SystemDown"].hold.firing_after == timedelta(minutes=1)


async def test_certificates(alert_pool: Pool, found: Ask, now: datetime, wake: Wake) -> None:
    for target, left in (("gone", -HOUR), ("week", 6.5 * DAY), ("month", 29.5 * DAY), ("fine", 31 * DAY)):
        await add_probe(alert_pool, target, certificate_not_after=now + left)
    await add_probe(alert_pool, "plain")
    assert texts(await found("CertificateExpiring")) == [
        "P1 gone: chứng thư số đã hết hạn",
        "P2 week: chứng thư số còn 6 ngày",
        "P4 month: chứng thư số còn 29 ngày",
    ]
    assert await wake("CertificateExpiring") == now + DAY  # fine reaches 30 days


async def test_brute_force(alert_pool: Pool, found: Ask) -> None:
    failed = {"event_outcome": "failure", "user_name": "root", "host_name": "web1"}
    await add_security(alert_pool, 4 * SECOND, 10, source_ip="203.0.113.1", **failed)
    await add_security(alert_pool, 4 * SECOND, 9, source_ip="203.0.113.2", **failed | {"user_name": "admin"})
    await add_security(alert_pool, 10 * 60 * SECOND, 50, source_ip="203.0.113.3", **failed | {"user_name": "old"})
    findings = await found("BruteForce")
    assert texts(findings) == ["P2 Dò mật khẩu từ địa chỉ 203.0.113.1"]
    assert findings[0].details == {"broken_in": False, "others": ["root"], "hosts": ["web1"]}
    await add_security(alert_pool, SECOND, 1, source_ip="203.0.113.1", **failed | {"event_outcome": "success"})
    assert texts(await found("BruteForce")) == ["P1 Đã đăng nhập được sau khi dò mật khẩu từ địa chỉ 203.0.113.1"]


async def test_brute_force_of_one_account_from_everywhere(alert_pool: Pool, found: Ask) -> None:
    for number in range(12):
        await add_security(
            alert_pool, 60 * SECOND, 1, source_ip=f"203.0.113.{number}", user_name="giamdoc", event_outcome="failure"
        )
    assert texts(await found("BruteForce")) == ["P2 Dò mật khẩu vào tài khoản giamdoc"]


async def test_a_success_before_the_failures_is_no_break_in(alert_pool: Pool, found: Ask) -> None:
    person = {"source_ip": "203.0.113.9", "user_name": "lan"}
    await add_security(alert_pool, 60 * SECOND, 1, event_outcome="success", **person)
    await add_security(alert_pool, 30 * SECOND, 10, event_outcome="failure", **person)
    assert [item.severity for item in await found("BruteForce")] == [2]


async def test_critical_security_events(alert_pool: Pool, found: Ask) -> None:
    event = {"event_category": "malware", "host_name": "web1", "message": "Webshell trong /var/www"}
    await add_security(alert_pool, 5 * SECOND, 3, event_severity=95, rule_name="webshell", **event)
    await add_security(alert_pool, 5 * SECOND, 1, event_severity=89, **event)
    await add_security(alert_pool, 11 * 60 * SECOND, 1, event_severity=99, **event)
    (only,) = await found("SecurityCritical")
    assert texts([only]) == ["P1 Sự kiện an ninh nghiêm trọng trên web1: webshell"]
    assert only.value == 3
    assert only.annotations["description"].startswith("3 sự kiện trong 10 phút, mức 95/100")


async def test_silent_sources(alert_pool: Pool, found: Ask, now: datetime, wake: Wake) -> None:
    await add_source(alert_pool, "alive", seen=now - 5 * SECOND, within=60)
    await add_source(alert_pool, "silent", seen=now - 150 * SECOND, within=60)
    await add_source(alert_pool, "free", seen=now - 30 * DAY, within=None)
    await add_source(alert_pool, "never", seen=None, within=60)
    (silent,) = await found("SourceSilent")
    assert silent.annotations["summary"].startswith("Mất dữ liệu từ SILENT từ ")
    assert texts(await found("SourceNeverSeen")) == ["P4 NEVER chưa từng gửi dữ liệu về Trung tâm"]
    instant = await wake("SourceSilent")
    assert abs(instant - (now + 55 * SECOND)) < SECOND / 1000


async def test_rejected_input(alert_pool: Pool, found: Ask, now: datetime) -> None:
    await add_source(alert_pool, "igate", seen=now, within=60)
    for name, minutes, count in (("igate", 5, 6), ("igate", 20, 3), ("idesk", 5, 6), ("idesk", 20, 7), ("few", 1, 4)):
        for number in range(count):
            await alert_pool.execute(
                "INSERT INTO rejected VALUES ($1, $2, $3, 'dvcqg', 'unknown_status', '', '')",
                f"{name}{minutes}{number}",
                now - minutes * 60 * SECOND,
                name,
            )
    assert texts(await found("RejectedInput")) == ["P4 IGATE: 6 bản tin bị từ chối trong 15 phút"]


async def test_hosts(alert_pool: Pool, found: Ask) -> None:
    gib = 1 << 30
    for mount, free in (("/", 2 * gib), ("/data", 9 * gib), ("/ok", 50 * gib)):
        await set_gauge(alert_pool, free, metric="node_filesystem_avail_bytes", instance="ioc", mountpoint=mount)
        await set_gauge(alert_pool, 100 * gib, metric="node_filesystem_size_bytes", instance="ioc", mountpoint=mount)
    await set_gauge(alert_pool, gib / 4, metric="node_memory_MemAvailable_bytes", instance="ioc")
    await set_gauge(alert_pool, 8 * gib, metric="node_memory_MemTotal_bytes", instance="ioc")
    assert texts(await found("HostDiskFilling")) == [
        "P2 Máy chủ ioc: ổ đĩa / chỉ còn 2 % trống",
        "P3 Máy chủ ioc: ổ đĩa /data chỉ còn 9 % trống",
    ]
    assert texts(await found("HostMemoryLow")) == ["P3 Máy chủ ioc: bộ nhớ chỉ còn 3 %"]


async def test_the_watchman_watches_himself(alert_pool: Pool, found: Ask, now: datetime) -> None:
    for rule, minutes in (("Broken", 3), ("Hiccup", 1)):
        await alert_pool.execute(
            "INSERT INTO rule_evaluations (rule, rule_group, file, line, severity, failing_since, error)"
            " VALUES ($1, 'g', 'f', 1, '1', $2, 'division by zero')",
            rule,
            now - minutes * 60 * SECOND,
        )
    (broken,) = await found("RuleEvaluationFailing")
    assert broken.annotations["summary"].startswith("Quy tắc cảnh báo Broken không chạy được từ ")
    assert await found("RuleFilesRefused") == []
    await alert_pool.execute("UPDATE rule_files SET refused_at = $1, problems = '{a.yaml:3: for: is odd, b}'", now)
    (refused,) = await found("RuleFilesRefused")
    assert refused.annotations["description"].startswith("2 chỗ sai. Chỗ đầu tiên: a.yaml:3: for: is odd\n")
    await alert_pool.execute("UPDATE rule_files SET refused_at = NULL, problems = '{}'")
    assert await found("NotificationFailing") == []
    await alert_pool.execute(
        "INSERT INTO notifications (idempotency_key, group_key, receiver, channel, severity, message, alert_ids,"
        " observed_at, created_at, expires_at, next_attempt_at, attempts, error)"
        " VALUES ('k', 'g', 'truc-ban', 'webhook/0', 1, '{}', '{}', $1, $1, $1, $1, 5, 'HTTP 500')",
        now - 180 * SECOND,
    )
    assert texts(await found("NotificationFailing")) == [
        "P2 Không báo được tới truc-ban qua webhook/0: 1 tin chưa tới"
    ]


async def test_a_gap_in_the_rota_is_told_of_a_day_before(alert_pool: Pool, found: Ask, now: datetime) -> None:
    def rotation(name: str, last: datetime | None, **more: Rotation) -> Rotation:
        day = None if last is None else last.date()
        return Rotation(name, f"Trực {name}", "daily", ("a",), date(2026, 1, 5), day, (time(7),), UTC, **more)  # type: ignore[arg-type]

    stand_in = rotation("stand-in", now - 30 * DAY)
    rotations = [
        rotation("ends-today", now - DAY),
        rotation("goes-on", None),
        rotation("later", now + 2 * DAY),
        stand_in,
    ]
    oncall = OnCall(rotations={item.name: item for item in [*rotations, rotation("rests", None, days_off=stand_in)]})
    async with alert_pool.acquire() as connection, connection.transaction():
        assert await keep_gaps(connection, oncall, now) == 1
    (only,) = await found("OnCallGap")
    assert only.labels == {"rotation": "ends-today"}
    began = only.details["begun"]
    assert only.annotations["summary"].startswith("Lịch Trực ends-today " + ("không" if began else "chưa"))
    async with alert_pool.acquire() as connection, connection.transaction():
        swap = Override(0, "ends-today", "b", now - 9 * DAY, now + 9 * DAY)
        await create(connection, swap, reason="thay ca", created_by="a", now=now)
        assert await keep_gaps(connection, oncall, now) == 0
    assert await found("OnCallGap") == []


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_tells_people_what_to_do(name: str) -> None:
    annotations = RULES[name].annotations
    assert "Việc cần làm" in annotations.description
    assert annotations.summary


async def test_an_empty_centre_is_quiet(alert_pool: Pool, found: Ask) -> None:
    assert {name: len(await found(name)) for name in RULES} == dict.fromkeys(RULES, 0)


async def test_a_silence_that_ends_soon_while_it_mutes_something_is_said(
    alert_pool: Pool, found: Ask, wake: Wake, now: datetime
) -> None:
    minute = timedelta(minutes=1)
    for index, (since, until) in enumerate([(-HOUR, 20 * minute), (-10 * minute, 15 * minute), (-HOUR, 2 * HOUR)]):
        silence = await alert_pool.fetchval(
            "INSERT INTO silences (matchers, starts_at, ends_at, created_by, comment, created_at, updated_at)"
            " VALUES ('[]', $1, $2, 'lan', 'vá ' || $3::text, $1, $1) RETURNING id::text",
            now + since,
            now + until,
            str(index),
        )
        for _ in range(2):
            await alert_pool.execute(
                "WITH made AS (INSERT INTO alerts (fingerprint, rule, severity, labels, state, pending_at, updated_at)"
                " VALUES (gen_random_uuid()::text, 'X', 2, '{}', 'firing', now(), now()) RETURNING id)"
                " INSERT INTO alert_mutes (alert_id, kind, ref, reason, since, until)"
                " SELECT id, 'silence', $1, 'x', $2, $3 FROM made",
                silence,
                now + since,
                now + until,
            )
    at = (now + 20 * minute).astimezone(ZoneInfo("Asia/Ho_Chi_Minh"))
    words = f"P4 Lệnh tắt báo của lan hết lúc {at:%H:%M} ngày {at:%d/%m}, còn 2 cảnh báo đang tắt"
    assert texts(await found("SilenceEnding")) == [words]
    assert abs(await wake("SilenceEnding") - (now + 90 * minute)) < SECOND
