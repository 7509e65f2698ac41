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
SHORTEST = 3
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
        st.warning(str(error))
        if len(code) >= SHORTEST:
            page = asking.beginning_with(client, code, MATCHES)
            nothing = "Cũng không có hồ sơ nào có mã bắt đầu như vậy."
            show_paper(
                listing.render(page.items, now, more=page.next is not None, nothing=nothing), key="dossier_matches"
            )
        return
    show_paper(story.render(found, now), key="dossier")
