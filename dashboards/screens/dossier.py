"""Looking up dossiers: one by its code, or lists of those that need somebody, the most urgent first."""

from datetime import UTC, datetime

import streamlit as st

from dashboards.address import LONGEST, asked, put_widget
from dashboards.api_client import ApiClient, ApiError
from dashboards.dossiers import asking, listing, story
from dashboards.links import show_paper
from dashboards.page import style, who
from dashboards.screens import dossier_list
from dashboards.sign_in import api, report_error, signed_in

CODE = "code"
SHORTEST, LONGEST_BEGINNING = 3, 100
MATCHES = 50
_SEARCHED = "dossier_searched"


def show() -> None:
    """Show the dossier that the address names (`?code=`), or the lists, to somebody who is signed in."""
    style()
    session = signed_in()
    search, right = st.columns([3, 2], vertical_alignment="bottom")
    with right:
        who(session)
    code = asked(CODE)
    st.session_state[_SEARCHED] = code
    search.text_input(
        "Mã hồ sơ",
        key=_SEARCHED,
        max_chars=LONGEST,
        placeholder="Nhập mã hồ sơ, đủ hoặc phần đầu",
        on_change=put_widget,
        args=(CODE, _SEARCHED),
    )
    try:
        if code:
            _one(api(session.token), code)
        else:
            dossier_list.show(session)
    except ApiError as error:
        report_error(error)


def _one(client: ApiClient, code: str) -> None:
    """Show a dossier; of a code that isn't there, those that begin so."""
    now = datetime.now(UTC)
    try:
        found = asking.one(client, code)
    except ApiError as error:
        if error.status != 404:
            raise
        _alike(client, code, now, str(error))
        return
    show_paper(story.render(found, now), key="dossier")


def _alike(client: ApiClient, code: str, now: datetime, refusal: str) -> None:
    """Show the dossiers whose code begins with what was asked for, and why there isn't just one."""
    page = asking.beginning_with(client, code, MATCHES) if SHORTEST <= len(code) <= LONGEST_BEGINNING else None
    if page is None or not page.items:
        st.warning(refusal)
        return
    st.info("Các hồ sơ có mã bắt đầu như vậy:")
    rest = "" if page.next is None else f"Đang hiện {MATCHES} hồ sơ đầu; xin nhập thêm ký tự của mã."
    show_paper(listing.render(page.items, now, rest=rest, nothing=""), key="dossier_matches")
