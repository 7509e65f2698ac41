"""One alert on the console: its facts, its history; what can be done about it is in console_act.py."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from dashboards.api_models import Alert, AlertDetail, HistoryEntry, Session
from dashboards.labels import LABEL_NAMES
from dashboards.links import DOSSIER, EXPLAIN, link, show_paper
from dashboards.page import table
from dashboards.screens import console_act
from dashboards.templates import template
from dashboards.vietnamese import (
    ENGINE,
    HISTORY_NAMES,
    MUTE_NAMES,
    SEVERITY_MARKS,
    SEVERITY_NAMES,
    STATE_NAMES,
    age,
    day_and_time,
    number,
    plain_markdown,
)

SHOWN_APART = frozenset({"unit", "unit_name", "code", "codes", "worst"})
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


def show(session: Session, alert: AlertDetail | None, listed: Sequence[Alert]) -> None:
    """Show an alert; people who may act on it also see the forms."""
    if alert is None:
        st.info("Chưa chọn cảnh báo nào.")
        return
    mark = f"{SEVERITY_MARKS[alert.severity]} P{alert.severity} {SEVERITY_NAMES[alert.severity]}"
    st.markdown(f"#### {plain_markdown(alert.summary)}")
    st.markdown(f"{mark} · {STATE_NAMES.get(alert.state, alert.state)} · số {alert.id}")
    codes = dossiers_of(alert)
    if codes:
        links = [(code, link(DOSSIER, code=code)) for code in codes]
        show_paper(template("screens/console_dossiers.html.j2").render(links=links), key="console_dossiers")
    why = template("screens/console_explain.html.j2").render(address=link(EXPLAIN, alert=alert.id))
    show_paper(why, key="console_explain")
    console_act.show(session, alert, listed)
    st.html(table(("Thông tin", ""), facts(alert, datetime.now(UTC))))
    _runbook(alert)
    st.markdown("##### Diễn biến")
    st.html(table(("Lúc", "Việc", "Ai", "Ghi chú"), history(alert)))


def dossiers_of(alert: Alert) -> list[str]:
    """Return the codes of the dossiers that an alert is about: its labels `code` and `worst`, and its list `codes`."""
    details = alert.details if isinstance(alert, AlertDetail) else {}
    given = {**details, **alert.labels}
    listed = given.get("codes")
    codes = [given.get("code"), given.get("worst"), *(listed if isinstance(listed, list) else ())]
    return list(dict.fromkeys(code for code in codes if isinstance(code, str) and code))


def facts(alert: AlertDetail, now: datetime) -> list[tuple[str, str]]:
    """Return what is known of an alert, as pairs of words."""
    rows = [
        ("Quy tắc", alert.rule),
        ("Đơn vị", alert.unit_name or alert.unit or "không gắn với đơn vị nào"),
        ("Bắt đầu", f"{day_and_time(alert.started_at)}, {age(now - alert.started_at)} trước"),
    ]
    if alert.resolved_at is not None:
        rows.append(("Kết thúc", day_and_time(alert.resolved_at)))
    if alert.acknowledged_by is not None and alert.acknowledged_at is not None:
        until = f", đến {day_and_time(alert.acknowledged_until)}" if alert.acknowledged_until is not None else ""
        rows.append(("Người nhận", f"{alert.acknowledged_by}, từ {day_and_time(alert.acknowledged_at)}{until}"))
    if alert.assigned_to is not None:
        rows.append(("Giao cho", alert.assigned_to))
    if alert.snoozed_until is not None:
        rows.append(("Tạm hoãn", f"đến {day_and_time(alert.snoozed_until)}, do {alert.snoozed_by}"))
    for mute in alert.mutes:
        until = "" if mute.until is None else f", đến {day_and_time(mute.until)}"
        rows.append((MUTE_NAMES.get(mute.kind, "Tắt báo"), f"{mute.reason}, từ {day_and_time(mute.since)}{until}"))
    if alert.closed_by is not None and alert.closed_at is not None:
        until = f", đến {day_and_time(alert.closed_until)}" if alert.closed_until is not None else ""
        closed = f"{alert.closed_by}, {day_and_time(alert.closed_at)}{until}: {alert.close_reason}"
        rows.append(("Đóng bằng tay", closed))
    if alert.value is not None:
        rows.append(("Giá trị", number(alert.value, 0 if alert.value.is_integer() else 2)))
    description = alert.annotations.get("description")
    if description:
        rows.append(("Mô tả", str(description)))
    labels = {**alert.labels, **alert.details}
    rows += [
        (LABEL_NAMES.get(name, name), _word(value))
        for name, value in sorted(labels.items())
        if name not in SHOWN_APART and value not in (None, "")
    ]
    return rows


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, float):
        return number(value, 0 if value.is_integer() else 2)
    if isinstance(value, list):
        return ", ".join(_word(part) for part in value)
    text = str(value)
    return day_and_time(datetime.fromisoformat(text)) if _INSTANT.fullmatch(text) else text


def history(alert: AlertDetail) -> list[tuple[str, str, str, str]]:
    """Return what happened to an alert, the newest first."""
    return [
        (
            day_and_time(entry.at),
            HISTORY_NAMES.get(entry.kind, entry.kind),
            "hệ thống" if entry.actor == ENGINE else entry.actor,
            said(entry),
        )
        for entry in reversed(alert.history)
    ]


def said(entry: HistoryEntry) -> str:
    """Return what a line of the history adds: from whom or to whom, until when, and the words."""
    parts = []
    if entry.kind == "assigned":
        parts.append(f"cho {entry.person}" if entry.person else "không giao cho ai nữa")
    elif entry.kind == "acknowledged" and entry.person:
        parts.append(f"thay {entry.person}")
    elif entry.person:
        parts.append(f"của {entry.person}")
    if entry.until is not None:
        parts.append(f"đến {day_and_time(entry.until)}")
    if entry.note:
        parts.append(entry.note)
    return " · ".join(parts)


def _runbook(alert: AlertDetail) -> None:
    address = str(alert.annotations.get("runbook_url", ""))
    if urlsplit(address).scheme in {"http", "https"}:
        st.link_button("Hướng dẫn xử lý", address)
