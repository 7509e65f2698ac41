"""The browser's files: folders that hold nothing else, served as they are, and components made of them."""

import hashlib
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

ASSETS_PATH = "/assets"
FOLDERS = {name: Path(__file__).with_name(name) for name in ("wall", "console", "briefing")}


@cache
def component(folder: str, page: str) -> ComponentRenderer:
    """Return the component of `folder`/`page`.html and .css, registered once a process.

    Its data must hold `code`: the path (see `module_path`) of a module that exports `mount`.
    """
    html, css = ((FOLDERS[folder] / f"{page}.{kind}").read_text(encoding="utf-8") for kind in ("html", "css"))
    loader = (FOLDERS["wall"] / "mount.js").read_text(encoding="utf-8")
    return st.components.v2.component(f"{folder}_{page}", html=html, css=css, js=loader)


def module_path(folder: str, module: str) -> str:
    """Return where the browser finds a module."""
    return f"{ASSETS_PATH}/{folder}/{module}"


@cache
def code_version() -> str:
    """Return a fingerprint of all these files: screens reload when it changes."""
    digest = hashlib.sha256()
    for folder in FOLDERS.values():
        for path in sorted(folder.iterdir()):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
