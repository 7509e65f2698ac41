"""What came of the last action, shown for a while, however often the page is drawn meanwhile."""

import time

import streamlit as st

from dashboards.api_client import ApiError
from dashboards.sign_in import report_error

SHOWN_SECONDS = 6.0


def note(key: str, outcome: ApiError | str) -> None:
    """Keep what came of an action: a refusal, or words that say what was done."""
    st.session_state[key] = (time.monotonic() + SHOWN_SECONDS, outcome)


def tell(key: str) -> None:
    """Show it."""
    until, outcome = st.session_state.get(key, (0.0, ""))
    if time.monotonic() > until:
        return
    if isinstance(outcome, ApiError):
        report_error(outcome)
    else:
        st.success(outcome)
