"""The console's sources: who still talks to the centre, and since when not."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboards.api_client import ApiError
from dashboards.api_models import Session, Source
from dashboards.page import table
from dashboards.sign_in import api, report_error
from dashboards.vietnamese import NOTHING, SOURCE_STATES, age, day_and_time, number

REFRESH_SECONDS = 5.0
_ORDER = ("silent", "never", "late", "alive")


def show(session: Session) -> None:
    """Show every source, the silent ones first, anew every few seconds."""
    _live(session)


@st.fragment(run_every=REFRESH_SECONDS)
def _live(session: Session) -> None:
    try:
        sources = sorted(api(session.token).sources(), key=lambda source: (rank(source.state), source.title))
    except ApiError as error:
        report_error(error)
        return
    alive = sum(source.state == "alive" for source in sources)
    st.markdown(f"**{number(alive)}/{number(len(sources))}** nguồn hoạt động đều")
    headings = ("Nguồn", "Loại", "Tình trạng", "Lần cuối", "Đã nhận", "Bị từ chối")
    bad = frozenset(index for index, source in enumerate(sources) if source.state in {"silent", "never"})
    st.html(table(headings, rows(sources, datetime.now(UTC)), numbers=frozenset({4, 5}), bad=bad))


def rank(state: str) -> int:
    """Return how soon a state is to be looked at; an unknown one at once."""
    return _ORDER.index(state) if state in _ORDER else -1


def rows(sources: Sequence[Source], now: datetime) -> list[tuple[str, ...]]:
    """Return a line a source."""
    return [
        (
            source.title or source.source,
            source.kind,
            SOURCE_STATES.get(source.state, source.state),
            NOTHING
            if source.last_seen_at is None
            else f"{age(now - source.last_seen_at)} trước ({day_and_time(source.last_seen_at)})",
            number(source.events_total),
            number(source.rejected_total),
        )
        for source in sources
    ]
