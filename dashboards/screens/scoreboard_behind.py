"""What is behind a lost point: the dossiers, each with a link, or the procedures."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.api_models import Session
from dashboards.downloads import offer
from dashboards.links import show_paper
from dashboards.scoreboard import asking, behind
from dashboards.scoreboard.asked import Asked
from dashboards.scoreboard.models import Indicator, UnitScore
from dashboards.sign_in import api
from ioc_core.settings import Settings

SHOWN = 100


def show(session: Session, score: UnitScore, days: tuple[date, date], wanted: Asked) -> None:
    """Show what is behind the indicator that the address names; of one that can't be traced, nothing.

    Raises:
        ApiError: the API refused.
    """
    indicator = next((one for one in score.indicators if one.id == wanted.indicator), None)
    if indicator is None or indicator.points is None:
        return
    if indicator.behind not in FORMS:
        return
    show_paper(FORMS[indicator.behind](session, score, indicator, days, wanted), key="scoreboard_behind")
    unit = score.line.unit
    _, files = st.columns([5, 1.6])
    with files:
        offer(
            session.token,
            asking.behind_path(indicator.id, indicator.behind),
            asking.lost(days, unit),
            name=f"{indicator.id}-{unit}-{days[0]:%Y-%m}",
            key="scoreboard_file",
        )


def _dossiers(session: Session, score: UnitScore, indicator: Indicator, days: tuple[date, date], wanted: Asked) -> str:
    page = asking.lost_dossiers(api(session.token), indicator.id, score.line.unit, days, SHOWN)
    head = behind.heading(score, indicator, wanted, shown=len(page.items), more=page.next is not None)
    end = datetime.combine(days[1] + timedelta(days=1), datetime.min.time(), ZoneInfo(Settings().timezone))
    return behind.render_dossiers(head, indicator.id, page.items, end)


def _procedures(
    session: Session, score: UnitScore, indicator: Indicator, days: tuple[date, date], wanted: Asked
) -> str:
    found = asking.lost_procedures(api(session.token), indicator.id, score.line.unit, days).items
    head = behind.heading(score, indicator, wanted, shown=len(found), more=False)
    return behind.render_procedures(head, found)


FORMS = {"dossiers": _dossiers, "procedures": _procedures}
"""By what a count is made of."""
