"""What figures mean, in sentences: a table of periods."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.api_models import Breakdown, Figure, Measure, PeriodReport
from dashboards.findings import Finding, findings
from dashboards.report import card, line, render

NAMES = ("Xã Ea Kao", "Sở Y tế", "Phường Tân Lập", "Xã Ea Ô")


def unit(name: str, **counts: int) -> Breakdown:
    empty = dict.fromkeys(("received", "online", "resolved", "measured", "on_time", "open", "overdue"), 0)
    return Breakdown(key=name, name=name, **(empty | counts))


def total(units: Sequence[Breakdown], name: str) -> int:
    return sum(getattr(each, name) for each in units)


def figure(name: str, unit_name: str, now: tuple[int, int | None], before: tuple[int, int | None]) -> Figure:
    def measure(numerator: int, denominator: int | None) -> Measure:
        if denominator is None:
            return Measure(float(numerator), numerator, None)
        return Measure(round(100 * numerator / denominator, 2) if denominator else None, numerator, denominator)

    here, there = measure(*now), measure(*before)
    change = None if here.value is None or there.value is None else round(here.value - there.value, 2)
    return Figure(name, name, unit_name, "định nghĩa", here, there, change)


def report(units: Sequence[Breakdown], before: Sequence[Breakdown]) -> PeriodReport:
    def pair(of: Sequence[Breakdown], top: str, bottom: str | None) -> tuple[int, int | None]:
        return total(of, top), None if bottom is None else total(of, bottom)

    shapes: dict[str, tuple[str, str, str | None]] = {
        "received": ("hồ sơ", "received", None),
        "resolved": ("hồ sơ", "resolved", None),
        "on_time": ("%", "on_time", "measured"),
        "open": ("hồ sơ", "open", None),
        "overdue": ("%", "overdue", "open"),
        "online": ("%", "online", "received"),
    }
    return PeriodReport(
        from_=date(2026, 11, 1),
        to=date(2026, 11, 21),
        before_from=date(2026, 10, 11),
        before_to=date(2026, 10, 31),
        scope="66",
        scope_name="Tỉnh Đắk Lắk",
        made_at=datetime(2026, 11, 21, 4, 0, tzinfo=UTC),
        figures=tuple(
            figure(name, words, pair(units, top, bottom), pair(before, top, bottom))
            for name, (words, top, bottom) in shapes.items()
        ),
        by_unit=tuple(units),
        by_channel=(unit("Trực tuyến", received=1),),
    )


CALM = [unit("Xã Ea Kao", measured=100, on_time=98), unit("Sở Y tế", measured=100, on_time=100)]

CASES = [
    pytest.param(
        [unit("Xã Ea Kao", measured=100, on_time=80), unit("Sở Y tế", measured=900, on_time=890)],
        [unit("Xã Ea Kao", measured=100, on_time=99), unit("Sở Y tế", measured=900, on_time=890)],
        [
            Finding(
                "Tỷ lệ giải quyết đúng hạn là 97,0 % (970/1.000), giảm 1,9 điểm so với kỳ trước (98,9 %).", good=False
            ),
            Finding(
                "Xã Ea Kao kéo tỷ lệ xuống nhiều nhất: 20 trong 30 hồ sơ trễ hạn của cả kỳ, đúng hạn 80,0 % (80/100). "
                "Không tính đơn vị này, tỷ lệ chung là 98,9 % (890/900).",
                good=False,
            ),
            Finding("Xã Ea Kao giảm mạnh nhất: từ 99,0 % (99/100) xuống 80,0 % (80/100), tức 19,0 điểm.", good=False),
        ],
        id="one unit pulls the rate down",
    ),
    pytest.param(
        [unit(f"Xã {index:02d}", measured=10, on_time=9) for index in range(20)],
        [],
        [
            Finding("Tỷ lệ giải quyết đúng hạn là 90,0 % (180/200), kỳ trước không có số liệu để so sánh.", good=None),
            Finding(
                "Trễ hạn trải đều ở 20 đơn vị; nhiều nhất là Xã 19, chỉ 5,0 % (1/20) hồ sơ trễ hạn: "
                "cần biện pháp chung hơn là xử lý một đơn vị.",
                good=False,
            ),
        ],
        id="everybody is a little late",
    ),
    pytest.param(
        [unit("Xã Ea Kao", measured=8, on_time=8)],
        [unit("Xã Ea Kao", measured=8, on_time=8)],
        [
            Finding(
                "Tỷ lệ giải quyết đúng hạn là 100,0 % (8/8), gần như không đổi so với kỳ trước (100,0 %). "
                "Số hồ sơ ít nên tỷ lệ dễ biến động.",
                good=None,
            )
        ],
        id="few cases say little",
    ),
    pytest.param(
        [unit("Xã Ea Kao", open=100, overdue=40), unit("Sở Y tế", open=900, overdue=10)],
        [unit("Xã Ea Kao", open=1000, overdue=100)],
        [
            Finding(
                "Cuối kỳ có 5,0 % (50/1.000) hồ sơ đang xử lý đã quá hạn, giảm 5,0 điểm so với kỳ trước (10,0 %). "
                "2 đơn vị nhiều nhất giữ 100,0 % (50/50): Xã Ea Kao 40, Sở Y tế 10.",
                good=True,
            )
        ],
        id="fewer are overdue, and who holds them",
    ),
    pytest.param(
        [unit("Xã Ea Kao", open=70)],
        [],
        [Finding("Không có hồ sơ quá hạn trong 70 hồ sơ đang xử lý cuối kỳ.", good=True)],
        id="nothing is overdue",
    ),
    pytest.param(
        [unit("Sở Y tế", received=1200, resolved=1000, online=600)],
        [unit("Sở Y tế", received=1000, resolved=1000, online=400)],
        [
            Finding("Giải quyết 1.000, ít hơn tiếp nhận (1.200) 200 hồ sơ: tồn đọng tăng.", good=False),
            Finding("Tiếp nhận 1.200 hồ sơ, tăng 20,0 % so với kỳ trước (1.000).", good=None),
            Finding("Nộp trực tuyến 50,0 % (600/1.200), tăng 10,0 điểm so với kỳ trước (40,0 %).", good=True),
        ],
        id="more comes in than goes out",
    ),
    pytest.param(
        [unit("Sở Y tế", received=1000, resolved=1000)],
        [unit("Sở Y tế", received=990, resolved=1000)],
        [
            Finding("Giải quyết bằng tiếp nhận (1.000 hồ sơ): tồn đọng không đổi.", good=None),
            Finding("Tiếp nhận 1.000 hồ sơ, gần như bằng kỳ trước (990).", good=None),
            Finding("Nộp trực tuyến 0,0 % (0/1.000), gần như không đổi so với kỳ trước (0,0 %).", good=None),
        ],
        id="as much as before",
    ),
    pytest.param([], [], [], id="nothing was measured, nothing is said"),
]


@pytest.mark.parametrize(("units", "before", "told"), CASES)
def test_findings(units: list[Breakdown], before: list[Breakdown], told: list[Finding]) -> None:
    assert findings(report(units, before), before) == told


numbers = st.integers(0, 5000)


@st.composite
def breakdowns(draw: st.DrawFn) -> list[Breakdown]:
    found = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        received, resolved, opened = draw(numbers), draw(numbers), draw(numbers)
        measured = draw(st.integers(0, resolved))
        found.append(
            unit(
                name,
                received=received,
                online=draw(st.integers(0, received)),
                resolved=resolved,
                measured=measured,
                on_time=draw(st.integers(0, measured)),
                open=opened,
                overdue=draw(st.integers(0, opened)),
            )
        )
    return found


@given(breakdowns(), breakdowns())
def test_any_period_can_be_told(units: list[Breakdown], before: list[Breakdown]) -> None:
    """No division by nothing; every share stands with both its parts; the page holds no figure without a value."""
    told = findings(report(units, before), before)
    for finding in told:
        assert "nan" not in finding.text
        assert "None" not in finding.text
        assert finding.text.count("%") <= finding.text.count("/") + finding.text.count(
            "kỳ trước ("
        ) + finding.text.count("% so với kỳ trước")
    page = render(report(units, before), before)
    assert page.count('class="card"') == 6
    assert "None" not in page


@pytest.mark.parametrize(
    ("made", "value", "parts", "change", "tone"),
    [
        pytest.param(
            figure("on_time", "%", (932, 1000), (98, 100)), "93,2", "932/1.000 hồ sơ", "kỳ trước 98,0 %, −4,8 điểm",
            "worse", id="a share that fell",
        ),
        pytest.param(
            figure("overdue", "%", (1, 100), (3, 100)), "1,0", "1/100 hồ sơ", "kỳ trước 3,0 %, −2,0 điểm", "better",
            id="fewer overdue is better",
        ),
        pytest.param(
            figure("on_time", "%", (999, 1000), (998, 1000)), "99,9", "999/1.000 hồ sơ", "kỳ trước 99,8 %, +0,1 điểm",
            "", id="a hair is no change",
        ),
        pytest.param(
            figure("on_time", "%", (0, 0), (98, 100)), "—", "kỳ này không có hồ sơ để tính",
            "kỳ trước: không có số liệu", "", id="nothing measured is no zero",
        ),
        pytest.param(
            figure("received", "hồ sơ", (12345, None), (12000, None)), "12.345", "", "kỳ trước 12.000, +345", "",
            id="a count has no denominator",
        ),
        pytest.param(
            figure("received", "hồ sơ", (5, None), (5, None)), "5", "", "kỳ trước 5, không đổi", "", id="no change",
        ),
    ],
)  # fmt: skip
def test_cards(made: Figure, value: str, parts: str, change: str, tone: str) -> None:
    shown = card(made)
    assert (shown.value, shown.parts, shown.change, shown.tone) == (value, parts, change, tone)


def test_lines_show_shares_with_their_parts() -> None:
    shown = line(unit("Xã Ea Kao", received=1000, resolved=10, measured=8, on_time=6, open=40, overdue=4), 12)
    assert shown == ("Xã Ea Kao", "1.000", "10", "6/8 (75,0 %)", "40", "4/40 (10,0 %)", 50.0)
    assert line(unit("Xã Ea Ô"), 0).on_time == "—"


def test_the_page_escapes_names() -> None:
    page = render(report([unit("<script>x</script>", measured=2, open=3, overdue=3)], []), [])
    assert "<script>" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page


def test_a_report_of_the_api_is_understood() -> None:
    """The field `from` is Python's keyword; everything else goes by its own name."""
    plain: Any = msgspec.to_builtins(report(CALM, CALM))
    assert plain["from"] == "2026-11-01"
    assert msgspec.convert(plain, PeriodReport) == report(CALM, CALM)


def test_findings_are_told_without_the_period_before() -> None:
    units = [unit("Xã Ea Kao", measured=100, on_time=50, open=10, overdue=5, received=10, resolved=20)]
    told = findings(report(units, []), [])
    assert all("kỳ trước (" not in finding.text for finding in told)
    assert replace(told[0], good=True) != told[0]
