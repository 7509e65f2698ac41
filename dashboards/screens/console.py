"""The console: alerts and what is done about them, sources, refused input, one's own password."""

from collections.abc import Callable

import streamlit as st

from dashboards.api_models import Session
from dashboards.page import style, who
from dashboards.screens import (
    console_account,
    console_alerts,
    console_oncall,
    console_rejected,
    console_silences,
    console_sources,
)
from dashboards.screens import console_silence_form as silence_form
from dashboards.sign_in import signed_in

READ_REJECTED = "read-rejected"


def show() -> None:
    """Show the console to somebody who is signed in."""
    style()
    session = signed_in()
    parts: dict[str, Callable[[Session], None]] = {
        "Cảnh báo": console_alerts.show,
        silence_form.PART: console_silences.show,
        "Lịch trực": console_oncall.show,
        "Nguồn dữ liệu": console_sources.show,
    }
    if READ_REJECTED in session.me.permissions:
        parts["Dữ liệu bị từ chối"] = console_rejected.show
    parts["Đổi mật khẩu"] = console_account.show
    left, right = st.columns([3, 2], vertical_alignment="center")
    with right:
        who(session)
    chosen = left.segmented_control(
        "Phần",
        list(parts),
        default="Cảnh báo",
        key=silence_form.CONSOLE_PART,
        label_visibility="collapsed",
        required=True,
    )
    parts[chosen or "Cảnh báo"](session)
