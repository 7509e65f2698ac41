"""Dossiers in words: where each stands, its history, lists; and links between pages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from dashboards.dossiers import listing, story
from dashboards.dossiers.models import DossierDetail, Step, Supplement
from dashboards.dossiers.sentence import so_what
from dashboards.dossiers.standing import BADGES, badge, status_name
from dashboards.links import link
from dashboards.screens.console_alert import dossiers_of
from dashboards.vietnamese import day_and_time_between, working_time
from ioc_core.dossier import Standing
from tests.dashboards.test_pages import ALERT

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
"""10:00 in the province."""
HOUR = 3600


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def step(since: float, until: float | None, **changes: Any) -> Step:
    """A step, by hours before now."""
    values: dict[str, Any] = {
        "kind": "work",
        "status": 4,
        "unit": "24133",
        "unit_name": "Phường Buôn Ma Thuột",
        "department": "Một cửa",
        "since": ago(since),
        "until": None if until is None else ago(until),
        "elapsed_seconds": (since - (until or 0)) * HOUR,
        "working_seconds": 2 * HOUR,
        "told_at": ago(since),
        "arrival": "in_order",
    }
    return Step(**{**values, **changes})


DOSSIER = DossierDetail(
    code="H15-1",
    status=4,
    standing="running",
    unit="24133",
    unit_name="Phường Buôn Ma Thuột",
    receiving_unit="24133",
    procedure_code="1.001193",
    procedure_name="Đăng ký khai sinh",
    field_name="Hộ tịch",
    channel="online",
    filed_at=ago(30),
    accepted_at=ago(29),
    due_at=ago(-26),
    deadline_at=ago(-26),
    late_at=ago(-26),
    waiting_since=None,
    ended_at=None,
    end_status=None,
    entered_late=False,
    requests=0,
    working_seconds_left=10 * HOUR,
    step_department="Một cửa",
    told_at=ago(1),
    accept_by=None,
    entered_at=None,
    first_told_at=ago(30),
    waited_seconds=0.0,
    supplements=(),
    steps=(step(30, 28, status=1), step(28, None)),
    paid_online=None,
    electronic_result=False,
    papers_digitised=True,
    papers_reused=None,
    papers_from_store=None,
    population_data=None,
    fee_vnd=20_000,
)
LATE: dict[str, Any] = {
    "standing": "overdue",
    "late_at": ago(3),
    "deadline_at": ago(3),
    "working_seconds_left": -2.5 * HOUR,
}
ENDED: dict[str, Any] = {"ended_at": ago(5), "end_status": 9, "working_seconds_left": None, "steps": ()}

SENTENCES = [
    pytest.param({}, "Còn 1 ngày 2 giờ làm việc, phải trả trước 26/11/2026 12:00.", id="running"),
    pytest.param(
        {}, "Hiện ở Phường Buôn Ma Thuột · Một cửa từ 24/11/2026 06:00, đã 2 giờ làm việc ở bước này.", id="who"
    ),
    pytest.param(
        {"standing": "due_soon_1", "working_seconds_left": 1500.0}, "Còn 25 phút làm việc, phải trả", id="due soon"
    ),
    pytest.param(LATE, "Quá hạn 2 giờ 30 phút làm việc, từ 25/11/2026 07:00.", id="overdue"),
    pytest.param({**LATE, "requests": 2}, "Đã yêu cầu bổ sung 2 lần: từ lần thứ hai trở đi", id="asked twice"),
    pytest.param({**LATE, "working_seconds_left": 0.0}, "Quá hạn 3 giờ, từ", id="overdue outside of hours"),
    pytest.param(
        {"late_at": None, "deadline_at": None, "working_seconds_left": None}, "không tính được hạn", id="no term"
    ),
    pytest.param(
        {"standing": "waiting", "waiting_since": ago(49)},
        "Chờ người dân từ 23/11/2026 09:00, đã 2 ngày.",
        id="waiting",
    ),
    pytest.param(
        {"standing": "unaccepted", "accept_by": ago(5)},
        "phải tiếp nhận trước 25/11/2026 05:00, đã quá 5 giờ.",
        id="not accepted",
    ),
    pytest.param({"standing": "registered"}, "Mới đăng ký, chưa được tiếp nhận.", id="registered at the counter"),
    pytest.param(
        {"standing": "registered", "accept_by": ago(-5)}, "; phải tiếp nhận trước 25/11/2026 15:00.", id="registered"
    ),
    pytest.param(
        {**ENDED, "standing": "early"},
        "Kết thúc lúc 25/11/2026 05:00, sớm 31 giờ so với hạn 26/11/2026 12:00.",
        id="early",
    ),
    pytest.param(
        {**ENDED, "standing": "on_time"}, "Kết thúc lúc 25/11/2026 05:00, hạn 26/11/2026 12:00.", id="on time"
    ),
    pytest.param(
        {**ENDED, "standing": "late", "deadline_at": ago(8)},
        "muộn 3 giờ so với hạn 25/11/2026 02:00: quá hạn thực tế.",
        id="late in substance",
    ),
    pytest.param(
        {**ENDED, "standing": "late", "requests": 3}, "Đã yêu cầu bổ sung 3 lần", id="late by its second request"
    ),
    pytest.param(
        {**ENDED, "standing": "entered_late", "entered_at": ago(1), "deadline_at": ago(2)},
        "trong hạn 25/11/2026 08:00, nhưng đến 25/11/2026 09:00 hệ thống mới ghi nhận: quá hạn do nhập muộn",
        id="late by entry",
    ),
    pytest.param({**ENDED, "standing": "refused"}, "chưa từng được tiếp nhận", id="refused"),
    pytest.param(
        {**ENDED, "standing": "unmeasured", "deadline_at": None}, "không có hạn để so sánh", id="no term, ended"
    ),
]


@pytest.mark.parametrize(("changes", "said"), SENTENCES)
def test_where_a_dossier_stands_in_a_sentence(changes: dict[str, Any], said: str) -> None:
    assert said in so_what(structs.replace(DOSSIER, **changes), NOW)


def test_an_ended_dossier_is_with_nobody() -> None:
    assert "Hiện ở" not in so_what(structs.replace(DOSSIER, **ENDED, standing="early"), NOW)


def test_every_standing_has_a_badge_of_its_own() -> None:
    assert set(BADGES) == set(Standing)
    assert len({one.words for one in BADGES.values()}) == len(BADGES)
    assert badge("new-one").words == "new-one"


def test_every_open_standing_is_in_one_list() -> None:
    listed = [standing for choice in listing.CHOICES for standing in choice.standings]
    assert len(listed) == len(set(listed)) == 8
    assert listing.choice("soon").standings[0] == "due_soon_1"
    assert listing.choice("?").id == "overdue"


NOTES = [
    pytest.param({}, (), id="nothing odd"),
    pytest.param({"kind": "supplement", "status": 5}, ("chờ người dân bổ sung 4 giờ, được trừ",), id="supplement"),
    pytest.param({"kind": "fee", "status": 6}, ("chờ người dân nộp phí, lệ phí; thời gian này không",), id="fee"),
    pytest.param({"kind": "closed", "status": 9}, ("đã kết thúc, sau đó được mở lại",), id="taken up again"),
    pytest.param(
        {"told_at": ago(2), "arrival": "late"},
        ("hệ thống ghi nhận lúc 25/11/2026 08:00, 6 giờ sau", "tin đến muộn"),
        id="told late",
    ),
    pytest.param({"arrival": "correction"}, ("đính chính",), id="a correction"),
]


@pytest.mark.parametrize(("changes", "notes"), NOTES)
def test_what_is_odd_about_a_step(changes: dict[str, Any], notes: tuple[str, ...]) -> None:
    line = story.line(step(8, 4, **changes), ago(30))
    assert len(line.notes) == len(notes)
    assert all(said.startswith(note) for said, note in zip(line.notes, notes, strict=True))
    assert (line.took, line.span) == ("2 giờ làm việc", "25/11/2026 02:00 – 06:00")
    assert ("waiting" in line.tone) == (changes.get("kind") in {"supplement", "fee"})


def test_nobody_was_late_to_tell_of_what_was_before_the_centre_knew() -> None:
    assert story.line(step(8, 4, told_at=ago(1), arrival="late"), first_told_at=ago(2)).notes == ()


def test_a_running_step_and_the_end() -> None:
    running = story.line(step(8, None), ago(30))
    assert (running.span, running.tone) == ("từ 25/11/2026 02:00 đến nay", "current")
    end = story.line(step(8, 8, kind="ended", status=9, department=None), ago(30))
    assert (end.what, end.took, end.who) == ("Kết thúc: đã xử lý xong", "", "Phường Buôn Ma Thuột")
    assert story.line(step(8, 4, unit_name=None, department=None), ago(30)).who == "đơn vị chưa rõ"
    assert story.line(step(8, 4, status=None), ago(30)).what == "Chưa có tin"


def test_moments_that_say_the_same_are_one() -> None:
    record, told, later = (
        step(5, 5, kind="after", status=10, department=None),
        step(4.999, 4.999, kind="after", status=10),
        step(1, 1, kind="after", status=10, department="Văn thư"),
    )
    assert story.without_repeats([record, told, later]) == [told, later]
    work = [step(9, 8), step(8, 8), step(8, 7)]
    assert story.without_repeats(work) == work


def test_the_page_escapes_what_sources_say() -> None:
    hostile = structs.replace(
        DOSSIER, code="<b>1</b>", procedure_name="<script>", steps=(step(2, None, department="<img src=x>"),)
    )
    page = story.render(hostile, NOW)
    assert not [bad for bad in ("<script>", "<img", "<b>1") if bad in page]
    assert "&lt;img src=x&gt;" in page
    shown = listing.render([hostile], NOW, rest="", nothing="")
    assert "<b>1" not in shown
    assert "code=%3Cb%3E1%3C%2Fb%3E" in shown


def test_facts_are_those_that_are_known() -> None:
    names = [name for name, _ in story.facts(DOSSIER, NOW)]
    assert "Số lần yêu cầu bổ sung" not in names
    assert "Kết quả thực tế" not in names
    late = structs.replace(DOSSIER, **LATE, requests=1, waited_seconds=7200.0)
    facts = dict(story.facts(late, NOW))
    assert facts["Thời gian làm việc còn lại"] == "đã quá 2 giờ 30 phút làm việc"
    assert facts["Đã chờ người dân bổ sung (được trừ)"] == "2 giờ"
    ended = dict(story.facts(structs.replace(DOSSIER, **ENDED, entered_at=ago(1)), NOW))
    assert ended["Hệ thống ghi nhận kết quả"] == "25/11/2026 09:00, 4 giờ sau"
    assert "Thời gian làm việc còn lại" not in ended


def test_what_a_record_does_not_say_is_told_so() -> None:
    told = dict(story.attributes(DOSSIER))
    assert (told["Kết quả điện tử"], told["Giấy tờ được số hóa"], told["Dùng dữ liệu dân cư"]) == (
        "không",
        "có",
        "nguồn không nói",
    )
    assert told["Phí, lệ phí"] == "20.000 đồng"


def test_supplements() -> None:
    asked = Supplement(requested_at=ago(30), received_at=None, due_before=ago(10), due_after=None)
    assert story.supplements([asked]) == [("24/11/2026 04:00", "chưa bổ sung", "25/11/2026 00:00", "—")]


URGENCIES = [
    pytest.param({}, "còn 1 ngày 2 giờ làm việc", id="running"),
    pytest.param(LATE, "quá 2 giờ 30 phút làm việc", id="overdue"),
    pytest.param({"standing": "waiting", "waiting_since": ago(3)}, "đã chờ 3 giờ", id="waiting"),
    pytest.param({"standing": "unaccepted"}, "nộp đã 30 giờ", id="not accepted"),
    pytest.param({**ENDED, "standing": "early"}, "xong 25/11/2026 05:00", id="ended"),
    pytest.param({"working_seconds_left": None}, "", id="no term"),
]


@pytest.mark.parametrize(("changes", "said"), URGENCIES)
def test_how_urgent_a_listed_dossier_is(changes: dict[str, Any], said: str) -> None:
    assert listing.row(structs.replace(DOSSIER, **changes), NOW).urgency == said


def test_an_empty_list_says_so() -> None:
    assert "Không có gì" in listing.render([], NOW, rest="", nothing="Không có gì")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        pytest.param(0, "dưới 1 phút", id="nothing"),
        pytest.param(59, "dưới 1 phút", id="less than a minute"),
        pytest.param(-60, "1 phút", id="a minute ago"),
        pytest.param(8 * HOUR, "1 ngày", id="a working day"),
        pytest.param(8 * HOUR + 61, "1 ngày", id="minutes are left out of days without hours"),
        pytest.param(20 * HOUR + 600, "2 ngày 4 giờ", id="two units"),
        pytest.param(3 * HOUR + 600, "3 giờ 10 phút", id="hours"),
        pytest.param(9000 * 8 * HOUR, "9.000 ngày", id="years"),
    ],
)
def test_working_time(seconds: float, said: str) -> None:
    assert working_time(seconds) == said


def test_a_day_is_named_once() -> None:
    assert day_and_time_between(ago(2), ago(1)) == "25/11/2026 08:00 – 09:00"
    assert day_and_time_between(ago(26), ago(1)) == "24/11/2026 08:00 – 25/11/2026 09:00"


def test_links() -> None:
    assert link("dossier") == "/dossier"
    assert link("dossier", code="H15 &?#/1", unit=None, list="") == "/dossier?code=H15+%26%3F%23%2F1"


def test_dossiers_of_an_alert() -> None:
    assert dossiers_of(ALERT) == []
    one = structs.replace(
        ALERT, labels={"code": "H15-1"}, details={"worst": "H15-3", "codes": ["H15-1", "H15-2", 3, ""]}
    )
    assert dossiers_of(one) == ["H15-1", "H15-3", "H15-2"]


def test_unknown_statuses_are_told_as_numbers() -> None:
    assert status_name(99) == "trạng thái 99"
