"""The wall as a Streamlit component: its files, and the data that a screen is given."""

import hashlib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboards.geography.sheet import draw_sheet
from dashboards.legibility import Legibility
from ioc_core import catalogue
from ioc_core.catalogue import Catalogue, UnitKind
from ioc_core.settings import Settings

FOLDER = Path(__file__).with_name("wall")
"""The browser's files, nothing else: all of them may be served."""
ASSETS_PATH = "/assets/wall"
"""Where dashboards.server serves the modules of this folder."""


@cache
def wall_component() -> ComponentRenderer:
    """Return the component, registered once a process."""
    read = {name: (FOLDER / name).read_text(encoding="utf-8") for name in ("wall.html", "wall.css", "mount.js")}
    return st.components.v2.component("wall", html=read["wall.html"], css=read["wall.css"], js=read["mount.js"])


@cache
def code_version() -> str:
    """Return a fingerprint of the wall's files: screens reload when it changes."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def province_name(known: Catalogue) -> str:
    """Return the short name of the province; empty when the catalogue has none."""
    return next((unit.short_name for unit in known.units.values() if unit.kind is UnitKind.PROVINCE), "")


def screen_data(
    settings: Settings, known: Catalogue, *, token: str, screen: str, letters: Legibility, today: date
) -> dict[str, Any]:
    """Return what the component needs to know: where the feed is, who it is, and the map."""
    feed = settings.api_address.replace("http", "ws", 1).rstrip("/") + "/ws/live"
    return {
        "version": code_version(),
        "code": f"{ASSETS_PATH}/main.js",
        "feed": feed,
        "token": token,
        "title": f"IOC {province_name(known)}".strip().upper(),
        "screen": screen,
        "smallest": letters.smallest,
        "names": {unit.code: unit.short_name for unit in known.units_on(today)},
        "sheet": draw_sheet(known, settings.config_dir, today),
    }


def load_catalogue(settings: Settings) -> Catalogue:
    """Return the catalogue of `settings.config_dir`.

    Raises:
        ConfigErrors: every wrong line.
    """
    return catalogue.load(settings.config_dir)
