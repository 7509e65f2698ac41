"""config/maintenance.ics: which windows there are, every wrong place by line, and a night with one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.mutes.maintenance_file import Maintenance, load_maintenance
from alerts.reloading import digest
from alerts.route_file import load_routing
from ioc_core.errors import ConfigErrors
from ioc_core.silences import active_at
from tests.alerts.night import ROUTES, ZONE, Night

NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)  # 22:30 in the province
GOOD = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Trung tâm//VI
BEGIN:VEVENT
UID:weekly@example.vn
SUMMARY:Vá máy chủ
DTSTART;TZID=Asia/Ho_Chi_Minh:20261118T220000
DURATION:PT4H
RRULE:FREQ=WEEKLY
EXDATE;TZID=Asia/Ho_Chi_Minh:20261202T220000
CATEGORIES:igate,idesk
END:VEVENT
BEGIN:VEVENT
UID:once@example.vn
SUMMARY:Thay đường truyền
DTSTART:20261126T080000
DTEND:20261126T093000
LOCATION:24133\\, 24142
X-IOC-MATCHER:severity=~"2|3"
END:VEVENT
BEGIN:VEVENT
UID:day@example.vn
DTSTART;VALUE=DATE:20261126
DTEND;VALUE=DATE:20261127
LOCATION:24142
END:VEVENT
BEGIN:VEVENT
UID:off@example.vn
STATUS:CANCELLED
DTSTART:20261126T080000
DTEND:20261126T093000
CATEGORIES:imail
END:VEVENT
END:VCALENDAR
"""


def read(folder: Path, text: str) -> Maintenance:
    (folder / "maintenance.ics").write_text(text, encoding="utf-8")
    return load_maintenance(folder)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def test_windows_of_the_next_day_with_their_systems_and_units(tmp_path: Path) -> None:
    weekly, day, once = read(tmp_path, GOOD).windows(NOW, ZONE)
    assert (weekly.starts_at, weekly.ends_at) == (local("2026-11-25 22:00"), local("2026-11-26 02:00"))
    assert (weekly.kind, weekly.comment, weekly.created_by) == ("maintenance", "Vá máy chủ", "maintenance.ics")
    assert weekly.covers({"system": "igate", "alertname": "X"}, "")
    assert not weekly.covers({"system": "imail", "alertname": "X"}, "")
    assert (once.starts_at, once.ends_at) == (local("2026-11-26 08:00"), local("2026-11-26 09:30"))
    assert once.covers({"alertname": "X", "severity": "2"}, "24142")
    assert not once.covers({"alertname": "X", "severity": "1"}, "24142")
    assert not once.covers({"alertname": "X", "severity": "2"}, "66")
    assert (day.starts_at, day.ends_at) == (local("2026-11-26 00:00"), local("2026-11-27 00:00"))
    assert day.covers({"alertname": "X"}, "24142")
    assert active_at(weekly, NOW, ZONE) == (True, local("2026-11-26 02:00"))


def test_an_exception_has_no_window_and_each_occurrence_is_one_of_its_own(tmp_path: Path) -> None:
    file = read(tmp_path, GOOD)
    assert file.windows(NOW + timedelta(days=7), ZONE) == ()
    (later,) = file.windows(NOW + timedelta(days=14), ZONE)
    assert later.id != file.windows(NOW, ZONE)[0].id
    assert file.windows(NOW, ZONE)[0].id == file.windows(NOW + timedelta(hours=1), ZONE)[0].id


def test_without_a_file_there_are_no_windows(tmp_path: Path) -> None:
    assert load_maintenance(tmp_path).windows(NOW, ZONE) == ()


CASES = [
    ("no calendar", GOOD, "nonsense", "maintenance.ics: iCalendar: Content line could not be parsed"),
    ("no time", "DTSTART;TZID=Asia/Ho_Chi_Minh:20261118T220000", "DTSTART:tối thứ tư",
     "maintenance.ics:5: VEVENT weekly@example.vn: DTSTART: Expected datetime"),
    ("no end", "DURATION:PT4H\n", "",
     "maintenance.ics:5: VEVENT weekly@example.vn: needs DTSTART, and DTEND or DURATION"),
    ("no rule", "RRULE:FREQ=WEEKLY", "RRULE:FREQ=OFTEN", "maintenance.ics:5: VEVENT weekly@example.vn: RRULE: "),
    ("it ends before it starts", "DTEND:20261126T093000\nLOCATION", "DTEND:20261126T073000\nLOCATION",
     "maintenance.ics:14: VEVENT once@example.vn: must end after it starts"),
    ("it means everything", "LOCATION:24142\n", "",
     "maintenance.ics:22: VEVENT day@example.vn: would mute everything: say systems"),
    ("a matcher that isn't one", 'severity=~"2|3"', "severity",
     "maintenance.ics:14: VEVENT once@example.vn: 'severity' is not a matcher"),
    ("a code that isn't one", "CATEGORIES:imail", "CATEGORIES:Thư điện tử",
     "maintenance.ics:28: VEVENT off@example.vn: 'Thư điện tử' is no code of a system or unit"),
    ("no name", "UID:day@example.vn\n", "", "maintenance.ics: VEVENT: UID is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "complaint"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_a_wrong_file_is_refused_by_line(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigErrors) as refused:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert str(refused.value.errors[0]).removeprefix(f"{tmp_path}/").startswith(complaint)


def test_a_wrong_file_refuses_the_routes_with_it(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text(ROUTES, encoding="utf-8")
    assert load_routing(tmp_path).maintenance == Maintenance()
    before = digest(tmp_path)
    (tmp_path / "maintenance.ics").write_text("nonsense", encoding="utf-8")
    assert digest(tmp_path) != before  # a running engine reads it
    with pytest.raises(ConfigErrors, match=r"maintenance\.ics"):
        load_routing(tmp_path)


WINDOW = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VEVENT
UID:1@example.vn
SUMMARY:Thay quạt
DTSTART;TZID=Asia/Ho_Chi_Minh:20261120T193000
DTEND;TZID=Asia/Ho_Chi_Minh:20261120T203000
X-IOC-MATCHER:host="a"
END:VEVENT
END:VCALENDAR
"""


async def test_a_window_mutes_and_its_end_tells(night: Night, tmp_path: Path) -> None:
    (tmp_path / "night" / "maintenance.ics").write_text(WINDOW, encoding="utf-8")
    await night.lead()  # 19:00
    await night.heat("a", 11)
    await night.at("0:00")
    assert await night.at("0:02") == ["[P1] a nóng"]
    await night.at("0:29")
    assert await night.at("0:30") == []
    (mute,) = await night.pool.fetch("SELECT kind, reason, until FROM alert_mutes")
    assert (mute["kind"], mute["reason"]) == ("maintenance", "Bảo trì (maintenance.ics): Thay quạt")
    assert mute["until"] == local("2026-11-20 20:30")
    assert await night.at("1:29:59") == []
    assert await night.at("1:30") == ["[P1 · CHƯA AI NHẬN] a nóng"]
