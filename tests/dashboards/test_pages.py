"""The pages for people, run by Streamlit's own test harness against a real API."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from msgspec import structs
from streamlit.testing.v1 import AppTest

from dashboards.api_client import ApiClient, ApiError
from dashboards.api_models import AlertDetail, HistoryEntry, Matcher, Mute, Silence
from dashboards.screens.console_account import wrong
from dashboards.screens.console_act import FOR_GOOD, HALF_HOUR, MORNING, TWO_HOURS, alike, is_waiting, until
from dashboards.screens.console_alert import facts, history
from dashboards.screens.console_alerts import OPEN, Filter, fetch, lines, muted, sentence
from dashboards.screens.console_silence_form import conditions_of, matchers_of, wish
from dashboards.screens.console_silences import rows as silence_rows
from dashboards.screens.console_silences import soon
from dashboards.sign_in import new_http_client
from ioc_core.errors import InputError
from tests.api.conftest import PASSWORD, Centre
from tests.dashboards.province import CONFIG
from tests.dashboards.test_vietnamese import AT

pytestmark = pytest.mark.slow

TIMEOUT = 20


def console_page() -> None:
    from dashboards.screens import console

    console.show()


def briefing_page() -> None:
    from dashboards.screens import briefing

    briefing.show()


@pytest.fixture(autouse=True)
def known_api(monkeypatch: pytest.MonkeyPatch, centre: Centre) -> None:
    monkeypatch.setenv("IOC_API_URL", centre.url)
    monkeypatch.setenv("IOC_CONFIG_DIR", str(CONFIG))


def signed_in_page(page: Any, who: str, password: str = PASSWORD) -> AppTest:
    tried = AppTest.from_function(page, default_timeout=TIMEOUT).run()
    tried.text_input[0].set_value(who)
    tried.text_input[1].set_value(password)
    tried.button[0].click()
    return tried.run()


def words(tried: AppTest) -> str:
    shown = [
        *tried.markdown,
        *tried.error,
        *tried.warning,
        *tried.success,
        *tried.info,
        *tried.caption,
        *tried.get("html"),
    ]
    return "\n".join(str(getattr(element, "value", "") or element.proto.body) for element in shown)


async def test_a_wrong_password_is_told_in_vietnamese(centre: Centre) -> None:
    tried = await asyncio.to_thread(signed_in_page, console_page, "user-operator", "sai mật khẩu rồi")
    assert [error.value for error in tried.error] == ["Tên đăng nhập hoặc mật khẩu không đúng."]
    assert not tried.exception


async def test_an_empty_form_is_not_sent(centre: Centre) -> None:
    tried = await asyncio.to_thread(signed_in_page, console_page, " ", "")
    assert [error.value for error in tried.error] == ["Xin nhập tên đăng nhập và mật khẩu."]


async def test_an_operator_comments_an_alert(centre: Centre) -> None:
    def act() -> AppTest:
        tried = signed_in_page(console_page, "user-operator")
        assert not tried.exception
        tried.text_area[0].set_value("Đơn vị báo sẽ trả trước 17 giờ")
        next(button for button in tried.button if button.label == "Gửi ghi chú").click()
        return tried.run()

    tried = await asyncio.to_thread(act)
    assert [done.value for done in tried.success] == ["Đã thêm ghi chú."]
    assert "Đơn vị báo sẽ trả trước 17 giờ" in words(tried)


async def test_an_empty_comment_is_refused_in_vietnamese(centre: Centre) -> None:
    def act() -> AppTest:
        tried = signed_in_page(console_page, "user-operator")
        next(button for button in tried.button if button.label == "Gửi ghi chú").click()
        return tried.run()

    tried = await asyncio.to_thread(act)
    assert [error.value for error in tried.error] == ["Nội dung ghi chú trống hoặc quá dài (tối đa 2.000 ký tự)."]


async def test_filters_narrow_the_list(centre: Centre) -> None:
    http = new_http_client(centre.url)
    client = ApiClient(http, centre.tokens["operator"])

    def ask(**changes: Any) -> list[int]:
        asked: dict[str, Any] = {"state": OPEN, "severities": (), "unit": None, "only_waiting": False, **changes}
        return [alert.severity for alert in fetch(client, Filter(**asked))]

    every = await asyncio.to_thread(ask)
    assert every == sorted(every)
    assert set(every) == {1, 2, 3, 4}
    assert set(await asyncio.to_thread(ask, severities=(2, 4))) == {2, 4}
    assert await asyncio.to_thread(ask, unit="66") == []
    assert len(await asyncio.to_thread(ask, only_waiting=True)) <= len(every)
    http.close()


async def test_a_viewer_sees_no_button(centre: Centre) -> None:
    tried = await asyncio.to_thread(signed_in_page, console_page, "user-viewer")
    assert [button.label for button in tried.button] == ["Đăng xuất"]
    assert "Dữ liệu bị từ chối" not in str(tried.get("button_group"))


async def test_everybody_can_change_their_password(centre: Centre) -> None:
    new = "một mật khẩu còn dài hơn"

    def act(current: str, first: str, second: str) -> AppTest:
        tried = AppTest.from_function(console_page, default_timeout=TIMEOUT)
        tried.session_state["console_part"] = "Đổi mật khẩu"
        tried.run()
        tried.text_input[0].set_value("user-on-call")
        tried.text_input[1].set_value(PASSWORD)
        tried.button[0].click()
        tried.run()
        for field, text in zip(tried.text_input, (current, first, second), strict=True):
            field.set_value(text)
        next(button for button in tried.button if button.label == "Đổi mật khẩu").click()
        return tried.run()

    refused = await asyncio.to_thread(act, "không phải mật khẩu", new, new)
    assert [error.value for error in refused.error] == ["Mật khẩu hiện tại không đúng."]
    done = await asyncio.to_thread(act, PASSWORD, new, new)
    assert "Đã đổi mật khẩu." in done.success[0].value
    again = await asyncio.to_thread(signed_in_page, console_page, "user-on-call", new)
    assert not again.error
    assert any(button.label == "Đăng xuất" for button in again.button)


async def test_signing_out_ends_the_session(centre: Centre) -> None:
    def act() -> tuple[AppTest, str]:
        tried = signed_in_page(console_page, "user-viewer")
        token: str = tried.session_state["ioc_session"].token
        next(button for button in tried.button if button.label == "Đăng xuất").click()
        return tried.run(), token

    tried, token = await asyncio.to_thread(act)
    assert [field.label for field in tried.text_input] == ["Tên đăng nhập", "Mật khẩu"]
    async with httpx.AsyncClient(base_url=centre.url) as http:
        answer = await http.get("/api/v1/session", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


async def test_an_ended_session_asks_to_sign_in_again(centre: Centre) -> None:
    def act() -> AppTest:
        tried = signed_in_page(console_page, "user-viewer")
        with new_http_client(centre.url) as http:
            ApiClient(http, tried.session_state["ioc_session"].token).sign_out()
        return tried.run()

    tried = await asyncio.to_thread(act)
    assert [warning.value for warning in tried.warning] == ["Phiên đăng nhập đã hết hạn. Xin đăng nhập lại."]


async def test_a_centre_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_API_URL", "http://127.0.0.1:9")
    tried = await asyncio.to_thread(signed_in_page, console_page, "lan", PASSWORD)
    assert [error.value for error in tried.error] == ["Máy chủ dữ liệu không trả lời. Xin thử lại sau ít giây."]
    assert not tried.exception


async def test_the_briefing_of_a_unit(centre: Centre) -> None:
    def act() -> AppTest:
        tried = signed_in_page(briefing_page, "user-leader")
        assert not tried.exception
        tried.selectbox[0].set_value("24133")
        return tried.run()

    tried = await asyncio.to_thread(act)
    assert not tried.exception
    assert "Phường Buôn Ma Thuột · Từ 0" in words(tried)
    assert "Tỷ lệ giải quyết đúng hạn" in words(tried)


async def test_people_who_share_a_client_share_no_cookie(centre: Centre) -> None:
    def act() -> tuple[int, str]:
        with new_http_client(centre.url) as http:
            session = ApiClient(http).sign_in("user-operator", PASSWORD)
            assert session.me.name == "user-operator"
            return len(http.cookies), str(http.get("/api/v1/session").status_code)

    assert await asyncio.to_thread(act) == (0, "401")


REFUSALS = [
    pytest.param("viewer", lambda client: client.act(1, "ack", {}), 403, "không có quyền", id="a viewer acknowledges"),
    pytest.param("operator", lambda client: client.alert(10**9), 404, "Không tìm thấy", id="no such alert"),
    pytest.param("operator", lambda client: client.act(60, "ack", {}), 409, "đã kết thúc", id="it is over"),
    pytest.param("operator", lambda client: client.comment(1, ""), 422, "ghi chú trống", id="an empty comment"),
    pytest.param("expired", lambda client: client.sources(), 401, "đã hết hạn", id="an expired token"),
    pytest.param(
        "on-call", lambda client: client.rejected(source=None, limit=1), 403, "không có quyền", id="no right"
    ),
]


@pytest.mark.parametrize(("who", "act", "status", "said"), REFUSALS)
async def test_refusals_are_vietnamese(centre: Centre, who: str, act: Any, status: int, said: str) -> None:
    http = new_http_client(centre.url)
    with pytest.raises(ApiError, match=said) as caught:
        await asyncio.to_thread(act, ApiClient(http, centre.tokens[who]))
    assert caught.value.status == status
    http.close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(httpx.Response(429, headers={"retry-after": "17"}), "chờ 17 giây", id="too often"),
        pytest.param(httpx.Response(429, headers={"retry-after": "x"}), "chờ 60 giây", id="too often, no time"),
        pytest.param(httpx.Response(503), "đang bận", id="unavailable"),
        pytest.param(httpx.Response(500, text="<html>"), "lỗi 500", id="a mistake of the centre"),
        pytest.param(httpx.Response(422, text="<html>"), "chưa hợp lệ", id="no problem document"),
        pytest.param(httpx.Response(200, text="<html>"), "không đúng định dạng", id="something else answers"),
    ],
)
def test_answers_of_a_strange_server(answer: httpx.Response, said: str) -> None:
    with (
        httpx.Client(base_url="http://x", transport=httpx.MockTransport(lambda _: answer)) as http,
        pytest.raises(ApiError, match=said),
    ):
        ApiClient(http, "token").sources()


ALERT = AlertDetail(
    id=7,
    rule="DossierOverdue",
    severity=2,
    state="firing",
    unit="24133",
    unit_name="Phường Buôn Ma Thuột",
    summary="Hồ sơ quá hạn 2 giờ",
    labels={"unit": "24133", "procedure": "1.001193", "empty": ""},
    annotations={"description": "Nhắc đơn vị trả kết quả"},
    value=7200.5,
    pending_at=AT,
    firing_at=AT,
    resolved_at=None,
    acknowledged_by="lan",
    acknowledged_at=AT,
    details={"status": 4, "hosts": ["a", "b"], "broken_in": False, "rate": 2.5},
    history=(HistoryEntry(AT, "firing", "engine", ""), HistoryEntry(AT, "commented", "lan", "đã gọi")),
)


def test_facts_of_an_alert() -> None:
    assert facts(ALERT, AT) == [
        ("Quy tắc", "DossierOverdue"),
        ("Đơn vị", "Phường Buôn Ma Thuột"),
        ("Bắt đầu", "21/11/2026 07:42, 0 giây trước"),
        ("Người nhận", "lan, từ 21/11/2026 07:42"),
        ("Giá trị", "7.200,50"),
        ("Mô tả", "Nhắc đơn vị trả kết quả"),
        ("Đã đăng nhập được", "không"),
        ("Máy chủ", "a, b"),
        ("Mã thủ tục", "1.001193"),
        ("rate", "2,50"),
        ("status", "4"),
    ]


def test_a_muted_alert_says_so_and_waits_for_nobody() -> None:
    silence = Mute("silence", "1", "Tắt báo (lan): vá", AT, AT + timedelta(hours=2))
    free = structs.replace(ALERT, acknowledged_by=None, mutes=(silence,))
    assert not is_waiting(free, AT)
    assert muted(free, AT) == "tắt báo đến 09:42"
    endless = structs.replace(silence, kind="storm", until=None)
    assert muted(structs.replace(free, mutes=(silence, endless)), AT) == "tắt báo"
    assert muted(ALERT, AT) == ""
    assert facts(free, AT)[3] == ("Tắt báo", "Tắt báo (lan): vá, từ 21/11/2026 07:42, đến 21/11/2026 09:42")


def test_a_silence_of_an_alert_means_that_alert_alone() -> None:
    text = conditions_of(structs.replace(ALERT, labels={"unit": "24133", "host": 'a"b', "empty": ""}))
    assert text == 'alertname="DossierOverdue"\nhost="a\\"b"\nunit="24133"'
    assert matchers_of(f"\n{text}\n ")[1] == Matcher("host", 'a"b')
    with pytest.raises(InputError, match="is not a matcher"):
        matchers_of("unit")


SILENCE = Silence(
    id="1", kind="silence", matchers=(Matcher("system", "igate"),), starts_at=AT, ends_at=AT + timedelta(hours=2),
    comment="vá", created_by="lan", state="active", changes_at=AT + timedelta(hours=2), muting=3,
)  # fmt: skip


@pytest.mark.parametrize(
    ("silence", "line"),
    [
        (SILENCE, ("Tắt báo, đang tắt đến 09:42", 'system="igate"', "21/11/2026 07:42 – 09:42", "3", "lan: vá")),
        (structs.replace(SILENCE, ends_soon=True, scope="24133"),
         ("Tắt báo, đang tắt đến 09:42, sắp hết", 'system="igate" (phạm vi 24133)', "21/11/2026 07:42 – 09:42", "3",
          "lan: vá")),
        (structs.replace(SILENCE, kind="maintenance", state="pending", recurrence="FREQ=DAILY", muting=0),
         ("Bảo trì, chờ đến giờ 09:42", 'system="igate"', "21/11/2026 07:42 – 09:42, hằng ngày", "0", "lan: vá")),
        (structs.replace(SILENCE, state="expired", changes_at=None, recurrence="FREQ=YEARLY"),
         ("Tắt báo, đã hết", 'system="igate"', "21/11/2026 07:42 – 09:42, FREQ=YEARLY", "3", "lan: vá")),
    ],
    ids=["on", "ends soon, of a scope", "recurring, off at the moment", "over, by a rule of its own"],
)  # fmt: skip
def test_a_silence_reads(silence: Silence, line: tuple[str, ...]) -> None:
    assert silence_rows([silence], AT) == [line]
    assert soon([silence]) == (frozenset({0}) if silence.ends_soon else frozenset())


def test_a_wish_for_a_silence_says_only_what_was_chosen() -> None:
    said = wish(matchers=SILENCE.matchers, kind="silence", starts=None, length="2h", recurrence=None, why="vá")
    matchers = ({"name": "system", "value": "igate", "isRegex": False, "isEqual": True},)
    assert said == {"matchers": matchers, "kind": "silence", "for": "2h", "comment": "vá"}
    later = wish(matchers=(), kind="silence", starts=AT, length="2h", recurrence="FREQ=DAILY", why="vá")
    assert (later["starts_at"], later["recurrence"]) == (AT.isoformat(), "FREQ=DAILY")


def test_alerts_alike_are_of_one_rule_and_unit_and_free() -> None:
    free = structs.replace(ALERT, id=8, acknowledged_by=None)
    listed = [
        ALERT,
        free,
        structs.replace(free, id=9, rule="SystemDown"),
        structs.replace(free, id=10, unit="22015"),
        structs.replace(free, id=11, state="resolved"),
        structs.replace(free, id=12),
    ]
    assert alike(ALERT, listed) == [8, 12]


def test_history_is_newest_first() -> None:
    assert history(ALERT) == [
        ("21/11/2026 07:42", "Ghi chú", "lan", "đã gọi"),
        ("21/11/2026 07:42", "Phát cảnh báo", "hệ thống", ""),
    ]


def test_facts_of_what_people_did() -> None:
    handled = structs.replace(
        ALERT, acknowledged_until=AT, assigned_to="hai", snoozed_by="lan", snoozed_until=AT, closed_by="mai",
        closed_at=AT, close_reason="bảo trì",
    )  # fmt: skip
    assert facts(handled, AT)[3:7] == [
        ("Người nhận", "lan, từ 21/11/2026 07:42, đến 21/11/2026 07:42"),
        ("Giao cho", "hai"),
        ("Tạm hoãn", "đến 21/11/2026 07:42, do lan"),
        ("Đóng bằng tay", "mai, 21/11/2026 07:42: bảo trì"),
    ]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            HistoryEntry(AT, "acknowledged", "lan", "đang gọi", AT),
            ("Đã nhận xử lý", "đến 21/11/2026 07:42 · đang gọi"),
        ),
        (HistoryEntry(AT, "acknowledged", "lan", "đổi ca", None, "hai"), ("Đã nhận xử lý", "thay hai · đổi ca")),
        (HistoryEntry(AT, "ack_expired", "engine", "", None, "lan"), ("Hết thời gian nhận xử lý", "của lan")),
        (HistoryEntry(AT, "assigned", "lan", "", None, "hai"), ("Giao việc", "cho hai")),
        (HistoryEntry(AT, "assigned", "lan", ""), ("Giao việc", "không giao cho ai nữa")),
        (HistoryEntry(AT, "closed", "lan", "bảo trì", AT), ("Đóng bằng tay", "đến 21/11/2026 07:42 · bảo trì")),
    ],
)
def test_history_says_from_whom_to_whom_and_until_when(entry: HistoryEntry, expected: tuple[str, str]) -> None:
    (line,) = history(structs.replace(ALERT, history=(entry,)))
    assert (line[1], line[3]) == expected


@pytest.mark.parametrize(
    ("choice", "now", "expected"),
    [
        (FOR_GOOD, "2026-11-20T20:04:00+00:00", None),
        (HALF_HOUR, "2026-11-20T20:04:00+00:00", "2026-11-20T20:34:00+00:00"),
        (TWO_HOURS, "2026-11-20T20:04:00+00:00", "2026-11-20T22:04:00+00:00"),
        (MORNING, "2026-11-20T20:04:00+00:00", "2026-11-22T00:00:00+00:00"),  # 03:04 on the 21st: 07:00 on the 22nd
        (MORNING, "2026-11-20T16:59:00+00:00", "2026-11-21T00:00:00+00:00"),  # 23:59 on the 20th
    ],
)
def test_how_long_a_choice_is(choice: str, now: str, expected: str | None) -> None:
    assert until(choice, datetime.fromisoformat(now)) == (
        None if expected is None else datetime.fromisoformat(expected)
    )


def test_a_line_names_the_unit_once() -> None:
    assert sentence(ALERT) == "Hồ sơ quá hạn 2 giờ — Phường Buôn Ma Thuột"
    (shown,) = lines([ALERT], AT)
    assert (shown["began"], shown["started_at"]) == ("07:42", "2026-11-21T00:42:18+00:00")


@pytest.mark.parametrize(
    ("current", "new", "again", "said"),
    [
        pytest.param("", "", "", "Xin nhập", id="nothing"),
        pytest.param("cũ", "mới mới mới mới", "khác", "không giống nhau", id="twice not the same"),
        pytest.param("cũ", "ngắn", "ngắn", "ít nhất 12", id="short"),
        pytest.param("một mật khẩu", "một mật khẩu", "một mật khẩu", "phải khác", id="the old one"),
        pytest.param("cũ", "một mật khẩu", "một mật khẩu", "", id="fine"),
    ],
)
def test_passwords_are_looked_at_first(current: str, new: str, again: str, said: str) -> None:
    complaint = wrong(current, new, again)
    assert said in complaint
    assert bool(said) == bool(complaint)
