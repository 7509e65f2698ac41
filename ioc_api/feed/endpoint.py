"""`GET /ws/live`: lets a client in, then leaves the sending to the hub and only listens for its end."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import asyncpg
import structlog
from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.websockets import WebSocket, WebSocketDisconnect

from ioc_api.accounts import principals
from ioc_api.accounts.principals import Principal
from ioc_api.accounts.roles import Permission
from ioc_api.accounts.secrets import TokenKind, kind_of
from ioc_api.authenticator import bearer
from ioc_api.context import Api, api_of
from ioc_api.feed.client import FeedClient
from ioc_api.feed.hub import Hub
from ioc_api.feed.protocol import EXTENSION, FeedProtocol
from ioc_api.feed.view import SCOPED_TOPICS, View
from ioc_api.problems import Problem, response, unavailable, wrong_parameter
from ioc_core.db import is_transient
from ioc_core.live import Topic

MAX_CLIENTS = 1000
MAX_CLIENTS_OF_ONE = 250
"""Of one session or token: nobody alone can take all places."""
_MOST_MESSAGES = 60  # a minute, of a client that has nothing to say
_LONGEST_TOKEN = 200
_LOOKS, _LOOK_AGAIN = 50, 0.02
_CLOSE_CODES = {400: 4400, 401: 4401, 403: 4403, 422: 4400, 429: 4429, 503: 1013}
log = structlog.get_logger(__name__)


class Request(Struct, frozen=True):
    """What a client asks for."""

    topics: frozenset[Topic] | None
    since: int | None
    stream: str | None


def parse(query: QueryParams) -> Request:
    """Return what the query string asks for.

    Raises:
        Problem: 422, naming the parameter.
    """
    topics: set[Topic] = set()
    for name in filter(None, query.get("topics", "").split(",")):
        try:
            topics.add(Topic(name.strip()))
        except ValueError:
            raise wrong_parameter("query.topics", name, f"must be among {', '.join(Topic)}") from None
    since = query.get("since")
    if since is not None and not (since.isascii() and since.isdigit() and len(since) < 19):
        raise wrong_parameter("query.since", since, "must be a whole number, 0 or greater")
    return Request(frozenset(topics) or None, None if since is None else int(since), query.get("stream"))


def view_for(principal: Principal, request: Request) -> View:
    """Return what this principal is shown.

    Raises:
        Problem: 403 for a topic that can't be limited to the principal's scope.
    """
    if principal.units is None:
        return View(request.topics or frozenset(Topic))
    refused = (request.topics or SCOPED_TOPICS) - SCOPED_TOPICS
    if refused:
        raise Problem(
            403, f"With the scope {principal.scope} these topics can't be seen: {', '.join(sorted(refused))}."
        )
    return View(request.topics or SCOPED_TOPICS, principal.units)


async def live(websocket: WebSocket) -> None:
    """Serve one client until it goes."""
    api = api_of(websocket)
    if not api.authenticator.origin_allowed(websocket):
        await websocket.send_denial_response(response(Problem(403, "Pages of this origin can't watch the feed.")))
        return
    try:
        request = parse(websocket.query_params)
        principal = await _admit(api, websocket)
        view = view_for(principal, request)
        _check_room(api, principal)
    except Problem as problem:
        await _refuse(websocket, problem)
        return
    await websocket.accept()
    line = cast("FeedProtocol", cast("dict[str, Any]", websocket.scope["extensions"])[EXTENSION]["line"])
    await _reached(api.hub, request)
    client = FeedClient(line, view, principal, api.now)
    line.listen(client)
    api.hub.join(client, since=request.since, stream=request.stream)
    try:
        await _until_gone(websocket, api)
    except WebSocketDisconnect as gone:
        log.debug("feed_client_gone", name=principal.name, code=gone.code)
    finally:
        api.hub.leave(client)


async def _admit(api: Api, websocket: WebSocket) -> Principal:
    token = bearer(websocket) or websocket.query_params.get("token") or ""
    kind = kind_of(token)
    principal: Principal | None = None
    if kind is not None and len(token) <= _LONGEST_TOKEN:
        try:
            async with api.database.connection() as connection:
                now = api.now()
                if kind is TokenKind.TICKET:
                    principal = await principals.by_ticket(connection, token, now=now)
                else:
                    principal = await principals.by_token(connection, token, now=now)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if not is_transient(error):
                raise
            raise unavailable("The database is away at this moment.") from error
    if principal is None:
        raise Problem(401, "The feed needs a valid token or ticket.", headers={"WWW-Authenticate": "Bearer"})
    if bearer(websocket) is None and kind is not TokenKind.TICKET and principal.role != "kiosk":
        raise Problem(401, "In the address only a kiosk token or a feed ticket is accepted.")
    if not principal.may(Permission.WATCH):
        raise Problem(403, f"The role {principal.role} can't watch the feed.")
    return principal


async def _reached(hub: Hub, request: Request) -> None:
    """Give this process a moment to get as far as the one that the client was at."""
    if request.since is None or request.stream != hub.stream:
        return
    for _ in range(_LOOKS):
        if hub.settled and hub.seq >= request.since:
            return
        await asyncio.sleep(_LOOK_AGAIN)


def _check_room(api: Api, principal: Principal) -> None:
    clients = api.hub.clients
    if len(clients) >= MAX_CLIENTS:
        raise unavailable("The feed has no room for another client.")
    if sum(client.principal.credential == principal.credential for client in clients) >= MAX_CLIENTS_OF_ONE:
        raise Problem(429, "This token has too many connections.", headers={"Retry-After": "10"})


async def _refuse(websocket: WebSocket, problem: Problem) -> None:
    """Answer as HTTP; to a browser, which can't read that, with a close code it can."""
    if "origin" not in websocket.headers:
        await websocket.send_denial_response(response(problem))
        return
    await websocket.accept()
    await websocket.close(_CLOSE_CODES.get(problem.status, 4400), problem.detail[:120])


async def _until_gone(websocket: WebSocket, api: Api) -> None:
    started, messages = datetime.min.replace(tzinfo=UTC), 0
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        now = api.now()
        if (now - started).total_seconds() > 60:
            started, messages = now, 0
        messages += 1
        if messages > _MOST_MESSAGES:
            await websocket.close(1008, "this feed is read only")
            return
