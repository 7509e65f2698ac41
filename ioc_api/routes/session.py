"""Signing in and out, changing one's password, tickets for the feed."""

from fastapi import APIRouter, Request, Response

from ioc_api.access import PasswordOwner, SignedIn, Watcher, public
from ioc_api.accounts.passwords import PasswordsBusyError
from ioc_api.accounts.sessions import ThrottledError
from ioc_api.authenticator import COOKIE
from ioc_api.context import api_of
from ioc_api.models.session import FeedTicket, Me, NewSession, PasswordChange, SignIn, me
from ioc_api.paths import API
from ioc_api.problems import Problem, errors, wrong_parameter
from ioc_core.errors import InputError

router = APIRouter(prefix=API, tags=["session"])


def address_of(request: Request) -> str:
    """Return the network address that a request comes from."""
    return request.client.host if request.client is not None else ""


@router.post("/session", status_code=201, dependencies=[public], responses=errors(401, 422, 429))
async def sign_in(request: Request, response: Response, body: SignIn) -> NewSession:
    """Sign a person in: answers a session token and sets it as the cookie `ioc_session` (HttpOnly, SameSite=Lax).

    With the cookie, requests that change something also need the header `X-Requested-With`. After ten wrong
    attempts on a name or thirty from an address, 429 says in `Retry-After` when to come again.
    """
    api = api_of(request)
    try:
        session = await api.sessions.sign_in(
            body.name, body.password.get_secret_value(), address=address_of(request), now=api.now()
        )
    except (ThrottledError, PasswordsBusyError) as error:
        api.instruments.sign_ins.labels("throttled").inc()
        raise _try_later(error) from error
    if session is None:
        api.instruments.sign_ins.labels("refused").inc()
        raise Problem(401, "Name and password don't belong together.", headers={"WWW-Authenticate": "Bearer"})
    api.instruments.sign_ins.labels("accepted").inc()
    response.set_cookie(
        COOKIE,
        session.token,
        max_age=int(api.settings.session_hours * 3600),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https" or api.settings.wall_address.startswith("https:"),
    )
    return NewSession(token=session.token, me=me(session.principal))


@router.get("/session", responses=errors(401))
async def who_am_i(principal: SignedIn) -> Me:
    """Say who asks, and what it may do."""
    return me(principal)


@router.delete("/session", status_code=204, responses=errors(401))
async def sign_out(request: Request, response: Response, principal: SignedIn) -> None:
    """End the session; feeds opened with it are cut within a minute. A machine's token stays as it is."""
    api = api_of(request)
    await api.sessions.sign_out(principal, address=address_of(request), now=api.now())
    response.delete_cookie(COOKIE)


@router.post("/password", status_code=204, responses=errors(401, 403, 422, 429))
async def change_password(request: Request, principal: PasswordOwner, body: PasswordChange) -> None:
    """Change one's own password. All other sessions of the user end."""
    api = api_of(request)
    try:
        changed = await api.sessions.change_password(
            principal,
            current=body.current.get_secret_value(),
            new=body.new.get_secret_value(),
            address=address_of(request),
            now=api.now(),
        )
    except (ThrottledError, PasswordsBusyError) as error:
        raise _try_later(error) from error
    except InputError as error:
        raise wrong_parameter("body.new", None, str(error)) from error
    if not changed:
        raise wrong_parameter("body.current", None, "isn't the password of this user")


@router.post("/feed-tickets", status_code=201, responses=errors(401))
async def create_feed_ticket(request: Request, principal: Watcher) -> FeedTicket:
    """Return a ticket that admits to `/ws/live?token=…` once within 60 seconds, as whoever asked for it."""
    api = api_of(request)
    ticket, expires_at = await api.sessions.feed_ticket(principal, now=api.now())
    return FeedTicket(ticket=ticket, expires_at=expires_at)


def _try_later(error: ThrottledError | PasswordsBusyError) -> Problem:
    seconds = error.seconds if isinstance(error, ThrottledError) else 1.0
    return Problem(429, str(error), headers={"Retry-After": str(max(round(seconds), 1))})
