"""Answers of the national protocol: HTTP 200 with an error_code that its clients read."""

from typing import Any

import msgspec
from starlette.responses import Response

from ingest.decoders.national_dossier import ItemResult
from ingest.push.refusal import Refusal
from ioc_core.events import Rejected

SESSION_OK = "0"
OK = "00"
"""Success of the services that take data: as text it is "00", as a number 0; clients test either."""
SOME_REFUSED = "1"
UNREADABLE = "2"
NOT_SIGNED_IN = "3"
UNKNOWN_SERVICE = "4"
UNAVAILABLE = "5"
TOO_LARGE = "6"
TOO_OFTEN = "7"

_NAMED = 5
_CODE_OF_STATUS = {
    400: UNREADABLE,
    401: NOT_SIGNED_IN,
    408: TOO_LARGE,
    413: TOO_LARGE,
    415: UNREADABLE,
    429: TOO_OFTEN,
    503: UNAVAILABLE,
}
_MESSAGES = {
    "unauthorized": "Phiên làm việc hoặc thông tin đăng nhập không hợp lệ hoặc đã hết hạn",
    "too_many_failures": "Đăng nhập sai quá nhiều lần, vui lòng thử lại sau",
    "credentials_unknown": "Hệ thống chưa đọc được thông tin đăng nhập, vui lòng gửi lại sau",
    "rate_limited": "Gửi quá nhanh, vui lòng gửi lại sau",
    "bus_full": "Hệ thống tiếp nhận đang đầy, vui lòng gửi lại sau",
    "bus_unavailable": "Hệ thống tiếp nhận tạm ngừng, vui lòng gửi lại sau",
    "database_unavailable": "Cơ sở dữ liệu tạm ngừng, vui lòng thử lại sau",
    "busy": "Hệ thống đang nhận quá nhiều dữ liệu, vui lòng gửi lại sau",
    "stopping": "Hệ thống tiếp nhận đang khởi động lại, vui lòng gửi lại sau",
    "too_large": "Dữ liệu gửi vượt quá dung lượng cho phép",
    "too_slow": "Dữ liệu gửi quá chậm",
    "cut_off": "Dữ liệu gửi bị cắt giữa chừng",
    "bad_gzip": "Dữ liệu nén gzip không hợp lệ",
    "unknown_encoding": "Chỉ nhận dữ liệu không nén hoặc nén gzip",
}


def answer(error_code: str, message: str, **more: Any) -> Response:
    """An answer of HTTP status 200."""
    return _json(200, {"error_code": error_code, "message": message, **more})


def refused(refusal: Refusal) -> Response:
    """The answer to a call that was refused as a whole.

    The status stays 200, for the clients parse the body, unless the call can't be taken now or ever: those clients,
    and proxies, that look at the status must not take it for done.
    """
    message = _MESSAGES.get(refusal.reason, str(refusal))
    status = refusal.status if refusal.status in {408, 413, 429, 503} else 200
    code = _CODE_OF_STATUS.get(refusal.status, UNREADABLE)
    return _json(status, {"error_code": code, "message": message}, refusal.headers)


def synced(results: list[ItemResult]) -> Response:
    """The answer to a list of dossiers or steps: what happened to each, and in words what was wrong."""
    wrong = [result.outcome.detail for result in results if isinstance(result.outcome, Rejected)]
    items = [_item(result) for result in results]
    if not wrong:
        return answer(OK, f"Đã nhận {len(results)} hồ sơ", result=items)
    named = "; ".join(wrong[:_NAMED])
    more = f"; và {len(wrong) - _NAMED} hồ sơ khác" if len(wrong) > _NAMED else ""
    message = f"{len(wrong)}/{len(results)} hồ sơ bị từ chối: {named}{more}"
    return answer(SOME_REFUSED, message, result=items)


def _item(result: ItemResult) -> dict[str, str]:
    if isinstance(result.outcome, Rejected):
        return {"MaHoSo": result.code, "error_code": SOME_REFUSED, "message": result.outcome.detail}
    return {"MaHoSo": result.code, "error_code": OK, "message": "Thành công"}


def _json(status: int, value: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    kept = {key: text for key, text in (headers or {}).items() if key != "WWW-Authenticate"}
    return Response(msgspec.json.encode(value), status, kept, "application/json")
