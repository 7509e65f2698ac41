"""Buttons that hand a list of the API to the browser as a file: the token stays on this server."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from dashboards.sign_in import api

FORMS = {
    "csv": ("Tải CSV", "text/csv"),
    "xlsx": ("Tải Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def offer(token: str, path: str, asked: Mapping[str, Any], *, name: str, key: str) -> None:
    """Show a button a form; the list is asked for when somebody presses one."""
    with st.container(key="files"):
        columns = st.columns(len(FORMS))
    for column, (form, (label, mime)) in zip(columns, FORMS.items(), strict=True):
        column.download_button(
            label,
            partial(api(token).file, path, asked, form),
            file_name=f"{name}.{form}",
            mime=mime,
            key=f"{key}_{form}",
            on_click="ignore",
            width="stretch",
        )
