"""What an operator does about alerts on the console: forms for one alert, and taking many on at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from dashboards import outcomes
from dashboards.api_client import ApiError
from dashboards.api_models import Alert, AlertDetail, Session
from dashboards.screens import console_silence_form
from dashboards.sign_in import api
from dashboards.vietnamese import ZONE, number

ACT = "act-on-alerts"
NOTE_LENGTH = 2000
AT_ONCE = 200
_OUTCOME = "console_outcome"
_PEOPLE = "console_people"

FOR_GOOD, HALF_HOUR, TWO_HOURS, MORNING = "Không thời hạn", "30 phút", "2 giờ", "Đến 07:00 sáng mai"
LENGTHS = (HALF_HOUR, TWO_HOURS, MORNING)


def until(choice: str, now: datetime) -> datetime | None:
    """Return the instant that a choice means; None: for good."""
    if choice == HALF_HOUR:
        return now + timedelta(minutes=30)
    if choice == TWO_HOURS:
        return now + timedelta(hours=2)
    if choice == MORNING:
        return (now.astimezone(ZONE) + timedelta(days=1)).replace(hour=7, minute=0, second=0, microsecond=0)
    return None


def is_waiting(alert: Alert, now: datetime) -> bool:
    """Whether an alert fires, nobody has taken it on and it is neither put off nor muted."""
    snoozed = alert.snoozed_until is not None and alert.snoozed_until > now
    return alert.state == "firing" and alert.acknowledged_by is None and not snoozed and not alert.mutes


def alike(alert: Alert, listed: Sequence[Alert]) -> list[int]:
    """Return the other listed alerts of the same rule and unit that nobody has taken on, at most `AT_ONCE`."""
    return [
        other.id
        for other in listed
        if (other.rule, other.unit) == (alert.rule, alert.unit)
        and other.acknowledged_by is None
        and other.state in {"pending", "firing"}
        and other.id != alert.id
    ][: AT_ONCE - 1]


def show_bulk(session: Session, listed: Sequence[Alert]) -> None:
    """Offer to take on every listed alert that nobody has."""
    waiting = [alert.id for alert in listed if is_waiting(alert, datetime.now(UTC))][:AT_ONCE]
    if ACT not in session.me.permissions or len(waiting) < 2:
        return
    with st.popover(f"Nhận cả {len(waiting)} cảnh báo chưa ai nhận trong danh sách"):
        _form("bulk", "Nhận tất cả", (FOR_GOOD, *LENGTHS), "Ghi chú (không bắt buộc)", _taker(session, waiting))


def show(session: Session, alert: AlertDetail, listed: Sequence[Alert]) -> None:
    """Show what came of the last act, and the forms of what can be done now."""
    outcomes.tell(_OUTCOME)
    if ACT not in session.me.permissions:
        return
    if alert.state in {"pending", "firing"}:
        _open_alert(session, alert, listed)
    elif alert.state == "closed":
        _form(f"reopen_{alert.id}", "Mở lại", (), "Vì sao mở lại (không bắt buộc)", _doer(session, alert, "reopen"))
    key = f"comment_note_{alert.id}"
    with st.form(f"comment_{alert.id}", clear_on_submit=True, border=False):
        st.text_area("Thêm ghi chú", max_chars=NOTE_LENGTH, height=80, key=key)
        st.form_submit_button("Gửi ghi chú", on_click=_comment, args=(session.token, alert.id, key))


def _open_alert(session: Session, alert: AlertDetail, listed: Sequence[Alert]) -> None:
    if alert.acknowledged_by is None:
        with st.container(border=True):
            _take_form(session, alert, listed)
    with st.container(horizontal=True, gap="small"):
        if alert.acknowledged_by is not None:
            _held(session, alert)
        if alert.snoozed_until is None:
            with st.popover("Tạm hoãn"):
                _form(
                    f"snooze_{alert.id}",
                    "Tạm hoãn",
                    LENGTHS,
                    "Lý do (không bắt buộc)",
                    _doer(session, alert, "snooze"),
                )
        else:
            with st.popover("Thôi hoãn"):
                _form(f"wake_{alert.id}", "Thôi hoãn", (), "Lý do (không bắt buộc)", _doer(session, alert, "unsnooze"))
        if st.button("Tắt báo…", key=f"silence_{alert.id}", on_click=console_silence_form.begin, args=(alert,)):
            st.rerun()  # another part of the console
        with st.popover("Giao cho"):
            _assign_form(session, alert)
        if alert.state == "firing":
            with st.popover("Đóng"):
                st.caption("Điều kiện vẫn còn: cảnh báo coi như hết cho đến khi điều kiện xảy ra lần sau.")
                choices = (FOR_GOOD, *LENGTHS)
                _form(
                    f"close_{alert.id}", "Đóng cảnh báo", choices, "Lý do (bắt buộc)", _doer(session, alert, "resolve")
                )


def _held(session: Session, alert: AlertDetail) -> None:
    mine = alert.acknowledged_by == session.me.name
    with st.popover("Thôi nhận" if mine else "Bỏ nhận"):
        words = "Lý do (không bắt buộc)" if mine else f"{alert.acknowledged_by} đang giữ: vì sao bỏ nhận?"
        _form(f"unack_{alert.id}", "Thôi nhận, báo lại", (), words, _doer(session, alert, "unack"))
    with st.popover("Gia hạn" if mine else "Nhận thay"):
        words = "Ghi chú (không bắt buộc)" if mine else f"Vì sao nhận thay {alert.acknowledged_by}? (bắt buộc)"
        said = {} if mine else {"take_over": True}
        _form(f"over_{alert.id}", "Nhận", (FOR_GOOD, *LENGTHS), words, _doer(session, alert, "ack", said))


def _take_form(session: Session, alert: AlertDetail, listed: Sequence[Alert]) -> None:
    same = [alert.id, *alike(alert, listed)]
    key = f"acknowledge_{alert.id}"
    with st.form(key, clear_on_submit=True, border=False):
        left, right = st.columns([3, 2])
        left.text_input("Ghi chú khi nhận (không bắt buộc)", max_chars=NOTE_LENGTH, key=f"{key}_note")
        right.selectbox("Giữ trong", (FOR_GOOD, *LENGTHS), key=f"{key}_length")
        left, right = st.columns(2)
        take = _doer(session, alert, "ack")
        left.form_submit_button("Nhận xử lý", type="primary", width="stretch", on_click=take, args=(key,))
        if len(same) > 1:
            words = f"Nhận cả {len(same)} cảnh báo cùng loại"
            right.form_submit_button(words, width="stretch", on_click=_taker(session, same), args=(key,))


def _assign_form(session: Session, alert: AlertDetail) -> None:
    people: list[Any] = st.session_state.setdefault(_PEOPLE, [])
    if not people:
        people[:] = api(session.token).people()
    names = {
        person.name: f"{person.full_name} ({person.name})" if person.full_name else person.name for person in people
    }
    key = f"assign_{alert.id}"
    with st.form(key, clear_on_submit=True, border=False):
        st.selectbox("Người xử lý", ["", *names], format_func=lambda name: names.get(name, "không giao cho ai"),
                     key=f"{key}_to")  # fmt: skip
        st.text_input("Lời nhắn (không bắt buộc)", max_chars=NOTE_LENGTH, key=f"{key}_note")

        def give(form: str) -> None:
            to = str(st.session_state[f"{form}_to"]) or None
            _done(session.token, alert.id, "assign", {"to": to, "note": _note(form)})

        st.form_submit_button("Giao việc", type="primary", on_click=give, args=(key,))


def _form(key: str, button: str, lengths: Sequence[str], words: str, act: Callable[[str], None]) -> None:
    """A form of one act: a note or reason, and for how long."""
    with st.form(key, clear_on_submit=True, border=False):
        if lengths:
            st.selectbox("Trong bao lâu", lengths, key=f"{key}_length")
        st.text_input(words, max_chars=NOTE_LENGTH, key=f"{key}_note")
        st.form_submit_button(button, type="primary", on_click=act, args=(key,))


def _doer(
    session: Session, alert: AlertDetail, action: str, said: Mapping[str, Any] | None = None
) -> Callable[[str], None]:
    """Return what a form of one alert does before the page is drawn; it is given the form's key."""

    def act(form: str) -> None:
        note = "reason" if action == "resolve" else "note"
        _done(session.token, alert.id, action, {note: _note(form), **_end(form), **(said or {})})

    return act


def _taker(session: Session, alerts: Sequence[int]) -> Callable[[str], None]:
    """Return what takes many alerts on; those that somebody else has meanwhile are left out."""

    def take(form: str) -> None:
        try:
            answers = api(session.token).act_on_many(alerts, "ack", {"note": _note(form), **_end(form)})
        except ApiError as error:
            outcomes.note(_OUTCOME, error)
            return
        taken = sum(item.outcome != "refused" for item in answers)
        left = len(answers) - taken
        outcomes.note(
            _OUTCOME,
            f"Đã nhận {number(taken)} cảnh báo." + (f" {number(left)} đã có người nhận hoặc hết." if left else ""),
        )

    return take


def _note(form: str) -> str:
    return str(st.session_state[f"{form}_note"]).strip()


def _end(form: str) -> dict[str, str]:
    choice = st.session_state.get(f"{form}_length")
    end = None if choice is None else until(choice, datetime.now(UTC))
    return {} if end is None else {"until": end.isoformat()}


_WORDS: Mapping[str, str] = {
    "ack": "Đã nhận 1 cảnh báo.",
    "unack": "Đã thôi nhận; cảnh báo được báo lại.",
    "assign": "Đã giao việc.",
    "snooze": "Đã tạm hoãn.",
    "unsnooze": "Đã thôi hoãn.",
    "resolve": "Đã đóng cảnh báo.",
    "reopen": "Đã mở lại cảnh báo.",
}


def _done(token: str, alert_id: int, action: str, said: Mapping[str, Any]) -> None:
    try:
        api(token).act(alert_id, action, said)
    except ApiError as error:
        outcomes.note(_OUTCOME, error)
    else:
        outcomes.note(_OUTCOME, _WORDS[action])


def _comment(token: str, alert_id: int, key: str) -> None:
    """Add a comment before the page is drawn."""
    try:
        api(token).comment(alert_id, str(st.session_state[key]).strip())
    except ApiError as error:
        outcomes.note(_OUTCOME, error)
    else:
        outcomes.note(_OUTCOME, "Đã thêm ghi chú.")
