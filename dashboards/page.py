"""What the pages for people share: their look, who is signed in, and tables."""

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from dashboards.api_models import Session
from dashboards.sign_in import sign_out
from dashboards.vietnamese import ROLE_NAMES, plain_markdown

_STYLE = """<style>
[data-testid=stDecoration],[data-testid=stStatusWidget],[data-testid=stMainMenu],[data-testid=stAppDeployButton]
{display:none!important}
[data-testid=InputInstructions]{display:none!important}
[data-testid=stMainBlockContainer]{max-width:none;padding:4.2rem 2rem 3rem}
.ioc-table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
.ioc-table th{text-align:left;color:#a4adb4;font-weight:400;border-bottom:1px solid #4a535b;padding:.35rem .6rem}
.ioc-table th{white-space:nowrap}
.ioc-table td{border-bottom:1px solid #2c3238;padding:.35rem .6rem;vertical-align:top}
.ioc-table .number{text-align:right;white-space:nowrap}
[data-tag],[data-tag] *{color:#14171a!important;font-weight:600}
[data-testid^=stBaseButton-primary],[data-testid^=stBaseButton-primary] *{color:#14171a!important;font-weight:600}
.ioc-table tr.bad td{color:#fff;font-weight:600}
@media (max-width:640px){
[data-testid=stMainBlockContainer]{padding:4rem 1rem 2rem}
.st-key-who [data-testid=stHorizontalBlock],.st-key-files [data-testid=stHorizontalBlock]{flex-wrap:nowrap}
.st-key-who [data-testid=stColumn],.st-key-files [data-testid=stColumn]{min-width:0}
}
</style>"""


def style() -> None:
    """Give the page the look of the centre."""
    st.html(_STYLE)


def who(session: Session) -> None:
    """Show who is signed in, and the way out."""
    with st.container(key="who"):
        name, out = st.columns([2, 1], vertical_alignment="center")
    me = session.me
    role = ROLE_NAMES.get(me.role, me.role)
    scope = f", phạm vi {me.scope}" if me.scope else ""
    name.markdown(
        f"{plain_markdown(me.full_name or me.name)} · {plain_markdown(role + scope)}", text_alignment="right"
    )
    if out.button("Đăng xuất", key="sign_out", width="stretch"):
        sign_out()


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: frozenset[int] = frozenset(),
    bad: frozenset[int] = frozenset(),
) -> str:
    """Return an HTML table: every cell is text; columns `numbers` stand right, rows `bad` are bright."""

    def kind(column: int) -> str:
        return ' class="number"' if column in numbers else ""

    top = "".join(f"<th{kind(column)}>{escape(text)}</th>" for column, text in enumerate(headings))
    lines = []
    for index, row in enumerate(rows):
        cells = "".join(f"<td{kind(column)}>{escape(text)}</td>" for column, text in enumerate(row))
        bright = ' class="bad"' if index in bad else ""
        lines.append(f"<tr{bright}>{cells}</tr>")
    return f'<table class="ioc-table"><thead><tr>{top}</tr></thead><tbody>{"".join(lines)}</tbody></table>'
