"""Why somebody was, or wasn't, told of an alert: the page that the console's link leads to (`?alert=NUMBER`)."""

import streamlit as st

from dashboards.address import asked, put_widget
from dashboards.api_client import ApiError
from dashboards.explain import story
from dashboards.explain.models import Explanation
from dashboards.links import show_paper
from dashboards.page import style, who
from dashboards.sign_in import api, report_error, signed_in

ALERT = "alert"
_NUMBER = "explain_number"
_LONGEST = 18


def show() -> None:
    """Show the explanation of the alert that the address names, to somebody who is signed in."""
    style()
    session = signed_in()
    search, right = st.columns([3, 2], vertical_alignment="bottom")
    with right:
        who(session)
    number = asked(ALERT)
    st.session_state[_NUMBER] = number
    search.text_input(
        "Số của cảnh báo",
        key=_NUMBER,
        max_chars=_LONGEST,
        placeholder="Số ghi ở bàn trực và trong tin báo",
        on_change=put_widget,
        args=(ALERT, _NUMBER),
    )
    if not number:
        st.info("Chưa chọn cảnh báo nào.")
        return
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST):
        st.warning("Số của cảnh báo chỉ gồm chữ số.")
        return
    try:
        found = api(session.token).ask("GET", f"/alerts/{int(number)}/explain", Explanation)
    except ApiError as error:
        report_error(error)
        return
    show_paper(story.render(found), key="explain")
