"""Serves the screens: Streamlit as an ASGI application beside health routes, the wall's modules and strict headers."""

from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
import structlog
from prometheus_client import Gauge
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import Runtime
from streamlit.web import bootstrap

from dashboards.assets import ASSETS_PATH, FOLDERS
from dashboards.visit import Visit
from ioc_core.process import health_routes, http_server, stop_event
from ioc_core.settings import Settings

log = structlog.get_logger(__name__)

SCRIPT = Path(__file__).with_name("app.py")

CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "worker-src 'self' blob:",
        "frame-ancestors 'self'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
"""What a page may load: nothing from other hosts but the feed. Streamlit's own code needs the `unsafe` words."""

HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
}


def streamlit_options(settings: Settings) -> dict[str, object]:
    """Return Streamlit's options: nothing is looked up outside, nothing is watched, a dark and quiet look."""
    return {
        "server.address": settings.bind,
        "server.port": settings.wall_port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.enableStaticServing": False,
        "server.maxUploadSize": 1,
        "browser.serverAddress": urlsplit(settings.wall_address).hostname or settings.bind,
        "browser.serverPort": urlsplit(settings.wall_address).port or settings.wall_port,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "global.suppressDeprecationWarnings": True,
        "logger.level": settings.log_level,
        "theme.base": "dark",
        "theme.primaryColor": "#9CC4C0",
        "theme.backgroundColor": "#14171A",
        "theme.secondaryBackgroundColor": "#1C2025",
        "theme.textColor": "#D5DADF",
    }


CONNECTIONS = Gauge("ioc_wall_connections", "Browsers that hold a connection to the screens.")


class ScreensGuard:
    """ASGI middleware: refuses WebSockets that a page of another origin opens, and adds `HEADERS` to answers.

    What a page that was left still asks for is left out (`Visit`).

    Streamlit would otherwise ask the internet for its own address to judge such an origin.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if same_origin(Headers(scope=scope)):
                with CONNECTIONS.track_inprogress():
                    await self._app(scope, _what_counts(receive), send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] not in {"GET", "HEAD"} and not same_origin(Headers(scope=scope)):
            await PlainTextResponse("cross-origin request refused", status_code=403)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if scope["path"].startswith(ASSETS_PATH + "/"):
                    headers["cache-control"] = "no-cache"
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _what_counts(receive: Receive) -> Receive:
    """Return `receive` without what a page asks for after it was left."""
    visit = Visit()

    async def receive_next() -> Message:
        message = await receive()
        while message["type"] == "websocket.receive" and visit.overtaken(message.get("bytes") or b""):
            message = await receive()
        return message

    return receive_next


def same_origin(headers: Headers) -> bool:
    """Return whether a request has no origin (no browser page sent it) or that of this very server."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def tell_failure(error: Exception) -> bool:
    """Log what went wrong in a page and tell the person, in place of Streamlit's own words."""
    log.error("page_failed", exc_info=error)
    st.error("Trang này gặp lỗi; lỗi đã được ghi lại. Xin tải lại trang hoặc báo cho quản trị viên.")
    return True


async def _runtime_failure() -> str | None:
    return (
        None if Runtime.exists() and (await Runtime.instance().is_ready_for_browser_connection)[0] else "not started"
    )


async def serve_screens(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then let go of every browser and return."""
    stop = stop_event()
    bootstrap.load_config_options(flag_options=streamlit_options(settings))
    app = st.App(
        SCRIPT,
        routes=[
            *health_routes({"streamlit": _runtime_failure}),
            *(Mount(f"{ASSETS_PATH}/{name}", StaticFiles(directory=folder)) for name, folder in FOLDERS.items()),
        ],
        middleware=[Middleware(ScreensGuard)],
        on_script_error=tell_failure,
    )
    run = app.lifespan()
    async with (
        run(app),
        http_server(app, host=settings.bind, port=settings.wall_port, ws="websockets-sansio"),
    ):
        await stop.wait()
