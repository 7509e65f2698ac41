"""Links between the pages: followed inside the session, since a page that is loaded anew asks to sign in again."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.assets import show_component

CONSOLE, BRIEFING, SCOREBOARD, DOSSIER, EXPLAIN = "console", "briefing", "scoreboard", "dossier", "explain"
_PAGES = "ioc_pages"


def link(page: str, **asked: str | int | None) -> str:
    """Return the address of a page; what is None or empty is left out."""
    query = urlencode({name: value for name, value in asked.items() if value not in (None, "")})
    return f"/{page}?{query}" if query else f"/{page}"


def parsed(address: str) -> tuple[str, Mapping[str, str]]:
    """Return the page and the parameters of an address that `link` made."""
    parts = urlsplit(address)
    return parts.path.strip("/"), dict(parse_qsl(parts.query))


def remember(pages: Sequence[Page]) -> None:
    """Keep the pages of this run, so that links can be followed."""
    st.session_state[_PAGES] = {page.url_path: page for page in pages}


def follow(address: str) -> None:
    """Go where a link points, in this session; a page that isn't there is ignored."""
    page, asked = parsed(address)
    known: Mapping[str, Page] = st.session_state.get(_PAGES, {})
    if page in known:
        st.switch_page(known[page], query_params=dict(asked))


def show_paper(html: str, *, key: str) -> None:
    """Show HTML that a template made; a click on one of its links to a page is followed."""
    said = show_component("paper", "paper", key=key, module="paper.js", data={"html": html}, on_opened_change=_nothing)
    if said.opened:
        follow(str(said.opened))


def _nothing() -> None:
    """Streamlit tells of a trigger only when there is something to call."""
