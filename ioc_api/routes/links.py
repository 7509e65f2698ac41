"""The link in a message: a page to look at, and two buttons. Looking changes nothing: scanners look at every link."""

from typing import Annotated

import asyncpg
import structlog
from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ioc_api.access import public
from ioc_api.accounts import audit
from ioc_api.context import Api, api_of
from ioc_api.pages import link as pages
from ioc_api.pages.link import Page
from ioc_api.queries.links import shown
from ioc_api.routes.session import address_of
from ioc_core import alert_links
from ioc_core.alert_links import Action, Link
from ioc_core.db import Connection
from ioc_core.errors import InputError
from ioc_core.live import Facts

router = APIRouter(prefix="/a", dependencies=[public], include_in_schema=False)
log = structlog.get_logger(__name__)

_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


@router.get("/{token}")
async def show_link(request: Request, token: str) -> Response:
    """Show the alerts of the message that the link is in, and what may be done; changes nothing."""
    api = api_of(request)
    if _too_often(api, request):
        return _answer(pages.refusal("busy"))
    try:
        async with api.database.connection() as connection:
            link = alert_links.read(await alert_links.signing_key(connection), token)
            return _answer(await _page(api, connection, link))
    except InputError as error:
        return _answer(pages.refusal(pages.reason_of(error)))
    except _AWAY as error:
        log.warning("link_not_shown", error=str(error))
        return _answer(pages.refusal("away"))


@router.post("/{token}")
async def use_link(
    request: Request, token: str, action: Annotated[Action, Form()], name: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Take the message's alerts on, or put them off for half an hour; once. Answers 303 to the page."""
    api = api_of(request)
    if _too_often(api, request):
        return _answer(pages.refusal("busy"))
    now = api.now()
    try:
        async with api.database.connection() as connection:
            link = alert_links.read(await alert_links.signing_key(connection), token)
            try:
                await _use(api, connection, link, action, name=name, address=address_of(request))
            except InputError as error:
                return _answer(await _page(api, connection, link, failed=error.reason))
    except InputError as error:
        return _answer(pages.refusal(pages.reason_of(error)))
    except _AWAY as error:
        log.warning("link_not_used", error=str(error))
        return _answer(pages.refusal("away"))
    await api.notices.changed(Facts.ALERTS, committed_at=now)
    return RedirectResponse(token, status_code=303)


async def _use(api: Api, connection: Connection, link: Link, action: Action, *, name: str, address: str) -> None:
    """Use the link, with an entry in the audit log, in one transaction. Raises: InputError."""
    now = api.now()
    message = await alert_links.message_of(connection, link)
    if message is None:
        raise InputError("wrong", "the message of the link is gone")
    by = alert_links.signature(message.receiver, name)
    async with connection.transaction():
        changed = await alert_links.use(connection, link, message, action, by=by, address=address, now=now)
        details = {"by": by, "notification": link.notification, "alerts": changed}
        target = ",".join(map(str, changed[:20]))
        entry = audit.Entry(f"link:{message.receiver}", f"alert.{action}", target, details, address)
        await audit.append(connection, entry, now=now)


async def _page(api: Api, connection: Connection, link: Link, *, failed: str = "") -> Page:
    message = await alert_links.message_of(connection, link)
    if message is None:
        return pages.refusal("wrong")
    now = api.now()
    alerts = await shown(connection, message.alert_ids, now)
    return pages.page(link, message, alerts, now=now, zone=api.zone, failed=failed)


def _answer(page: Page) -> Response:
    headers = pages.headers() | ({"Retry-After": "60"} if page.status == 429 else {})
    return HTMLResponse(page.html, page.status, headers)


def _too_often(api: Api, request: Request) -> bool:
    return api.link_rates.wait_seconds(address_of(request).encode(), api.now()) > 0
