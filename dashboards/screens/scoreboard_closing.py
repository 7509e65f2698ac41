"""Closing a month that is over, and re-opening it, for those who may; everybody can read what was done."""

import streamlit as st

from dashboards import outcomes
from dashboards.api_client import ApiError
from dashboards.api_models import Session
from dashboards.scoreboard import asking, closing
from dashboards.sign_in import api
from dashboards.vietnamese import plain_markdown

CLOSE_MONTHS = "close-months"
REASON_LENGTH = 2000
_REASON, _OUTCOME = "scoreboard_reason", "scoreboard_outcome"


def show(session: Session, month: str, *, running: bool) -> None:
    """Show what was done with a month, and the form to close or re-open it; of the running month nothing.

    Raises:
        ApiError: the API refused.
    """
    if running:
        return
    held = asking.closings(api(session.token))
    mine = closing.newest(held).get(month)
    with st.popover("Đã chốt" if closing.holds(mine) else "Chưa chốt", width="stretch"):
        for line in closing.story(held, month) or ["Tháng này chưa được chốt."]:
            st.markdown(plain_markdown(line))
        if CLOSE_MONTHS in session.me.permissions and session.me.scope is None:
            _form(session.token, month, closed=closing.holds(mine), before=mine is not None)
    outcomes.tell(_OUTCOME)


def _form(token: str, month: str, *, closed: bool, before: bool) -> None:
    with st.form("scoreboard_closing", clear_on_submit=True, border=False):
        needed = "bắt buộc" if before else "không bắt buộc"
        st.text_input(f"Lý do ({needed})", max_chars=REASON_LENGTH, key=_REASON)
        if closed:
            st.form_submit_button("Mở lại tháng này", on_click=_reopen, args=(token, month))
        words = "Chốt lại theo số liệu hiện nay" if before else "Chốt tháng này"
        st.form_submit_button(words, on_click=_close, args=(token, month), type="secondary")


def _close(token: str, month: str) -> None:
    try:
        made = asking.close(api(token), month, str(st.session_state[_REASON]).strip())
    except ApiError as error:
        outcomes.note(_OUTCOME, error)
    else:
        outcomes.note(_OUTCOME, f"Đã chốt tháng {month}, phiên bản {made.version}.")


def _reopen(token: str, month: str) -> None:
    try:
        asking.reopen(api(token), month, str(st.session_state[_REASON]).strip())
    except ApiError as error:
        outcomes.note(_OUTCOME, error)
    else:
        outcomes.note(_OUTCOME, f"Đã mở lại tháng {month}: số liệu lại là trực tiếp.")
