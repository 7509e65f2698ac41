"""Looking up dossiers: one by its code, or lists of those that need somebody, the most urgent first."""

from datetime import UTC, datetime

import streamlit as st

from dashboards.api_client import ApiClient, ApiError
from dashboards.api_models import Session
from dashboards.dossiers import story
from dashboards.links import DOSSIER, link, show_paper
from dashboards.page import style, who
from dashboards.screens import dossier_list
from dashboards.sign_in import api, report_error, signed_in

CODE_LENGTH = 300
_CODE, _SEARCHED = "code", "dossier_searched"


def show() -> None:
    """Show the dossier that the address names (`?code=`), or the list, to somebody who is signed in."""
    style()
    session = signed_in()
    search, right = st.columns([3, 2], vertical_alignment="bottom")
    with right:
        who(session)
    with search:
        _search()
    client = api(session.token)
    code = st.query_params.get(_CODE, "").strip()[:CODE_LENGTH]
    try:
        if code:
            _one(client, code)
        else:
            dossier_list.show(client)
    except ApiError as error:
        report_error(error)


def _search() -> None:
    """The field that takes a code; what was asked for last stands in it."""
    st.text_input(
        "Mã hồ sơ", key=_SEARCHED, max_chars=CODE_LENGTH, placeholder="Nhập mã hồ sơ, đủ hoặc phần đầu", on_change=_go
    )


def _go() -> None:
    code = str(st.session_state[_SEARCHED]).strip()
    if code:
        st.query_params[_CODE] = code
    else:
        st.query_params.pop(_CODE, None)
