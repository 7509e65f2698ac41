"""Who is signed in to this browser tab: the session's token is kept on this server, never in the browser."""

from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
import streamlit as st

from dashboards.api_client import ApiClient, ApiError
from dashboards.api_models import Session
from ioc_core.settings import Settings

_SESSION = "ioc_session"
_NOTICE = "ioc_sign_in_notice"
CONNECTIONS = httpx.Limits(max_connections=50, max_keepalive_connections=10)


def new_http_client(address: str) -> httpx.Client:
    """Return a client that many people share: it keeps no cookies, so that nobody acts in another's name."""
    nobody = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    return httpx.Client(base_url=address, cookies=nobody, limits=CONNECTIONS)


@cache
def _http_client(address: str) -> httpx.Client:
    return new_http_client(address)


def api(token: str | None = None) -> ApiClient:
    """Return the API in the name of `token`, or of nobody."""
    return ApiClient(_http_client(Settings().api_address), token)


def signed_in() -> Session:
    """Return the session of this tab; without one, show the form to sign in and end the page there."""
    session = st.session_state.get(_SESSION)
    if not isinstance(session, Session):
        _form()
        st.stop()
    return session


def sign_out(notice: str = "") -> None:
    """End the session, here and on the API, and show the form again with a notice."""
    session = st.session_state.pop(_SESSION, None)
    st.session_state[_NOTICE] = notice
    if isinstance(session, Session) and not notice:
        try:
            api(session.token).sign_out()
        except ApiError as error:
            st.session_state[_NOTICE] = f"Đã rời khỏi trang này, nhưng phiên chưa kết thúc trên máy chủ. {error}"
    st.rerun()


def report_error(error: ApiError) -> None:
    """Show why the API refused; when the session is over, ask to sign in again."""
    if error.status == 401:
        sign_out(str(error))
    st.error(str(error))


def _form() -> None:
    _, middle, _ = st.columns([1, 1.2, 1])
    with middle:
        st.title("Đăng nhập")
        notice = st.session_state.pop(_NOTICE, "")
        if notice:
            st.warning(notice)
        with st.form("sign_in", border=True):
            name = st.text_input("Tên đăng nhập", max_chars=64, autocomplete="username")
            password = st.text_input("Mật khẩu", type="password", max_chars=256, autocomplete="current-password")
            sent = st.form_submit_button("Đăng nhập", type="primary", width="stretch")
        if not sent:
            return
        if not name.strip() or not password:
            st.error("Xin nhập tên đăng nhập và mật khẩu.")
            return
        try:
            st.session_state[_SESSION] = api().sign_in(name.strip(), password)
        except ApiError as error:
            st.error(str(error))
            return
        st.rerun()
