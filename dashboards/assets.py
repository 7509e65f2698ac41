"""The browser's files: folders that hold nothing else, served as they are, and components made of them."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import streamlit as st
from streamlit.components.v2.bidi_component.state import ComponentResult
from streamlit.components.v2.types import ComponentRenderer

ASSETS_PATH = "/assets"
FOLDERS = {name: Path(__file__).with_name(name) for name in ("wall", "console", "briefing", "paper")}


def show_component(
    folder: str, page: str, *, key: str, module: str, data: dict[str, Any], **callbacks: Callable[[], None]
) -> ComponentResult:
    """Show `folder`/`page`.html and .css, brought to life by `mount` of a `module` in the same folder.

    Return what the browser said: its triggers (None but in the run after one) and states.

    `data` reaches `mount` as JSON in one string: Streamlit looks into lists and dictionaries for data frames, and
    would load pandas (90 MB) for that.
    """
    payload = msgspec.json.encode(data).decode()
    given = {"code": f"{ASSETS_PATH}/{folder}/{module}", "json": payload}
    return _component(folder, page)(key=key, data=given, default=None, width="stretch", height="content", **callbacks)


@cache
def _component(folder: str, page: str) -> ComponentRenderer:
    """Return the component, registered once a process."""
    html, css = ((FOLDERS[folder] / f"{page}.{kind}").read_text(encoding="utf-8") for kind in ("html", "css"))
    loader = (FOLDERS["wall"] / "mount.js").read_text(encoding="utf-8")
    return st.components.v2.component(f"{folder}_{page}", html=html, css=css, js=loader)


@cache
def code_version() -> str:
    """Return a fingerprint of all these files: screens reload when it changes."""
    digest = hashlib.sha256()
    for folder in FOLDERS.values():
        for path in sorted(folder.iterdir()):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
