"""The form that makes a silence: conditions, when, why, and what it would mute."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
import streamlit as st

from dashboards.api_client import ApiError
from dashboards.api_models import Alert, Matcher, Previewed, Session
from dashboards.page import table
from dashboards.sign_in import api, report_error
from dashboards.vietnamese import SEVERITY_MARKS, ZONE, number
from ioc_core.errors import InputError
from ioc_core.label_matchers import LabelMatcher, parse

PART = "Tắt báo"
CONSOLE_PART = "console_part"
NOTE_LENGTH = 2000
ALL_LABELS = 12
"""More labels than that are more than anybody reads; the first by name are taken."""
_FORM, _OUTCOME = "silence_form", "silence_outcome"

KINDS: Mapping[str, str] = {"silence": "Tắt báo", "maintenance": "Bảo trì"}
LENGTHS: Mapping[str, str] = {"30 phút": "30m", "2 giờ": "2h", "8 giờ": "8h", "1 ngày": "1d", "7 ngày": "7d"}
ONCE, OWN = "Một lần", "Quy tắc khác (RRULE)"
RECURRENCES: Mapping[str, str | None] = {
    ONCE: None,
    "Hằng ngày": "FREQ=DAILY",
    "Thứ Hai đến thứ Sáu": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "Thứ Bảy và Chủ nhật": "FREQ=WEEKLY;BYDAY=SA,SU",
    "Hằng tuần, cùng thứ": "FREQ=WEEKLY",
    "Hằng tháng, cùng ngày": "FREQ=MONTHLY",
    OWN: None,
}


def begin(alert: Alert) -> None:
    """Go to the form, with the conditions that mean this alert."""
    st.session_state[f"{_FORM}_matchers"] = conditions_of(alert)
    st.session_state[CONSOLE_PART] = PART


def conditions_of(alert: Alert) -> str:
    """Return the conditions that only this alert meets, a line each."""
    labels = {name: str(value) for name, value in sorted(alert.labels.items()) if value not in (None, "")}
    named = list(labels.items())[:ALL_LABELS]
    return "\n".join(str(LabelMatcher(name, value)) for name, value in [("alertname", alert.rule), *named])


def matchers_of(text: str) -> list[Matcher]:
    """Return the conditions of the lines of `text`. Raises: InputError, when a line is none."""
    lines = [line for line in text.splitlines() if line.strip()]
    return [msgspec.convert(msgspec.to_builtins(parse(line)), Matcher) for line in lines]


def wish(
    *, matchers: Sequence[Matcher], kind: str, starts: datetime | None, length: str, recurrence: str | None, why: str
) -> dict[str, Any]:
    """Return the body that asks for a silence; `starts`: None: now."""
    said: dict[str, Any] = {
        "matchers": msgspec.to_builtins(matchers),
        "kind": kind,
        "for": length,
        "comment": why,
    }
    if starts is not None:
        said["starts_at"] = starts.isoformat()
    if recurrence:
        said["recurrence"] = recurrence
    return said


def show(session: Session) -> None:
    """Show the form, and what its conditions would mute."""
    st.markdown("##### Lệnh tắt báo mới")
    text = st.text_area(
        "Điều kiện, mỗi dòng một nhãn: `=` `!=` `=~` `!~`",
        key=f"{_FORM}_matchers",
        height=120,
        placeholder='alertname="SystemDown"\nsystem="igate"',
    )
    left, right = st.columns(2)
    left.selectbox("Loại", list(KINDS), format_func=KINDS.__getitem__, key=f"{_FORM}_kind")
    right.selectbox("Kéo dài", list(LENGTHS), index=1, key=f"{_FORM}_length")
    left, right = st.columns(2)
    later = left.toggle("Bắt đầu sau", key=f"{_FORM}_later")
    recurrence = right.selectbox("Lặp lại", list(RECURRENCES), key=f"{_FORM}_recurrence")
    if later:
        left, right = st.columns(2)
        left.date_input("Ngày", value="today", format="DD/MM/YYYY", key=f"{_FORM}_day")
        right.time_input("Giờ", value=time(22), key=f"{_FORM}_time")
    if recurrence == OWN:
        st.text_input("RRULE", key=f"{_FORM}_rule", placeholder="FREQ=MONTHLY;BYDAY=1SA")
    st.text_input("Lý do (bắt buộc)", max_chars=NOTE_LENGTH, key=f"{_FORM}_why")
    st.button("Tắt báo", type="primary", key=f"{_FORM}_send", on_click=_send, args=(session.token,))
    _tell_outcome()
    if text.strip():
        _preview(session, text)


def _preview(session: Session, text: str) -> None:
    try:
        found = api(session.token).preview_silence(matchers_of(text))
    except InputError:
        st.warning('Có dòng chưa đúng dạng. Xin viết như system="igate" hoặc host=~"web.*".')
    except ApiError as error:
        report_error(error)
    else:
        st.markdown(words_of(found))
        if found.alerts:
            st.html(table(("Mức", "Cảnh báo", "Đơn vị"), rows_of(found)))


def words_of(found: Previewed) -> str:
    """Return in a sentence what a silence would mute."""
    at_least = "ít nhất " if found.last_7_days_truncated else ""
    return (
        f"Đang khớp **{number(found.count)}** cảnh báo; trong 7 ngày qua có {at_least}{number(found.last_7_days)} "
        "cảnh báo khớp."
    )


def rows_of(found: Previewed) -> list[tuple[str, str, str]]:
    """Return a line an alert."""
    return [
        (f"{SEVERITY_MARKS[item.severity]} P{item.severity}", item.summary, item.unit_name) for item in found.alerts
    ]


def _send(token: str) -> None:
    state = st.session_state
    starts = None
    if state[f"{_FORM}_later"]:
        day, at = state[f"{_FORM}_day"], state[f"{_FORM}_time"]
        assert isinstance(day, date) and isinstance(at, time)
        starts = datetime.combine(day, at, ZONE)
    chosen = str(state[f"{_FORM}_recurrence"])
    try:
        matchers = matchers_of(str(state[f"{_FORM}_matchers"]))
        body = wish(
            matchers=matchers,
            kind=str(state[f"{_FORM}_kind"]),
            starts=starts,
            length=LENGTHS[str(state[f"{_FORM}_length"])],
            recurrence=str(state.get(f"{_FORM}_rule", "")) if chosen == OWN else RECURRENCES[chosen],
            why=str(state[f"{_FORM}_why"]).strip(),
        )
        if matchers and body["comment"]:
            api(token).create_silence(body)
    except (ApiError, InputError) as error:
        state[_OUTCOME] = (datetime.now(UTC), error if isinstance(error, ApiError) else None)
        return
    if not matchers:
        state[_OUTCOME] = (datetime.now(UTC), "Xin ghi ít nhất một điều kiện.")
    elif not body["comment"]:
        state[_OUTCOME] = (datetime.now(UTC), "Xin ghi lý do (tối đa 2.000 ký tự).")
    else:
        state[f"{_FORM}_why"] = ""
        state[f"{_FORM}_matchers"] = ""
        state[_OUTCOME] = (datetime.now(UTC), True)


def _tell_outcome() -> None:
    """Show what came of the last act for a while."""
    at, outcome = st.session_state.get(_OUTCOME, (datetime.min.replace(tzinfo=UTC), None))
    if datetime.now(UTC) - at > timedelta(seconds=6):
        return
    if isinstance(outcome, ApiError):
        report_error(outcome)
    elif outcome is True:
        st.success("Đã tắt báo.")
    elif outcome is not None:
        st.warning(str(outcome))
