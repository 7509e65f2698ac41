"""What if: choose dossiers and what to do with them, and see the points won, the new score and the new rank."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st
from msgspec import Struct

from dashboards.api_client import ApiClient
from dashboards.api_models import Session
from dashboards.links import show_paper
from dashboards.scoreboard import asking, what_if
from dashboards.scoreboard.models import UnitScore
from dashboards.scoreboard.words import shown_id
from dashboards.sign_in import api
from dashboards.vietnamese import number

PAGE, MOST = 500, 1000
DUE, OVERDUE, LISTED = "due", "overdue", "listed"


class Trial(Struct, frozen=True):
    """What somebody wants to try: which dossiers, of which unit and all below it, and what is done with them."""

    which: str
    unit: str | None
    actions: Sequence[str]


def show(session: Session, score: UnitScore, days: tuple[date, date], indicator: str) -> None:
    """Show the form, and what would come of it once it was sent; `indicator`: the one that is looked at, if any.

    Raises:
        ApiError: the API refused.
    """
    client, line = api(session.token), score.line
    with st.container(key="scoreboard_what_if"):
        st.markdown("#### Thử: làm gì để lấy lại điểm?")
        tried = _form(client, score, indicator)
        if tried is None:
            return
        if not tried.actions or tried.unit is None:
            st.error("Xin chọn đơn vị và ít nhất một việc làm.")
            return
        which = _which(client, tried.which, tried.unit, indicator, days)
        if which is None:
            st.info("Không có hồ sơ nào đang mất điểm ở chỉ số này.")
            return
        found = asking.what_if(client, line.unit, tried.actions, which)
        show_paper(what_if.render(found, line.name, tried.actions), key="scoreboard_outcome")


def choices(indicator: str) -> dict[str, str]:
    """Return the dossiers that can be meant: those that cost points of an indicator where something can be done."""
    found = {
        DUE: "Hồ sơ sẽ thành quá hạn trước khi hết kỳ nếu không ai làm gì",
        OVERDUE: "Hồ sơ đang quá hạn",
    }
    if indicator in what_if.ACTION_OF:
        found[LISTED] = f"Hồ sơ đang mất điểm ở chỉ số {shown_id(indicator)} (nhiều nhất {number(MOST)} hồ sơ)"
    return found


def _form(client: ApiClient, score: UnitScore, indicator: str) -> Trial | None:
    which = choices(indicator)
    names = {unit.code: unit.name for unit in client.units()}
    here = score.line.unit
    with st.form("scoreboard_trying", border=True):
        left, middle, right = st.columns([2.6, 2, 2.4])
        chosen = left.radio("Với hồ sơ nào", list(which), format_func=which.__getitem__, index=2 * (LISTED in which))
        of = middle.selectbox(
            "Hồ sơ của đơn vị và các đơn vị trực thuộc",
            list(names),
            index=list(names).index(here) if here in names else None,
            format_func=names.__getitem__,
        )
        suited = what_if.ACTION_OF.get(indicator, what_if.FINISH)
        actions = right.multiselect(
            "Làm gì",
            list(what_if.ACTIONS),
            default=[suited],
            format_func=what_if.ACTIONS.__getitem__,
            placeholder="Chọn việc làm",
        )
        sent = st.form_submit_button(f"Tính điểm của {score.line.name}", type="primary")
    return Trial(chosen or DUE, of, actions) if sent else None


def _which(
    client: ApiClient, chosen: str, unit: str, indicator: str, days: tuple[date, date]
) -> Mapping[str, Any] | None:
    """Return what the API is told of which dossiers are meant; None: there are none."""
    if chosen == OVERDUE:
        return {"overdue_of": unit}
    if chosen == DUE:
        return {"due_of": unit}
    codes: list[str] = []
    cursor: str | None = None
    while len(codes) < MOST:
        page = asking.lost_dossiers(client, indicator, unit, days, PAGE, cursor)
        codes += [dossier.code for dossier in page.items]
        cursor = page.next
        if cursor is None:
            break
    return {"codes": codes} if codes else None
