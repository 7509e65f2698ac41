"""Choices that stand in the page's address, so that a link leads to them: the address decides, widgets change it."""

import streamlit as st

LONGEST = 300


def asked(name: str) -> str:
    """Return a parameter of the address, empty when it isn't there."""
    return st.query_params.get(name, "").strip()[:LONGEST]


def put(**values: str | None) -> None:
    """Change parameters of the address; without a value they go."""
    for name, value in values.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


def put_widget(name: str, key: str) -> None:
    """Put a widget's value into the address: to be called when it changes."""
    value = st.session_state.get(key)
    put(**{name: None if value is None else str(value).strip()})


def place_chooser(names: dict[str, str], *, key: str, nobody: str) -> str | None:
    """Show the choice of a unit among `names` by code, kept in the address as `unit`; None: `nobody`."""
    wanted = asked("unit")
    st.session_state[key] = wanted if wanted in names else None
    return st.selectbox(
        "Đơn vị",
        list(names),
        index=None,
        key=key,
        format_func=names.__getitem__,
        placeholder=nobody,
        on_change=put_widget,
        args=("unit", key),
    )
