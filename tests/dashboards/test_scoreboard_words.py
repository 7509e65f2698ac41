"""The scoreboard in words and pictures: what pulls it down, what is N/A, ranks, outlook, what-ifs, closings."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs
from ruamel.yaml import YAML

from dashboards.periods import days_of_month, months
from dashboards.scoreboard import behind, closing, view, what_if
from dashboards.scoreboard.asked import Asked
from dashboards.scoreboard.finding import finding, further, grade_of
from dashboards.scoreboard.groups import groups, losing, worst
from dashboards.scoreboard.models import (
    BehindDossier,
    BehindProcedure,
    Change,
    Closed,
    Closing,
    Forecast,
    Grade,
    GroupDefinition,
    Indicator,
    IndicatorChange,
    IndicatorDefinition,
    Line,
    ListedLine,
    Range,
    Scoreboard,
    UnitScore,
    Version,
)
from dashboards.scoreboard.moves import moved, per_100_moved, points_moved
from dashboards.scoreboard.outlook import Threshold, picture, scale
from dashboards.scoreboard.ranking import peers_shown, row, tabs
from dashboards.scoreboard.trial_models import Carried, IndicatorOutcome, Outcome, Standing, WhatIf, WhatIfNotes
from dashboards.scoreboard.words import COUNTED, fraction, shown_id
from dashboards.screens.briefing import render_score
from dashboards.screens.scoreboard_what_if import DUE, LISTED, OVERDUE, choices
from ioc_core.catalogue import UnitKind
from tests.conftest import CONFIG

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
"""10:00 in the province."""

VERSION = Version(
    "Quyết định 766",
    100,
    (
        GroupDefinition("progress", "Tiến độ", 20, (IndicatorDefinition("2.1", "Hồ sơ đúng hạn", 20, 100),)),
        GroupDefinition(
            "digitisation",
            "Số hóa",
            10,
            (
                IndicatorDefinition("4.1", "Kết quả điện tử", 6, 100),
                IndicatorDefinition("4.2", "Số hóa hồ sơ", 4, 80),
            ),
        ),
        GroupDefinition("liked", "Hài lòng", 6, (IndicatorDefinition("5.2", "Phản ánh", 6, 100),)),
    ),
    (Grade("good", "Tốt", 80), Grade("excellent", "Xuất sắc", 90), Grade("weak", "Yếu", 0)),
)


def indicator(id_: str, maximum: float, numerator: float | None, denominator: float | None, **more: Any) -> Indicator:
    """An indicator that is full at 100 %; without a numerator it isn't measured."""
    rate = None if numerator is None or denominator is None else numerator / denominator
    points = None if rate is None else rate * maximum
    values: dict[str, Any] = {
        "name": f"Chỉ số {id_}",
        "group": "",
        "full_at": 100.0,
        "factor": None,
        "rate": None if rate is None else 100 * rate,
        "points": points,
        "lost": None if points is None else maximum - points,
        "change": IndicatorChange(None, None),
        "behind": "dossiers",
    }
    return Indicator(id=id_, maximum=maximum, numerator=numerator, denominator=denominator, **{**values, **more})


INDICATORS = (
    indicator("2.1", 20, 19_524, 19_852),
    indicator("4.1", 6, 3_000, 6_000),
    indicator("4.2", 4, 100, 100),
    indicator("5.2", 6, None, None, behind="series"),
)
LINE = Line(
    unit="66",
    name="Tỉnh Đắk Lắk",
    peers="province",
    parent=None,
    score=26.67,
    reachable=30.0,
    per_100=88.9,
    grade_name="Tốt",
    rank=1,
    ranked=1,
    yesterday=Change(0.12, 0.4, 0),
    previous=Change(-1.2, -1.34, None),
)
SCORE = UnitScore(
    first=date(2026, 11, 1),
    last=date(2026, 11, 30),
    running=True,
    made_at=AT,
    version=VERSION,
    closed=None,
    line=LINE,
    indicators=INDICATORS,
)
FORECAST = Forecast(
    interval=80,
    drawn_from=date(2026, 10, 28),
    drawn_to=date(2026, 11, 24),
    score=Range(26.1, 26.5, 27.3),
    per_100=Range(87.0, 88.3, 91.0),
)


def listed(unit: str, peers: str, **changes: Any) -> ListedLine:
    """A line of the table."""
    values: dict[str, Any] = {**structs.asdict(LINE), "unit": unit, "name": f"Đơn vị {unit}", "peers": peers}
    return ListedLine(**{**values, "ranked": 2, "points": {"2.1": 18.0, "4.1": 3.0, "4.2": None}, **changes})


BOARD = Scoreboard(
    version=VERSION,
    lines=(
        listed("66", "province"),
        listed("SYT", "department", rank=1),
        listed("24133", "commune", rank=1),
        listed("24121", "commune", rank=None, per_100=None, points={"2.1": None}, previous=None),
    ),
)


def test_the_finding_says_where_why_and_of_what() -> None:
    assert finding(SCORE) == (
        "Tỉnh Đắk Lắk đang đạt 26,67/30,00 điểm có số liệu, xếp loại tốt, giảm 1,20 điểm so với tháng trước. "
        "Mất nhiều nhất là 3,00 điểm ở “Chỉ số 4.1” (4.1): 3.000 hồ sơ chưa có kết quả điện tử trong "
        "6.000 hồ sơ phải trả kết quả."
    )
    full = structs.replace(SCORE, running=False, indicators=INDICATORS[2:3], line=structs.replace(LINE, previous=None))
    assert finding(full) == "Tỉnh Đắk Lắk đạt 26,67/30,00 điểm có số liệu, xếp loại tốt."
    same = structs.replace(SCORE, line=structs.replace(LINE, previous=Change(0.0, 0.0, 0)))
    assert "không đổi so với tháng trước" in finding(same)


def test_what_was_not_measured_is_no_zero() -> None:
    nothing = structs.replace(
        SCORE,
        indicators=(indicator("2.1", 20, None, None),),
        line=structs.replace(
            LINE, score=0.0, reachable=0.0, per_100=None, grade_name=None, yesterday=None, previous=None
        ),
    )
    assert finding(nothing) == "Tỉnh Đắk Lắk chưa có số liệu nào để tính điểm trong kỳ này."
    assert further(nothing, None) == []
    page = view.render(nothing, structs.replace(BOARD, lines=()), None, Asked())
    assert "chưa có số liệu" in page
    assert "0,00" not in page
    (bar,) = (one for one in view.bars(groups(SCORE)) if one.name == "Hài lòng")
    assert (bar.points, bar.won, bar.lost, bar.note) == ("—", 0.0, 0.0, "chưa có số liệu")
    assert fraction("5.2", None, None) == "chưa có số liệu"
    assert row(BOARD, BOARD.lines[3], Asked()).per_100 == "chưa có số liệu"


def test_further_findings() -> None:
    assert further(SCORE, FORECAST) == [
        "2 chỉ số mất nhiều nhất chiếm 3,33 trong 3,33 điểm bị mất: 4.1 (3,00), 2.1 (0,33).",
        "Với đà hiện nay, đến 30/11 dự kiến 26,50/30,00 điểm (từ 26,10 đến 27,30, xác suất 80 %).",
        "1 trong 4 chỉ số (6,00 điểm) chưa có số liệu: không bị tính là 0, và không nằm trong số điểm có số liệu.",
    ]
    better = structs.replace(FORECAST, per_100=Range(89.0, 90.0, 92.0))
    assert further(SCORE, better)[1].endswith(": chuyển sang loại xuất sắc.")
    assert len(further(structs.replace(SCORE, running=False), FORECAST)) == 2


@pytest.mark.parametrize(
    ("per_100", "grade"),
    [(100.0, "Xuất sắc"), (90.0, "Xuất sắc"), (89.996, "Xuất sắc"), (89.99, "Tốt"), (80.0, "Tốt"), (0.0, "Yếu")],
)
def test_grades_go_by_what_is_shown(per_100: float, grade: str) -> None:
    assert grade_of(VERSION, per_100) == grade


def test_groups_add_up_what_was_measured() -> None:
    progress, digitisation, liked = groups(SCORE)
    assert progress.points == pytest.approx(19.6695, abs=1e-3)
    assert (progress.reachable, progress.maximum) == (20, 20)
    assert (digitisation.points, digitisation.reachable) == (7.0, 10)
    assert (liked.points, liked.reachable, liked.maximum) == (None, 0, 6)
    bars = view.bars(groups(SCORE))
    assert [bar.track for bar in bars] == [100.0, 50.0, 30.0]
    assert (bars[1].won, bars[1].lost) == (70.0, 30.0)
    half = structs.replace(SCORE, indicators=(INDICATORS[1], indicator("4.2", 4, None, None)))
    note = view.bars(groups(half))[1]
    assert (note.lost, note.note) == (30.0, "4,00 điểm chưa có số liệu")


def test_the_most_lost_points_come_first() -> None:
    assert [one.id for one in losing(INDICATORS)] == ["4.1", "2.1"]
    first = view.pull(INDICATORS[1], INDICATORS[1], Asked(month="2026-11", indicator="4.1"))
    assert (first.lost, first.share, first.points, first.chosen) == ("3,00", 100.0, "3,00/6", True)
    assert first.parts == "3.000 hồ sơ có kết quả điện tử trong 6.000 hồ sơ phải trả kết quả"
    assert (first.rate, first.behind) == ("50,00 %, đủ điểm từ 100 %", "3.000 hồ sơ chưa có kết quả điện tử")
    assert first.address == "/scoreboard?month=2026-11&indicator=4.1"
    untraced = view.pull(indicator("5.2", 6, 1, 2, behind="series"), INDICATORS[1], Asked())
    assert untraced.address == ""


def test_every_indicator_of_the_configuration_has_words() -> None:
    held = YAML(typ="safe").load((CONFIG / "scoreboard.yaml").read_text(encoding="utf-8"))
    known = {it["id"] for version in held["versions"] for group in version["groups"] for it in group["indicators"]}
    assert known == COUNTED.keys()
    assert {shown_id(id_) for id_ in known} >= {"2.1", "3"}


MOVES = [
    pytest.param(None, "không có số liệu để so sánh", "", id="no comparison"),
    pytest.param(Change(None, None, None), "không có số liệu để so sánh", "", id="not measured then"),
    pytest.param(Change(0.0, 0.0, 0), "không đổi", "", id="the same"),
    pytest.param(Change(0.12, 0.12, 0), "+0,12 điểm", "better", id="better"),
    pytest.param(Change(-0.3, -0.6, 0), "−0,30 điểm (quy đổi −0,60)", "worse", id="worse"),
    pytest.param(Change(4.0, -0.6, 0), "+4,00 điểm (quy đổi −0,60)", "worse", id="more was measured, and it is worse"),
]


@pytest.mark.parametrize(("change", "words", "tone"), MOVES)
def test_changes(change: Change | None, words: str, tone: str) -> None:
    assert moved(change) == (words, tone)


def test_changes_in_tables() -> None:
    assert per_100_moved(None) == ("—", "")
    assert per_100_moved(Change(1.0, 0.001, 0)) == ("0", "")
    assert per_100_moved(Change(1.0, -0.5, 0)) == ("−0,50", "worse")
    changed = structs.replace(INDICATORS[0], change=IndicatorChange(None, 0.25))
    assert points_moved(changed) == ("+0,25", "better")
    assert points_moved(INDICATORS[0]) == ("—", "")


def test_units_by_kind() -> None:
    kinds = {"department", "commune"}
    assert {line.peers for line in BOARD.lines} - {"province"} == kinds <= {kind.value for kind in UnitKind}
    assert peers_shown(BOARD.lines, Asked()) == "department"
    assert peers_shown(BOARD.lines, Asked(unit="24133")) == "commune"
    assert peers_shown(BOARD.lines, Asked(unit="24133", peers="department")) == "department"
    assert peers_shown(BOARD.lines, Asked(peers="district")) == "department"
    assert peers_shown((), Asked()) == ""
    shown = tabs(BOARD.lines, Asked(unit="24133"), "commune")
    assert [(tab.name, tab.chosen) for tab in shown] == [("Sở, ban, ngành (1)", False), ("Xã, phường (2)", True)]
    assert shown[0].address == "/scoreboard?unit=24133&peers=department"


def test_a_unit_shows_what_costs_it_the_most() -> None:
    line = row(BOARD, BOARD.lines[1], Asked(month="2026-10", unit="SYT", indicator="2.1"))
    assert (line.rank, line.per_100, line.worst, line.chosen) == ("1", "88,90", "4.1 mất 3,00", True)
    assert line.address == "/scoreboard?month=2026-10&unit=SYT"
    assert worst(VERSION, listed("x", "commune", points={"2.1": 20.0})) is None


def test_the_page_says_who_closed_the_month() -> None:
    assert view.closed(SCORE) == "Đang chạy: số liệu trực tiếp"
    assert view.closed(structs.replace(SCORE, running=False)) == "Chưa chốt: số liệu còn có thể thay đổi"
    frozen = structs.replace(SCORE, running=False, closed=Closed(2, AT, "user:lan", "bổ sung số liệu"))
    assert view.closed(frozen) == ("Đã chốt, phiên bản 2 · 25/11/2026 10:00 · người chốt: lan, lý do: bổ sung số liệu")
    page = view.render(frozen, BOARD, None, Asked(month="2026-11"))
    assert "So với hôm qua" not in page
    assert "Dự báo" not in page


def test_the_page_escapes_names() -> None:
    hostile = structs.replace(SCORE, line=structs.replace(LINE, name="<script>x</script>"))
    page = view.render(hostile, BOARD, FORECAST, Asked(unit="66"))
    assert "<script>" not in page
    assert "‹ Toàn tỉnh" in page


def test_the_period_in_words() -> None:
    assert view.period(SCORE) == "Tháng 11/2026"
    assert view.period(structs.replace(SCORE, first=date(2026, 10, 30))) == "Từ 30/10/2026 đến 30/11/2026"


def test_ranks() -> None:
    assert view.rank(LINE) == ""
    assert view.rank(structs.replace(LINE, rank=3, ranked=102, peers="commune")) == "Hạng 3/102 xã, phường"
    assert view.rank(structs.replace(LINE, rank=None, ranked=102)) == ""


THRESHOLDS = (Threshold(50, "Trung bình"), Threshold(80, "Tốt"), Threshold(90, "Xuất sắc"))


def test_the_scale_reaches_to_the_next_words() -> None:
    assert scale((85.0, 84.0, 86.0), THRESHOLDS, 100) == (79.5, 90.5)
    assert scale((85.0, 95.0), THRESHOLDS, 100) == (79.0, 101.0)
    assert scale((20.0, 30.0), THRESHOLDS, 100) == (0.0, 52.5)
    first, last = scale((100.0, 100.0), (Threshold(100, "Đủ"),), 100)
    assert first < 100 < last


def test_the_outlook_as_a_picture() -> None:
    drawn = picture(85.0, Range(84.0, 86.0, 88.0), THRESHOLDS, top=100, label="nhãn")
    assert [mark.name for mark in drawn.thresholds] == ["Tốt", "Xuất sắc"]
    assert [mark.anchor for mark in drawn.thresholds] == ["start", "end"]
    assert drawn.low < drawn.now.x < drawn.expected < drawn.low + drawn.width
    assert 0 < drawn.low < drawn.low + drawn.width < 480
    certain = picture(85.0, Range(85.0, 85.0, 85.0), THRESHOLDS, top=100, label="")
    assert certain.width == 3.0
    assert view.outlook(structs.replace(SCORE, running=False), FORECAST) is None
    short = structs.replace(FORECAST, score=None, per_100=None)
    assert view.outlook(SCORE, short) is None
    assert view.outlook_words(SCORE, short) == "Chưa đủ ngày làm việc để dự báo."


def behind_dossier(**changes: Any) -> BehindDossier:
    """A dossier that costs points."""
    values: dict[str, Any] = {
        "code": "H15-1",
        "unit_name": "Sở Y tế",
        "procedure_name": "",
        "status": 9,
        "channel": 2,
        "filed_at": AT,
        "deadline_at": AT,
        "late_at": AT,
        "ended_at": AT,
        "lateness": 3,
        "requests": 0,
        "fee_vnd": None,
        "electronic_result": None,
        "papers_digitised": None,
    }
    return BehindDossier(**{**values, **changes})


REASONS = [
    pytest.param("2.1", {}, "xong trễ hạn", id="ended late"),
    pytest.param("2.1", {"lateness": None}, "xong nhưng không có hạn để so sánh", id="no term"),
    pytest.param("2.1", {"ended_at": None}, "quá hạn, chưa xong", id="running"),
    pytest.param("2.1", {"ended_at": AT + timedelta(days=9)}, "quá hạn, chưa xong", id="ended after the period"),
    pytest.param("5.4", {"requests": 2}, "yêu cầu bổ sung 2 lần", id="asked twice"),
    pytest.param("3.full", {"channel": 1}, "nộp trực tiếp", id="at the counter"),
    pytest.param("3.full", {}, "thiếu kết quả điện tử", id="online, no result"),
    pytest.param("4.2", {"papers_digitised": True}, "thiếu kết quả điện tử", id="scanned, no result"),
    pytest.param("4.2", {}, "chưa số hóa giấy tờ, đã xử lý xong", id="not scanned"),
    pytest.param("3.6", {}, "chưa thanh toán trực tuyến, đã xử lý xong", id="not paid online"),
]


@pytest.mark.parametrize(("id_", "changes", "said"), REASONS)
def test_why_a_dossier_does_not_count(id_: str, changes: dict[str, Any], said: str) -> None:
    row = behind.dossier_row(id_, behind_dossier(**changes), AT + timedelta(days=5))
    assert (row.why, row.procedure, row.address) == (said, "chưa rõ", "/dossier?code=H15-1")


def test_what_a_list_is_of() -> None:
    head = behind.heading(SCORE, INDICATORS[1], Asked(indicator="4.1"), shown=100, more=True)
    assert head.note == (
        "Tỉnh Đắk Lắk: mất 3,00/6 điểm, 3.000 hồ sơ chưa có kết quả điện tử trong 6.000 hồ sơ phải trả kết quả. "
        "Đang hiện 100 mục đầu."
    )
    assert head.back == "/scoreboard"
    frozen = structs.replace(SCORE, closed=Closed(1, AT, "system", ""))
    assert "danh sách là của hiện nay" in behind.heading(frozen, INDICATORS[1], Asked(), shown=1, more=False).note


def test_procedures_behind_a_count() -> None:
    held = BehindProcedure(
        code="1.1",
        name="Đăng ký",
        level="commune",
        service_mode=None,
        fee_vnd=8000,
        department=None,
        decided_on=date(2026, 1, 2),
        effective_on=None,
        published_on=None,
    )
    row = behind.procedure_row(held)
    assert (row.level, row.department, row.decided, row.published, row.fee) == (
        "cấp xã",
        "—",
        "02/01/2026",
        "—",
        "8.000 đồng",
    )
    assert behind.procedure_row(structs.replace(held, fee_vnd=0)).fee == "không thu phí"


def tried(**changes: Any) -> WhatIf:
    """An answer to a what-if that wins 0.61 points."""
    now = Outcome(Standing(42.18, 72.72, 3), Standing(42.18, 72.72, 3), 0.0)
    end = Outcome(Standing(41.57, 71.68, 3), Standing(42.18, 72.72, 2), 0.61)
    values: dict[str, Any] = {
        "first": date(2026, 11, 1),
        "last": date(2026, 11, 30),
        "dossiers": 599,
        "now": now,
        "at_end": end,
        "indicators": (IndicatorOutcome("2.1", "Đúng hạn", 599, 19.07, 19.67, 0.6),),
        "carried_before": Carried(2760, 618),
        "carried_after": Carried(2161, 19),
        "notes": WhatIfNotes(ended_already=0, stay_late=19, kept_in_time=580, without_term=0, filed_before=2),
    }
    return WhatIf(**{**values, **changes})


def test_what_would_be_won() -> None:
    assert what_if.sentence(tried(), "Xã Ea Knốp", ["finish_now"]) == (
        "Trả kết quả ngay đối với 599 hồ sơ: Xã Ea Knốp được thêm 0,61 điểm khi hết kỳ (41,57 → 42,18, hạng 3 → 2)."
    )
    assert what_if.line("Khi hết kỳ", tried().at_end) == (
        "Khi hết kỳ",
        "41,57",
        "42,18",
        "+0,61",
        "71,68 → 72,72",
        "3 → 2",
    )
    assert what_if.line("Ngay", tried().now)[3:] == ("0", "72,72 → 72,72", "3")
    nothing = tried(at_end=tried().now)
    assert "không được thêm điểm nào trong kỳ này (42,18 điểm khi hết kỳ)" in what_if.sentence(
        nothing, "X", ["digitise"]
    )
    assert what_if.sentence(tried(dossiers=0), "X", ["digitise"]).startswith("Không có hồ sơ nào")


def test_what_a_what_if_does_not_win_is_told() -> None:
    said = what_if.notes(tried())
    assert said[0].startswith("19 hồ sơ đã quá hạn: trả ngay thì trong kỳ này vẫn tính là trễ")
    assert said[2] == "Kỳ sau bắt đầu với 19 hồ sơ trễ trong 2.161 hồ sơ chuyển sang, thay vì 618 trong 2.760."
    assert len(said) == 4
    quiet = WhatIfNotes(ended_already=0, stay_late=0, kept_in_time=0, without_term=0, filed_before=0)
    assert what_if.notes(tried(notes=quiet, carried_after=Carried(2760, 618))) == []


def test_what_can_be_tried_depends_on_the_indicator() -> None:
    assert list(choices("")) == [DUE, OVERDUE]
    assert list(choices("2.1")) == [DUE, OVERDUE], "finishing what is late wins nothing"
    assert list(choices("4.1")) == [DUE, OVERDUE, LISTED]
    assert set(what_if.ACTION_OF.values()) < set(what_if.ACTIONS)


CLOSED = Closing(
    month="2026-10",
    version=2,
    closed_at=AT,
    closed_by="user:lan",
    reason="bổ sung",
    reopened_at=None,
    reopened_by=None,
    reopen_reason=None,
)
REOPENED = structs.replace(
    CLOSED,
    version=1,
    closed_by="system",
    reason="",
    reopened_at=AT,
    reopened_by="user:minh",
    reopen_reason="thiếu số liệu",
)


def test_the_story_of_a_month() -> None:
    assert closing.story([CLOSED, REOPENED], "2026-10") == [
        "Chốt phiên bản 2, 25/11/2026 10:00, lan: bổ sung",
        "Mở lại 25/11/2026 10:00, minh: thiếu số liệu",
        "Chốt phiên bản 1, 25/11/2026 10:00, hệ thống",
    ]
    assert closing.story([CLOSED], "2026-09") == []
    assert closing.newest([CLOSED, REOPENED]) == {"2026-10": CLOSED}
    assert [closing.holds(one) for one in (CLOSED, REOPENED, None)] == [True, False, False]


def test_months_of_the_chooser() -> None:
    today = date(2026, 2, 14)
    assert months(today)[:3] == ["2026-02", "2026-01", "2025-12"]
    assert len(months(today)) == 13
    assert days_of_month("2026-02") == (date(2026, 2, 1), date(2026, 2, 28))
    assert days_of_month("2025-12") == (date(2025, 12, 1), date(2025, 12, 31))
    names = [closing.month_name(month, today, held) for month, held in (("2026-02", None), ("2026-01", CLOSED))]
    assert names == ["Tháng 02/2026 · trực tiếp", "Tháng 01/2026 · đã chốt"]
    assert closing.month_name("2025-12", today, REOPENED) == "Tháng 12/2025 · đã mở lại"
    assert closing.month_name("2025-12", today, None) == "Tháng 12/2025 · chưa chốt"


def test_the_score_on_the_briefing() -> None:
    line = render_score(structs.replace(LINE, name="<b>"), "2026-10", "24133")
    assert "tháng 10/2026: <strong>26,67/30,00 điểm</strong> có số liệu, xếp loại tốt." in line
    assert "/scoreboard?month=2026-10&amp;unit=24133" in line
