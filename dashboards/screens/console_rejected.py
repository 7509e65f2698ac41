"""The console's refused input: what came in, from whom, and why it was not accepted."""

import streamlit as st

from dashboards.api_client import ApiError
from dashboards.api_models import Rejected, Session
from dashboards.page import table
from dashboards.sign_in import api, report_error
from dashboards.vietnamese import day_and_time, number

SHOWN = 100


def show(session: Session) -> None:
    """Show the newest refused input; a line can be opened to see its beginning."""
    client = api(session.token)
    try:
        titles = {source.source: source.title or source.source for source in client.sources()}
        filters, again = st.columns([5, 1], vertical_alignment="bottom")
        chosen = filters.selectbox(
            "Nguồn",
            list(titles),
            index=None,
            format_func=titles.__getitem__,
            placeholder="Tất cả",
            key="rejected_source",
        )
        again.button("Tải lại", key="rejected_again", width="stretch")
        items = client.rejected(source=chosen, limit=SHOWN)
    except ApiError as error:
        report_error(error)
        return
    if not items:
        st.info("Không có dữ liệu nào bị từ chối trong 30 ngày qua.")
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        headings = ("", "Lúc", "Nguồn", "Lý do", "Chi tiết")
        lines = [
            (
                number(place),
                day_and_time(item.received_at),
                titles.get(item.source, item.source),
                item.reason,
                item.detail,
            )
            for place, item in enumerate(items, start=1)
        ]
        st.html(table(headings, lines, numbers=frozenset({0})))
    with right:
        place = st.number_input("Xem dòng", min_value=1, max_value=len(items), step=1, key="rejected_line")
        _content(items[place - 1])


def _content(item: Rejected) -> None:
    kind = "văn bản UTF-8" if item.encoding == "utf-8" else "dữ liệu nhị phân, ghi bằng base64"
    shortened = ", chỉ hiện phần đầu" if item.size > len(item.preview.encode()) and item.encoding == "utf-8" else ""
    st.caption(f"{number(item.size)} byte, {kind}{shortened}; cổng vào: {item.port}")
    st.code(item.preview or "(rỗng)", language=None, wrap_lines=True)
