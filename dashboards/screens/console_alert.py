"""One alert on the console: its facts, its history, taking it on, saying something."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from dashboards import outcomes
from dashboards.api_client import ApiError
from dashboards.api_models import Alert, AlertDetail, Session
from dashboards.labels import LABEL_NAMES
from dashboards.links import DOSSIER, link, show_paper
from dashboards.page import table
from dashboards.sign_in import api
from dashboards.templates import template
from dashboards.vietnamese import (
    ENGINE,
    HISTORY_NAMES,
    SEVERITY_MARKS,
    SEVERITY_NAMES,
    STATE_NAMES,
    age,
    day_and_time,
    number,
    plain_markdown,
)

ACT = "act-on-alerts"
NOTE_LENGTH = 2000
AT_ONCE = 50
SHOWN_APART = frozenset({"unit", "unit_name", "code", "codes", "worst"})
_OUTCOME = "console_outcome"
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


def show(session: Session, alert: AlertDetail | None, listed: Sequence[Alert]) -> None:
    """Show an alert; people who may act on it also see the forms."""
    if alert is None:
        st.info("Chưa chọn cảnh báo nào.")
        return
    mark = f"{SEVERITY_MARKS[alert.severity]} P{alert.severity} {SEVERITY_NAMES[alert.severity]}"
    st.markdown(f"#### {plain_markdown(alert.summary)}")
    st.markdown(f"{mark} · {STATE_NAMES.get(alert.state, alert.state)} · số {alert.id}")
    outcomes.tell(_OUTCOME)
    codes = dossiers_of(alert)
    if codes:
        links = [(code, link(DOSSIER, code=code)) for code in codes]
        show_paper(template("screens/console_dossiers.html.j2").render(links=links), key="console_dossiers")
    if ACT in session.me.permissions:
        _actions(session.token, alert, listed)
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
        rows.append(("Người nhận", f"{alert.acknowledged_by}, {day_and_time(alert.acknowledged_at)}"))
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
            entry.note,
        )
        for entry in reversed(alert.history)
    ]


def _runbook(alert: AlertDetail) -> None:
    address = str(alert.annotations.get("runbook_url", ""))
    if urlsplit(address).scheme in {"http", "https"}:
        st.link_button("Hướng dẫn xử lý", address)


def _actions(token: str, alert: AlertDetail, listed: Sequence[Alert]) -> None:
    if alert.state != "resolved" and alert.acknowledged_by is None:
        key = f"acknowledge_note_{alert.id}"
        same = [alert.id, *alike(alert, listed)]
        with st.form(f"acknowledge_{alert.id}", clear_on_submit=True, border=True):
            st.text_input("Ghi chú khi nhận (không bắt buộc)", max_chars=NOTE_LENGTH, key=key)
            left, right = st.columns(2)
            left.form_submit_button(
                "Nhận xử lý", type="primary", width="stretch", on_click=_acknowledge, args=(token, [alert.id], key)
            )
            if len(same) > 1:
                words = f"Nhận cả {len(same)} cảnh báo cùng loại"
                right.form_submit_button(words, width="stretch", on_click=_acknowledge, args=(token, same, key))
    key = f"comment_note_{alert.id}"
    with st.form(f"comment_{alert.id}", clear_on_submit=True, border=False):
        st.text_area("Thêm ghi chú", max_chars=NOTE_LENGTH, height=80, key=key)
        st.form_submit_button("Gửi ghi chú", on_click=_comment, args=(token, alert.id, key))


def alike(alert: Alert, listed: Sequence[Alert]) -> list[int]:
    """Return the other listed alerts of the same rule and unit that nobody has taken on, at most `AT_ONCE`."""
    return [
        other.id
        for other in listed
        if (other.rule, other.unit) == (alert.rule, alert.unit)
        and other.acknowledged_by is None
        and other.state != "resolved"
        and other.id != alert.id
    ][:AT_ONCE]


def _acknowledge(token: str, alerts: Sequence[int], key: str) -> None:
    """Take alerts on before the page is drawn; of several, those that somebody else has meanwhile are left out."""
    client, note, taken = api(token), str(st.session_state[key]).strip(), 0
    for alert_id in alerts:
        try:
            client.acknowledge(alert_id, note)
            taken += 1
        except ApiError as error:
            if len(alerts) == 1 or error.status != 409:
                outcomes.note(_OUTCOME, error)
                return
    outcomes.note(_OUTCOME, f"Đã nhận {number(taken)} cảnh báo.")


def _comment(token: str, alert_id: int, key: str) -> None:
    """Add a comment before the page is drawn."""
    try:
        api(token).comment(alert_id, str(st.session_state[key]).strip())
    except ApiError as error:
        outcomes.note(_OUTCOME, error)
    else:
        outcomes.note(_OUTCOME, "Đã thêm ghi chú.")
