"""The screens' entry: Streamlit runs this file for every visitor and shows the page that was asked for."""

import streamlit as st

from dashboards import links
from dashboards.screens import briefing, console, dossier, explain, home, scoreboard, wall


def main() -> None:
    """Show the page that the address names; the first page is the wall for a screen that brings its token."""
    st.set_page_config(page_title="IOC", layout="wide", menu_items={})
    pages = [
        st.Page(home.show, title="Trung tâm điều hành", url_path="home", default=True, visibility="hidden"),
        st.Page(wall.show, title="Màn hình tường", url_path="wall", visibility="hidden"),
        st.Page(console.show, title="Bàn trực", url_path=links.CONSOLE),
        st.Page(scoreboard.show, title="Bộ chỉ số 766", url_path=links.SCOREBOARD),
        st.Page(dossier.show, title="Tra cứu hồ sơ", url_path=links.DOSSIER),
        st.Page(explain.show, title="Vì sao báo", url_path=links.EXPLAIN, visibility="hidden"),
        st.Page(briefing.show, title="Báo cáo", url_path=links.BRIEFING),
    ]
    st.navigation(pages, position="top").run()


main()
