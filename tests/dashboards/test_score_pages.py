"""The pages of the scoreboard and of dossiers, run by Streamlit's own test harness against a real API."""

import asyncio
import html
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.api_client import ApiClient, ApiError
from dashboards.dossiers import asking
from dashboards.periods import months
from dashboards.scoreboard import asking as scores
from dashboards.screens.scoreboard import Shown, fetch
from dashboards.sign_in import new_http_client
from tests.api.conftest import PASSWORD, SCOPE, Centre
from tests.dashboards.histories import COMMUNE, ENTERED_LATE, OVERDUE, WITHOUT_RESULT
from tests.dashboards.province import CONFIG
from tests.dashboards.test_pages import TIMEOUT, briefing_page, words

pytestmark = pytest.mark.slow

TODAY = datetime.now(UTC).date()
BEFORE_LAST = months(TODAY)[2]


def scoreboard_page() -> None:
    from dashboards.screens import scoreboard

    scoreboard.show()


def dossier_page() -> None:
    from dashboards.screens import dossier

    dossier.show()


@pytest.fixture(autouse=True)
def known_api(monkeypatch: pytest.MonkeyPatch, centre: Centre) -> None:
    monkeypatch.setenv("IOC_API_URL", centre.url)
    monkeypatch.setenv("IOC_CONFIG_DIR", str(CONFIG))


def opened(page: Any, who: str = "user-leader", **address: str) -> AppTest:
    """The page at an address, after signing in."""
    tried = AppTest.from_function(page, default_timeout=TIMEOUT)
    for name, value in address.items():
        tried.query_params[name] = value
    tried.run()
    tried.text_input[0].set_value(who)
    tried.text_input[1].set_value(PASSWORD)
    tried.button[0].click()
    tried.run()
    assert not tried.exception
    return tried


def papers(tried: AppTest) -> str:
    """The HTML of everything that was made from a template."""
    shown = []
    for element in tried.get("bidi_component"):
        given = msgspec.json.decode(msgspec.json.decode(element.proto.json)["json"])
        shown.append(given.get("html", ""))
    return html.unescape("\n".join(shown))


async def test_the_running_month_of_the_province(centre: Centre) -> None:
    tried = await asyncio.to_thread(opened, scoreboard_page)
    page = papers(tried)
    assert "Tỉnh Đắk Lắk đang đạt " in page
    assert " điểm có số liệu, xếp loại " in page
    assert "Đang chạy: số liệu trực tiếp" in page
    assert "Xã, phường (102)" in page
    assert "chưa có kết quả điện tử" in page
    assert "chưa có số liệu, không tính là 0" in page.lower()
    assert [box.label for box in tried.selectbox[:2]] == ["Kỳ", "Đơn vị"]


async def test_a_unit_and_the_dossiers_behind_its_lost_points(centre: Centre) -> None:
    tried = await asyncio.to_thread(opened, scoreboard_page, unit=COMMUNE, indicator="4.1")
    page = papers(tried)
    assert "Phường Buôn Ma Thuột đang đạt" in page
    assert "Phía sau điểm mất: 4.1" in page
    assert f'href="/dossier?code={WITHOUT_RESULT}-00"' in page
    assert "chưa có kết quả điện tử, đã xử lý xong" in page
    assert "‹ Toàn tỉnh" in page


async def test_procedures_behind_a_count(centre: Centre) -> None:
    page = papers(await asyncio.to_thread(opened, scoreboard_page, indicator="3.5b"))
    assert "Phía sau điểm mất: 3.5b" in page
    assert "thủ tục chưa có giao dịch trong " in page
    assert '<td class="once">1.' in page


async def test_a_scope_sees_its_own_score(centre: Centre) -> None:
    def act() -> Shown | None:
        with new_http_client(centre.url) as http:
            return fetch(ApiClient(http, centre.tokens["scoped"]), (TODAY.replace(day=1), TODAY), "")

    shown = await asyncio.to_thread(act)
    assert shown is not None
    assert {line.unit for line in shown.board.lines} == {shown.score.line.unit} == {SCOPE}


async def test_what_if_results_were_given_electronically(centre: Centre) -> None:
    def act() -> AppTest:
        tried = opened(scoreboard_page, unit=COMMUNE, indicator="4.1")
        next(button for button in tried.button if button.label.startswith("Tính điểm của")).click()
        return tried.run()

    page = papers(await asyncio.to_thread(act))
    assert "Cấp kết quả điện tử đối với " in page
    assert "Phường Buôn Ma Thuột được thêm " in page
    assert "Khi hết kỳ, " in page


async def test_a_what_if_needs_something_to_do(centre: Centre) -> None:
    def act() -> AppTest:
        tried = opened(scoreboard_page)
        tried.multiselect[0].set_value([])
        next(button for button in tried.button if button.label.startswith("Tính điểm của")).click()
        return tried.run()

    tried = await asyncio.to_thread(act)
    assert [error.value for error in tried.error] == ["Xin chọn đơn vị và ít nhất một việc làm."]


async def test_choosing_a_unit_changes_the_address(centre: Centre) -> None:
    def act() -> AppTest:
        tried = opened(scoreboard_page)
        tried.selectbox[1].set_value(COMMUNE)
        return tried.run()

    tried = await asyncio.to_thread(act)
    assert tried.query_params["unit"] == COMMUNE
    assert "Phường Buôn Ma Thuột đang đạt" in papers(tried)


async def test_a_leader_closes_a_month_and_opens_it_again(centre: Centre) -> None:
    def act() -> tuple[AppTest, str, str, AppTest]:
        tried = opened(scoreboard_page, month=BEFORE_LAST)
        next(button for button in tried.button if button.label.startswith("Chốt")).click()
        tried.run()
        said = [done.value for done in tried.success]
        closed = papers(tried)
        field = next(box for box in tried.text_input if box.label.startswith("Lý do"))
        field.set_value("thiếu số liệu của một xã")
        next(button for button in tried.button if button.label == "Mở lại tháng này").click()
        tried.run()
        return tried, said[0], closed, opened(scoreboard_page, "user-viewer", month=BEFORE_LAST)

    tried, said, closed, viewer = await asyncio.to_thread(act)
    assert said == f"Đã chốt tháng {BEFORE_LAST}, phiên bản 1."
    assert "Đã chốt, phiên bản 1 · " in closed
    assert "người chốt: user-leader" in closed
    assert [done.value for done in tried.success] == [f"Đã mở lại tháng {BEFORE_LAST}: số liệu lại là trực tiếp."]
    assert "thiếu số liệu của một xã" in words(viewer)
    assert "Chưa chốt: số liệu còn có thể thay đổi" in papers(viewer)
    assert [button.label for button in viewer.button] == ["Đăng xuất"], "a viewer reads"


async def test_opening_again_without_a_reason_is_refused_in_vietnamese(centre: Centre) -> None:
    with new_http_client(centre.url) as http:
        client = ApiClient(http, centre.tokens["leader"])
        with pytest.raises(ApiError, match="Xin ghi lý do"):
            await asyncio.to_thread(scores.reopen, client, BEFORE_LAST, "")


async def test_a_unit_without_a_score_is_told_in_vietnamese(centre: Centre) -> None:
    tried = await asyncio.to_thread(opened, scoreboard_page, month="1990-01", unit="no-unit")
    assert "Tỉnh Đắk Lắk đang đạt " in papers(tried), "an address that can't be is the running month of all"
    with new_http_client(centre.url) as http:
        client = ApiClient(http, centre.tokens["leader"])
        with pytest.raises(ApiError, match="Đơn vị này không có điểm trong kỳ"):
            await asyncio.to_thread(scores.unit_score, client, "no-unit", (TODAY.replace(day=1), TODAY))


async def test_a_dossier_by_its_code(centre: Centre) -> None:
    page = papers(await asyncio.to_thread(opened, dossier_page, code=OVERDUE))
    assert page.count("Quá hạn ") >= 1
    assert "Hiện ở Phường Buôn Ma Thuột · Địa chính" in page
    assert "chờ người dân bổ sung 3 ngày, được trừ khỏi thời gian giải quyết" in page
    assert "Yêu cầu bổ sung giấy tờ" in page


async def test_a_dossier_that_was_only_entered_late(centre: Centre) -> None:
    page = papers(await asyncio.to_thread(opened, dossier_page, code=ENTERED_LATE))
    assert "Xong trong hạn, nhập muộn" in page
    assert "quá hạn do nhập muộn, không phải quá hạn thực tế" in page
    assert "Hệ thống ghi nhận kết quả" in page


async def test_the_beginning_of_a_code_finds_those_that_begin_so(centre: Centre) -> None:
    def act() -> AppTest:
        tried = opened(dossier_page)
        tried.text_input[0].set_value(f" {WITHOUT_RESULT} ")
        return tried.run()

    tried = await asyncio.to_thread(act)
    assert tried.query_params["code"] == WITHOUT_RESULT
    assert f"{WITHOUT_RESULT}-19" in papers(tried)
    assert [told.value for told in tried.info] == ["Các hồ sơ có mã bắt đầu như vậy:"]


async def test_a_code_that_is_not_there(centre: Centre) -> None:
    tried = await asyncio.to_thread(opened, dossier_page, code="không có mã này")
    assert [told.value for told in tried.warning] == ["Không có hồ sơ nào mang mã này trong phạm vi được xem."]
    assert papers(tried) == ""


async def test_lists_by_standing(centre: Centre) -> None:
    def act() -> tuple[AppTest, AppTest]:
        tried = opened(dossier_page, unit=COMMUNE)
        late = papers(tried)
        assert OVERDUE in late
        tried.query_params["list"] = "soon"
        return tried.run(), opened(dossier_page)

    soon, every = await asyncio.to_thread(act)
    assert OVERDUE not in papers(soon)
    assert "Đang hiện 100 hồ sơ đầu; tải tệp để có đủ." in papers(every)


async def test_lists_as_files(centre: Centre) -> None:
    def act() -> tuple[bytes, bytes]:
        with new_http_client(centre.url) as http:
            client = ApiClient(http, centre.tokens["leader"])
            asked = asking.asked(("overdue",), COMMUNE)
            return client.file("/dossiers", asked, "csv"), client.file("/dossiers", asked, "xlsx")

    text, book = await asyncio.to_thread(act)
    assert OVERDUE in text.decode()
    assert book.startswith(b"PK")


async def test_the_briefing_leads_to_the_score(centre: Centre) -> None:
    page = papers(await asyncio.to_thread(opened, briefing_page))
    assert "Điểm phục vụ người dân và doanh nghiệp (Quyết định 766)" in page
    assert f'href="/scoreboard?month={TODAY:%Y-%m}"' in page
