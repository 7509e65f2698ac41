"""The briefing for leaders: a period's figures and what they mean, to be read on a screen or printed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.api_client import ApiClient, ApiError
from dashboards.api_models import Session
from dashboards.assets import FOLDERS, show_component
from dashboards.links import SCOREBOARD, link, show_paper
from dashboards.page import style, who
from dashboards.periods import CUSTOM, MONTH, PERIODS, days_of, days_of_month
from dashboards.report import render
from dashboards.scoreboard import asking as scoreboard
from dashboards.scoreboard.models import Line
from dashboards.scoreboard.words import of_points
from dashboards.sign_in import api, report_error, signed_in
from dashboards.templates import template
from ioc_core.settings import Settings


def show() -> None:
    """Show the briefing to somebody who is signed in."""
    style()
    session = signed_in()
    today = datetime.now(UTC).astimezone(ZoneInfo(Settings().timezone)).date()
    try:
        with st.container(key="briefing_controls"):
            _, right = st.columns([3, 2], vertical_alignment="center")
            with right:
                who(session)
            first, last, unit = _controls(session, today)
        client = api(session.token)
        report = client.report(first, last, unit)
        before = client.report(report.before_from, report.before_to, unit)
    except ApiError as error:
        report_error(error)
        return
    _score(client, last, unit)
    st.html(f"<style>{(FOLDERS['briefing'] / 'report.css').read_text(encoding='utf-8')}</style>")
    st.html(render(report, before.by_unit))


def _score(client: ApiClient, last: date, unit: str | None) -> None:
    """Show the score of the month that the period ends in, with the way there; nothing where nothing was measured."""
    month = f"{last:%Y-%m}"
    try:
        line = scoreboard.line(client, days_of_month(month), unit)
    except ApiError as error:
        if error.status not in {404, 422}:
            raise
        return
    if line is not None:
        show_paper(render_score(line, month, unit), key="briefing_score")


def render_score(line: Line, month: str, unit: str | None) -> str:
    """Return a unit's score of a month (`2026-11`) in one line. All text is escaped."""
    year, number = month.split("-")
    return template("screens/briefing_score.html.j2").render(
        month=f"{number}/{year}",
        points=of_points(line.score, line.reachable),
        grade=(line.grade_name or "").lower(),
        address=link(SCOREBOARD, month=month, unit=unit),
    )


def _controls(session: Session, today: date) -> tuple[date, date, str | None]:
    period, days, place, button = st.columns([3.2, 2, 2.4, 1.2], vertical_alignment="bottom")
    chosen = period.segmented_control("Kỳ", PERIODS, default=MONTH, required=True, key="briefing_period")
    first, last = days_of(chosen or MONTH, today)
    if chosen == CUSTOM:
        picked = days.date_input(
            "Từ ngày – đến ngày",
            (first, last),
            max_value=today,
            min_value=today - timedelta(days=3650),
            format="DD/MM/YYYY",
            key="briefing_days",
        )
        if not isinstance(picked, tuple) or len(picked) != 2:
            st.info("Xin chọn cả ngày đầu và ngày cuối.")
            st.stop()
        first, last = picked
    names = {unit.code: unit.name for unit in api(session.token).units() if unit.kind != "province"}
    unit = place.selectbox(
        "Đơn vị",
        list(names),
        index=None,
        format_func=names.__getitem__,
        placeholder="Toàn bộ phạm vi được xem",
        key="briefing_unit",
    )
    with button:
        show_component("briefing", "print", key="print", module="print.js", data={})
    return first, last, unit
