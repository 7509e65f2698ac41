"""The first page: the wall for a screen that brings its token, else the ways to the other pages."""

import streamlit as st

from dashboards.links import BRIEFING, CONSOLE, DOSSIER, SCOREBOARD
from dashboards.screens import briefing, console, dossier, scoreboard, wall


def show() -> None:
    """Show the wall when the address holds a screen's token, else links to the pages."""
    if "kiosk" in st.query_params:
        wall.show()
        return
    st.title("Trung tâm giám sát, điều hành thông minh")
    st.page_link(st.Page(console.show, url_path=CONSOLE), label="Bàn trực: tiếp nhận và xử lý cảnh báo")
    st.page_link(
        st.Page(scoreboard.show, url_path=SCOREBOARD),
        label="Bộ chỉ số 766: điểm, xếp hạng, điều kéo điểm xuống và cách lấy lại",
    )
    st.page_link(st.Page(dossier.show, url_path=DOSSIER), label="Tra cứu hồ sơ: hạn, diễn biến, danh sách cần xử lý")
    st.page_link(st.Page(briefing.show, url_path=BRIEFING), label="Báo cáo: số liệu của một kỳ cho lãnh đạo")
