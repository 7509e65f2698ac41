"""The API over HTTP, as the console and the briefing use it; its refusals become Vietnamese sentences."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import httpx
import msgspec
from msgspec import Struct

from dashboards.api_models import (
    Alert,
    AlertDetail,
    Matcher,
    Outcome,
    PeriodReport,
    Person,
    Previewed,
    Rejected,
    Session,
    Silence,
    Source,
    Unit,
)
from dashboards.oncall.models import Rota
from ioc_core.errors import IocError

TIMEOUT = httpx.Timeout(5.0, connect=2.0)
REPORT_TIMEOUT = httpx.Timeout(20.0, connect=2.0)
FILE_TIMEOUT = httpx.Timeout(120.0, connect=2.0)

Model = TypeVar("Model")


class ApiError(IocError):
    """The API refused, or didn't answer; the message is for people. `status` is 0 without an answer."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class _Items(Struct, frozen=True):
    items: list[msgspec.Raw]


class _Wrong(Struct, frozen=True):
    parameter: str = ""


class _Problem(Struct, frozen=True):
    detail: str = ""
    errors: tuple[_Wrong, ...] = ()


class ApiClient:
    """Asks the API in the name of one session; without a token only signing in works.

    Every method raises ApiError. One `httpx.Client` may serve many of these, in many threads.
    """

    def __init__(self, http: httpx.Client, token: str | None = None) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def sign_in(self, name: str, password: str) -> Session:
        """Return a new session."""
        return self.ask("POST", "/session", Session, json={"name": name, "password": password}, refusals=_SIGN_IN)

    def sign_out(self) -> None:
        """End the session."""
        self._send("DELETE", "/session")

    def change_password(self, current: str, new: str) -> None:
        """Change one's own password; all other sessions of the user end."""
        self._send("POST", "/password", json={"current": current, "new": new})

    def feed_ticket(self) -> str:
        """Return a ticket that opens the feed once within a minute."""
        return self.ask("POST", "/feed-tickets", _Ticket).ticket

    def alerts(self, *, states: Sequence[str], severity: int, unit: str | None, limit: int) -> list[Alert]:
        """Return the newest alerts of one severity."""
        asked = {"state": list(states), "severity": severity, "unit": unit, "limit": limit}
        return self._list("/alerts", Alert, asked)

    def alert(self, alert_id: int) -> AlertDetail:
        """Return an alert with its history."""
        return self.ask("GET", f"/alerts/{alert_id}", AlertDetail)

    def act(self, alert_id: int, action: str, said: Mapping[str, Any]) -> None:
        """Do something to an alert: ack, unack, assign, snooze, unsnooze, resolve, reopen."""
        self._send("POST", f"/alerts/{alert_id}/{action}", json=said)

    def act_on_many(self, alert_ids: Sequence[int], action: str, said: Mapping[str, Any]) -> list[Outcome]:
        """Do the same to many alerts."""
        answer = self.ask("POST", f"/alerts/{action}", _Outcomes, json={"ids": list(alert_ids), **said})
        return list(answer.items)

    def people(self) -> list[Person]:
        """Return whom an alert can be given to."""
        return self._list("/alerts/people", Person, {})

    def comment(self, alert_id: int, note: str) -> None:
        """Say something about an alert."""
        self._send("POST", f"/alerts/{alert_id}/comments", json={"note": note})

    def silences(self, *, over: bool, limit: int) -> list[Silence]:
        """Return the newest silences, those that are over or those that aren't."""
        return self._list("/silences", Silence, {"over": over, "limit": limit})

    def preview_silence(self, matchers: Sequence[Matcher]) -> Previewed:
        """Return what a silence would mute."""
        body = {"matchers": msgspec.to_builtins(matchers)}
        return self.ask("POST", "/silences/preview", Previewed, json=body)

    def create_silence(self, said: Mapping[str, Any]) -> Silence:
        """Make a silence."""
        return self.ask("POST", "/silences", Silence, json=said, refusals=_SILENCE)

    def expire_silence(self, silence_id: str) -> None:
        """End a silence now."""
        self._send("POST", f"/silences/{silence_id}/expire", refusals=_SILENCE)

    def on_call(self, since: datetime, until: datetime) -> Rota:
        """Return the rota with the shifts of a stretch."""
        return self.ask("GET", "/oncall", Rota, params={"from": since.isoformat(), "to": until.isoformat()})

    def create_override(self, said: Mapping[str, Any]) -> None:
        """Put somebody else, or nobody, on call for a while."""
        self._send("POST", "/oncall/overrides", json=said)

    def cancel_override(self, override_id: int) -> None:
        """Take that back."""
        self._send("DELETE", f"/oncall/overrides/{override_id}", refusals={409: "Lần đổi ca này đã kết thúc."})

    def sources(self) -> list[Source]:
        """Return every source."""
        return self._list("/sources", Source, {})

    def rejected(self, *, source: str | None, limit: int) -> list[Rejected]:
        """Return the newest refused input."""
        return self._list("/rejected", Rejected, {"source": source, "limit": limit})

    def units(self) -> list[Unit]:
        """Return the units of today."""
        return self._list("/units", Unit, {"current": True})

    def report(self, first: date, last: date, unit: str | None) -> PeriodReport:
        """Return the figures of a period, both days included."""
        asked = {"from": first.isoformat(), "to": last.isoformat(), "unit": unit}
        return self.ask("GET", "/reports/period", PeriodReport, params=asked, timeout=REPORT_TIMEOUT)

    def _list(self, path: str, model: type[Model], asked: Mapping[str, Any]) -> list[Model]:
        page = self.ask("GET", path, _Items, params=asked)
        return [_decoded(bytes(item), model) for item in page.items]

    def ask(self, method: str, path: str, model: type[Model], **options: Any) -> Model:
        """Return what a route below /api/v1 answers; `options` as those of `_send`."""
        return _decoded(self._send(method, path, **options).content, model)

    def file(self, path: str, asked: Mapping[str, Any], form: str) -> bytes:
        """Return a list as a file: `form` is csv or xlsx."""
        return self._send("GET", path, params={**asked, "format": form}, timeout=FILE_TIMEOUT).content

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        refusals: Mapping[int, str] | None = None,
    ) -> httpx.Response:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            answer = self._http.request(
                method, f"/api/v1{path}", params=given, json=json, headers=self._headers, timeout=timeout
            )
        except httpx.HTTPError as error:
            raise ApiError(0, "Máy chủ dữ liệu không trả lời. Xin thử lại sau ít giây.") from error
        if answer.is_success:
            return answer
        raise ApiError(answer.status_code, _refusal(answer, {**_REFUSALS, **(refusals or {})}))


class _Outcomes(Struct, frozen=True):
    items: tuple[Outcome, ...]


class _Ticket(Struct, frozen=True):
    ticket: str


_SIGN_IN: Mapping[int, str] = {401: "Tên đăng nhập hoặc mật khẩu không đúng."}
_SILENCE: Mapping[int, str] = {409: "Lệnh tắt báo này đã hết."}
_REFUSALS: Mapping[int, str] = {
    401: "Phiên đăng nhập đã hết hạn. Xin đăng nhập lại.",
    403: "Tài khoản này không có quyền làm việc đó.",
    404: "Không tìm thấy.",
    409: "Không làm được: cảnh báo đã kết thúc, đã đóng hoặc đã có người khác nhận.",
    422: "Có giá trị chưa hợp lệ.",
    503: "Máy chủ dữ liệu đang bận hoặc đang khởi động. Xin thử lại sau ít giây.",
}
_PARAMETERS: Mapping[str, str] = {
    "body.current": "Mật khẩu hiện tại không đúng.",
    "body.new": "Mật khẩu mới phải có từ 12 đến 256 ký tự, không lặp lại vài ký tự, và khác mật khẩu hiện tại.",
    "body.note": "Nội dung ghi chú trống hoặc quá dài (tối đa 2.000 ký tự).",
    "body.reason": "Xin ghi lý do (tối đa 2.000 ký tự).",
    "body": "Quá nhiều hồ sơ để tính một lần. Xin chọn một đơn vị nhỏ hơn.",
    "body.until": "Thời điểm phải ở phía trước, không quá 366 ngày.",
    "body.matchers": "Điều kiện nhãn chưa hợp lệ: mỗi dòng một điều kiện, ít nhất một điều kiện không khớp mọi thứ.",
    "body.comment": "Xin ghi lý do (tối đa 2.000 ký tự).",
    "body.ends_at": "Lệnh tắt báo phải kết thúc ở phía trước và kéo dài không quá 366 ngày.",
    "body.recurrence": "Quy tắc lặp lại chưa hợp lệ (RRULE của RFC 5545, nhiều nhất mỗi ngày vài lần).",
    "body.to": "Người này không có tài khoản được xử lý cảnh báo.",
    "query.to": "Kỳ báo cáo phải từ 1 đến 400 ngày, ngày cuối không trước ngày đầu.",
    "query.from": "Ngày đầu kỳ không hợp lệ.",
}


def _refusal(answer: httpx.Response, refusals: Mapping[int, str]) -> str:
    if answer.status_code == 429:
        wait = answer.headers.get("retry-after", "")
        return f"Thử quá nhiều lần. Xin chờ {wait if wait.isdigit() else '60'} giây rồi thử lại."
    if answer.status_code == 422:
        try:
            problem = msgspec.json.decode(answer.content, type=_Problem)
        except msgspec.MsgspecError:
            problem = _Problem()
        for wrong in problem.errors:
            if wrong.parameter in _PARAMETERS:
                return _PARAMETERS[wrong.parameter]
    return refusals.get(answer.status_code, f"Máy chủ báo lỗi {answer.status_code}.")


def _decoded(content: bytes, model: type[Model]) -> Model:
    try:
        return msgspec.json.decode(content, type=model)
    except msgspec.MsgspecError as error:
        raise ApiError(0, "Máy chủ trả lời không đúng định dạng; hai phần mềm có thể khác phiên bản.") from error
