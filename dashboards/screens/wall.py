"""The wall's page: the component over the whole window, and nothing of Streamlit around it."""

import math
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.assets import show_component
from dashboards.legibility import DEFAULT_DISTANCE_METRES, DEFAULT_PANEL_INCHES, Legibility, smallest_letters
from dashboards.vietnamese import number
from dashboards.wall_data import screen_data
from ioc_core import catalogue
from ioc_core.catalogue import Catalogue
from ioc_core.settings import Settings

SCREEN_NAME_LENGTH = 40
HIDE_STREAMLIT = """<style>
[data-testid=stDialog],[data-testid=stHeader],[data-testid=stToolbar],[data-testid=stStatusWidget],
[data-testid=stDecoration],[data-testid=stSidebar],[data-testid=stToastContainer],[data-testid=stConnectionStatus]
{display:none!important}
html,body,.stApp,[data-testid=stMain]{overflow:hidden!important;background:#14171A}
[data-testid=stMainBlockContainer]{padding:0!important;max-width:none!important}
</style>"""


def show() -> None:
    """Show the wall of the screen that the address names: `?kiosk=TOKEN&screen=NAME&panel=INCHES&distance=METRES`."""
    st.html(HIDE_STREAMLIT)
    asked = st.query_params
    token = asked.get("kiosk", "")
    if not token:
        st.error("Thiếu mã màn hình: mở lại bằng địa chỉ có dạng /wall?kiosk=… do quản trị viên cấp.")
        return
    settings = Settings()
    letters = asked_letters(asked.get("panel"), asked.get("distance"))
    data = screen_data(
        settings,
        _catalogue(settings.config_dir),
        token=token,
        screen=screen_name(asked.get("screen", ""), letters),
        letters=letters,
        today=datetime.now(UTC).astimezone(ZoneInfo(settings.timezone)).date(),
    )
    show_component("wall", "wall", key="wall", module="main.js", data=data)


def screen_name(asked: str, letters: Legibility) -> str:
    """Return the name shown under the title; it also says when letters can't be as large as they should be."""
    name = " ".join(asked.split())[:SCREEN_NAME_LENGTH]
    if letters.enough:
        return name
    inches, metres = number(letters.panel_inches), number(letters.distance_metres, 1)
    return " · ".join(filter(None, (name, f"chữ nhỏ hơn chuẩn 16′ cho {inches}″ ở {metres} m")))


def asked_letters(panel: str | None, distance: str | None) -> Legibility:
    """Return the letters for the panel (inches) and distance (metres) in the address; wrong values count as unset."""
    return smallest_letters(
        _within(panel, DEFAULT_PANEL_INCHES, 10, 1000), _within(distance, DEFAULT_DISTANCE_METRES, 0.5, 100)
    )


def _within(text: str | None, default: float, lowest: float, highest: float) -> float:
    try:
        value = float((text or "").replace(",", "."))
    except ValueError:
        return default
    return value if math.isfinite(value) and lowest <= value <= highest else default


@st.cache_resource(show_spinner=False)
def _catalogue(config_dir: Path) -> Catalogue:
    return catalogue.load(config_dir)
