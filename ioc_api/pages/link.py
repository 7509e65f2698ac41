"""What the page of a one-time link says; pure but for the template, which is read once."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct

from ioc_core.alert_links import Link, Message, Use
from ioc_core.errors import InputError

SHOWN = 10
_SEVERITIES: Mapping[int, str] = {1: "Khẩn cấp", 2: "Cao", 3: "Trung bình", 4: "Thấp"}
_DONE: Mapping[str, str] = {"acknowledge": "đã nhận xử lý", "snooze": "đã tạm hoãn"}
_REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "wrong": (404, "Đường dẫn không hợp lệ", "Hãy mở lại đường dẫn trong tin báo, hoặc đăng nhập màn hình xử lý."),
    "expired": (410, "Đường dẫn đã hết hạn", "Mỗi đường dẫn dùng được trong 24 giờ. Hãy đăng nhập màn hình xử lý."),
    "busy": (429, "Thử quá nhiều lần", "Xin chờ một phút rồi mở lại đường dẫn."),
    "away": (503, "Máy chủ đang bận", "Chưa ghi nhận được gì. Xin thử lại sau ít giây."),
}


class Page(Struct, frozen=True):
    """An answer: status and HTML."""

    status: int
    html: str


class ShownAlert(Struct, frozen=True, kw_only=True):
    """One alert of the message, as it is now."""

    state: str
    severity: int
    summary: str
    description: str
    firing_at: datetime
    ended_at: datetime | None
    taken_by: str | None
    taken_at: datetime | None
    snoozed_until: datetime | None


def refusal(reason: str) -> Page:
    """Return the page of a link that says nothing: `wrong`, `expired`, `busy`, `away`."""
    status, heading, words = _REFUSALS[reason]
    return Page(status, _render(heading=heading, words=words))


def page(
    link: Link, message: Message, alerts: Sequence[ShownAlert], *, now: datetime, zone: ZoneInfo, failed: str = ""
) -> Page:
    """Return the page of a link: what fires, who has it, and the buttons while it may be used.

    `failed`: why what was just asked for wasn't done (`used`, `over`): the status then is 409.
    """
    if link.expires_at <= now and message.use is None:
        return refusal("expired")

    def local(at: datetime) -> str:
        there = at.astimezone(zone)
        return there.strftime("%H:%M" if there.date() == now.astimezone(zone).date() else "%H:%M ngày %d/%m")

    firing = [alert for alert in alerts if alert.state == "firing"]
    waiting = [alert for alert in firing if alert.taken_by is None]
    words = _words(message.use, firing, waiting, local=local)
    severity = min((alert.severity for alert in firing), default=0)
    html = _render(
        heading=message.title,
        severity=severity,
        severity_name=_SEVERITIES.get(severity, ""),
        words=words,
        alerts=[_line(alert, now, local) for alert in alerts[:SHOWN]],
        others=max(len(message.alert_ids) - SHOWN, 0),
        may_act=message.use is None and bool(waiting),
        asks_name=not message.receiver.startswith("person:"),
        expires_at=link.expires_at,
        local=local,
    )
    return Page(409 if failed else 200, html)


def headers() -> dict[str, str]:
    """Return what the page needs beside the usual headers: only its own style, and forms only to itself.

    With `no-referrer` browsers send the form with `Origin: null`, which is nobody's.
    """
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "same-origin",
        "X-Robots-Tag": "noindex",
    }


def _words(use: Use | None, firing: Sequence[ShownAlert], waiting: Sequence[ShownAlert], *, local: Any) -> str:
    said = []
    if use is not None:
        said.append(f"{use.by} {_DONE[use.action]} lúc {local(use.at)}. Đường dẫn này đã dùng xong.")
    if not firing:
        said.append("Cảnh báo đã hết, không cần làm gì thêm.")
    elif not waiting and use is None:
        first = firing[0]
        said.append(
            f"{first.taken_by} đã nhận lúc {local(first.taken_at)}." if first.taken_at else "Đã có người nhận."
        )
    return " ".join(said)


def _line(alert: ShownAlert, now: datetime, local: Any) -> dict[str, Any]:
    taken = ""
    if alert.state == "firing" and alert.snoozed_until is not None and alert.snoozed_until > now:
        taken = f" · tạm hoãn đến {local(alert.snoozed_until)}"
    elif alert.state == "firing" and alert.taken_by is not None:
        taken = f" · {alert.taken_by} đã nhận"
    return {
        "summary": alert.summary,
        "description": alert.description,
        "firing_at": alert.firing_at,
        "ending": f" đến {local(alert.ended_at)}" if alert.ended_at is not None else "",
        "taken": taken,
    }


def _render(**names: Any) -> str:
    blank: dict[str, Any] = {
        "severity": 0, "severity_name": "", "words": "", "alerts": (), "others": 0, "may_act": False,
    }  # fmt: skip
    return _templates().get_template("link.html.j2").render(blank | names | {"style": _style()})


@cache
def _style() -> str:
    return files("ioc_api.pages").joinpath("link.css").read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    return Environment(loader=PackageLoader("ioc_api", "pages"), autoescape=True, undefined=StrictUndefined)


def reason_of(error: InputError) -> str:
    """Return which page an error of a link leads to."""
    return error.reason if error.reason in _REFUSALS else "wrong"
