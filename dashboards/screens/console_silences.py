"""The console's silences: those that are on or will be, those that are over, and the form that makes one."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboards.api_client import ApiError
from dashboards.api_models import Session, Silence
from dashboards.page import table
from dashboards.screens import console_silence_form
from dashboards.screens.console_act import ACT
from dashboards.screens.console_silence_form import KINDS, RECURRENCES
from dashboards.sign_in import api, report_error
from dashboards.vietnamese import beginning, day_and_time_between, number
from ioc_core.label_matchers import LabelMatcher

REFRESH_SECONDS = 5.0
SHOWN = 200
RUNNING, OVER = "Còn hiệu lực", "Đã hết"
STATES = {"pending": "chờ đến giờ", "active": "đang tắt", "expired": "đã hết"}
_REFUSED = "silence_refused"


def show(session: Session) -> None:
    """Show the silences, anew every few seconds; people who may act on alerts also see the form."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _live(session)
    if ACT in session.me.permissions:
        with right:
            _form(session)


@st.fragment
def _form(session: Session) -> None:
    console_silence_form.show(session)


@st.fragment(run_every=REFRESH_SECONDS)
def _live(session: Session) -> None:
    chosen = st.segmented_control("Lệnh", [RUNNING, OVER], default=RUNNING, required=True, key="silences_chosen")
    try:
        found = api(session.token).silences(over=chosen == OVER, limit=SHOWN)
    except ApiError as error:
        report_error(error)
        return
    refused = st.session_state.pop(_REFUSED, None)
    if isinstance(refused, ApiError):
        report_error(refused)
    if not found:
        st.info("Không có lệnh tắt báo nào.")
        return
    now = datetime.now(UTC)
    st.html(table(("Tình trạng", "Điều kiện", "Khi nào", "Đang tắt", "Ai, vì sao"), rows(found, now),
                  numbers=frozenset({3}), bad=soon(found)))  # fmt: skip
    if chosen == RUNNING and ACT in session.me.permissions:
        _ending(session, found)


def _ending(session: Session, found: Sequence[Silence]) -> None:
    names = {silence.id: f"{conditions(silence)} — {silence.comment}" for silence in found}
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    chosen = left.selectbox("Kết thúc sớm", list(names), index=None, format_func=lambda key: names.get(key, ""),
                            placeholder="Chọn một lệnh", key="silence_to_end")  # fmt: skip
    right.button("Kết thúc", disabled=chosen is None, width="stretch", on_click=_end, args=(session.token, chosen))


def _end(token: str, silence_id: str) -> None:
    try:
        api(token).expire_silence(silence_id)
    except ApiError as error:
        st.session_state[_REFUSED] = error


def soon(found: Sequence[Silence]) -> frozenset[int]:
    """Return which of them end soon while they still mute something."""
    return frozenset(index for index, silence in enumerate(found) if silence.ends_soon)


def rows(found: Sequence[Silence], now: datetime) -> list[tuple[str, ...]]:
    """Return a line a silence."""
    return [
        (
            f"{KINDS.get(silence.kind, silence.kind)}, {state(silence, now)}",
            conditions(silence),
            times(silence),
            number(silence.muting),
            f"{silence.created_by}: {silence.comment}",
        )
        for silence in found
    ]


def state(silence: Silence, now: datetime) -> str:
    """Return how a silence stands, and until when."""
    words = STATES.get(silence.state, silence.state)
    if silence.changes_at is None:
        return words
    at = beginning(silence.changes_at, now)
    if silence.state == "pending":
        return f"{words} {at}"
    return f"{words} đến {at}{', sắp hết' if silence.ends_soon else ''}"


def conditions(silence: Silence) -> str:
    """Return the conditions as people write them, and the scope."""
    said = ", ".join(str(LabelMatcher(m.name, m.value, m.is_regex, m.is_equal)) for m in silence.matchers)
    return said if silence.scope is None else f"{said} (phạm vi {silence.scope})"


def times(silence: Silence) -> str:
    """Return when a silence is on: the first time, and how it recurs."""
    first = day_and_time_between(silence.starts_at, silence.ends_at)
    if silence.recurrence is None:
        return first
    named = {rule: name[0].lower() + name[1:] for name, rule in RECURRENCES.items() if rule is not None}
    return f"{first}, {named.get(silence.recurrence, silence.recurrence)}"
