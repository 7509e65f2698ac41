"""The screens' entry: Streamlit runs this file for every visitor and shows the page that was asked for."""

import streamlit as st

from dashboards.screens import briefing, console, home, wall


def main() -> None:
    """Show the wall when a screen's token is given, else the page asked for."""
    pages = [
        st.Page(home.show, title="Trung tâm điều hành", url_path="home", default=True),
        st.Page(wall.show, title="Màn hình tường", url_path="wall"),
        st.Page(console.show, title="Bàn trực", url_path="console"),
        st.Page(briefing.show, title="Báo cáo", url_path="briefing"),
    ]
    st.navigation(pages, position="hidden").run()


main()
