"""The scoreboard of Decision 766 for leaders: the score, what pulls it down, what would move it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import streamlit as st
from msgspec import Struct
from streamlit.delta_generator import DeltaGenerator

from dashboards.address import asked, place_chooser, put_widget
from dashboards.api_client import ApiClient, ApiError
from dashboards.api_models import Session
from dashboards.links import show_paper
from dashboards.page import style, who
from dashboards.periods import days_of_month, months
from dashboards.scoreboard import asking, closing, view
from dashboards.scoreboard.asked import Asked
from dashboards.scoreboard.models import Forecast, Scoreboard, UnitScore
from dashboards.screens import scoreboard_behind, scoreboard_closing, scoreboard_what_if
from dashboards.sign_in import api, report_error, signed_in
from ioc_core.settings import Settings

REFRESH_SECONDS = 30.0
_MONTH = "scoreboard_month"


class Shown(Struct, frozen=True):
    """What the page is made of."""

    board: Scoreboard
    score: UnitScore
    forecast: Forecast | None


def show() -> None:
    """Show the scoreboard of the month and unit that the address names to somebody who is signed in."""
    style()
    session = signed_in()
    today = datetime.now(UTC).astimezone(ZoneInfo(Settings().timezone)).date()
    client = api(session.token)
    try:
        month_place, unit_place, closing_place, right = st.columns([1.6, 2, 1.2, 2.4], vertical_alignment="bottom")
        with right:
            who(session)
        month = _month(client, month_place, today)
        with unit_place:
            names = {unit.code: unit.name for unit in client.units() if unit.kind != "province"}
            unit = place_chooser(names, key="scoreboard_unit", nobody="Toàn tỉnh")
        with closing_place:
            scoreboard_closing.show(session, month, running=month == months(today)[0])
        wanted = Asked(asked("month"), unit or "", asked("indicator"), asked("peers"))
        if month == months(today)[0]:
            shown = _live(session, month, wanted)
            if shown is not None:
                scoreboard_what_if.show(session, shown.score, days_of_month(month), wanted.indicator)
        else:
            _show(session, month, wanted)
    except ApiError as error:
        report_error(error)


def _month(client: ApiClient, place: DeltaGenerator, today: date) -> str:
    known = months(today)
    closed = closing.newest(asking.closings(client))
    names: Mapping[str, str] = {month: closing.month_name(month, today, closed.get(month)) for month in known}
    st.session_state[_MONTH] = asked("month") if asked("month") in names else known[0]
    chosen = place.selectbox(
        "Kỳ", known, key=_MONTH, format_func=names.__getitem__, on_change=put_widget, args=("month", _MONTH)
    )
    return chosen or known[0]


@st.fragment(run_every=REFRESH_SECONDS)
def _live(session: Session, month: str, wanted: Asked) -> Shown | None:
    try:
        return _show(session, month, wanted)
    except ApiError as error:
        report_error(error)
        return None


def _show(session: Session, month: str, wanted: Asked) -> Shown | None:
    client, days = api(session.token), days_of_month(month)
    shown = fetch(client, days, wanted.unit)
    if shown is None:
        st.info("Không có đơn vị nào có điểm trong kỳ này.")
        return None
    show_paper(view.render(shown.score, shown.board, shown.forecast, wanted), key="scoreboard")
    if wanted.indicator:
        scoreboard_behind.show(session, shown.score, days, wanted)
    return shown


def fetch(client: ApiClient, days: tuple[date, date], unit: str) -> Shown | None:
    """Return what the page is made of: of the unit, else of the first line that may be seen; None: there is none.

    Raises:
        ApiError: the API refused.
    """
    board = asking.scoreboard(client, days)
    if not unit and not board.lines:
        return None
    score = asking.unit_score(client, unit or board.lines[0].unit, days)
    running = score.running and score.line.per_100 is not None
    return Shown(board, score, asking.forecast(client, score.line.unit) if running else None)
