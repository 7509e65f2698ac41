"""Links between the pages: followed inside the session, since a page that is loaded anew asks to sign in again."""

from urllib.parse import urlencode

from dashboards.assets import show_component

CONSOLE, BRIEFING, SCOREBOARD, DOSSIER, EXPLAIN = "console", "briefing", "scoreboard", "dossier", "explain"


def link(page: str, **asked: str | int | None) -> str:
    """Return the address of a page; what is None or empty is left out."""
    query = urlencode({name: value for name, value in asked.items() if value not in (None, "")})
    return f"/{page}?{query}" if query else f"/{page}"


def show_paper(html: str, *, key: str) -> None:
    """Show HTML that a template made; a click on one of its links to a page is followed by the browser."""
    show_component("paper", "paper", key=key, module="paper.js", data={"html": html})
