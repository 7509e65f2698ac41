"""The first page: the wall for a screen that brings its token, else the ways to the other pages."""

import streamlit as st

from dashboards.screens import briefing, console, wall


def show() -> None:
    """Show the wall when the address holds a screen's token, else links to the pages."""
    if "kiosk" in st.query_params:
        wall.show()
        return
    st.title("Trung tâm giám sát, điều hành thông minh")
    st.page_link(st.Page(console.show, url_path="console"), label="Bàn trực: tiếp nhận và xử lý cảnh báo")
    st.page_link(st.Page(briefing.show, url_path="briefing"), label="Báo cáo: số liệu của một kỳ cho lãnh đạo")
