"""Changing one's own password."""

import streamlit as st

from dashboards.api_client import ApiError
from dashboards.api_models import Session
from dashboards.sign_in import api, report_error

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 256


def show(session: Session) -> None:
    """Show the form; afterwards all other sessions of the person have ended."""
    st.markdown("Mật khẩu ban đầu của quản trị viên đầu tiên phải được đổi ngay sau lần đăng nhập đầu.")
    with st.form("change_password", clear_on_submit=True):
        current = st.text_input(
            "Mật khẩu hiện tại", type="password", max_chars=MAXIMUM_LENGTH, autocomplete="current-password"
        )
        new = st.text_input(
            f"Mật khẩu mới (ít nhất {MINIMUM_LENGTH} ký tự)",
            type="password",
            max_chars=MAXIMUM_LENGTH,
            autocomplete="new-password",
        )
        again = st.text_input(
            "Nhập lại mật khẩu mới", type="password", max_chars=MAXIMUM_LENGTH, autocomplete="new-password"
        )
        sent = st.form_submit_button("Đổi mật khẩu", type="primary")
    if not sent:
        return
    complaint = wrong(current, new, again)
    if complaint:
        st.error(complaint)
        return
    try:
        api(session.token).change_password(current, new)
    except ApiError as error:
        report_error(error)
        return
    st.success("Đã đổi mật khẩu. Các phiên đăng nhập khác của tài khoản này đã kết thúc.")


def wrong(current: str, new: str, again: str) -> str:
    """Return what is wrong before the API is asked; empty when nothing is."""
    if not current or not new:
        return "Xin nhập mật khẩu hiện tại và mật khẩu mới."
    if new != again:
        return "Hai lần nhập mật khẩu mới không giống nhau."
    if len(new) < MINIMUM_LENGTH:
        return f"Mật khẩu mới phải có ít nhất {MINIMUM_LENGTH} ký tự."
    if new == current:
        return "Mật khẩu mới phải khác mật khẩu hiện tại."
    return ""
