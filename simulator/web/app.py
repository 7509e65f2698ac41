"""The HTTP edge: portals and systems that fail on schedule, the on-call phone, health and metrics."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, tzinfo

import jinja2
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ioc_core.catalogue import Catalogue
from ioc_core.process import health_routes
from simulator.metrics import PHONE_DUPLICATES, PHONE_MESSAGES, VISITS
from simulator.progress import Progress
from simulator.seeding import random_of
from simulator.web.outages import WATCHED_SYSTEMS, PortalFaults, State, SystemOutages
from simulator.web.phone import Phone

MAX_NOTIFICATION = 256 << 10
SLOW_SECONDS = 3.0
HANGING_SECONDS = 20.0
MOST_WAITING = 100
"""Slow and hanging answers at a time; beyond this a failing one is given at once."""


class OutsideWeb:
    """The pages of the outside world. `now` gives epoch seconds; `stopping` ends answers that hang."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        seed: int,
        zone: tzinfo,
        stopping: asyncio.Event,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.phone = Phone()
        self._now = now
        self._zone = zone
        self._seed = seed
        self._stopping = stopping
        self._names = {unit.code: unit.name for unit in catalogue.units_on(datetime.fromtimestamp(now(), zone).date())}
        self._portals = PortalFaults(seed, self._names)
        self._system_names = {
            code: catalogue.systems[code].name for code in WATCHED_SYSTEMS if code in catalogue.systems
        }
        self._systems = SystemOutages(seed, tuple(self._system_names))
        self._waiting = 0
        self._pages = jinja2.Environment(loader=jinja2.PackageLoader("simulator.web", ""), autoescape=True)

    def routes(self) -> list[Route]:
        """The routes of the portals, the systems and the phone."""
        return [
            Route("/portal/{code}/", self.portal),
            Route("/system/{code}/", self.system),
            Route("/phone", self.notify, methods=["POST"]),
            Route("/phone", self.show_phone),
            Route("/phone/messages", self.list_phone),
        ]

    async def portal(self, request: Request) -> Response:
        """A unit's web portal, as it is now."""
        code = request.path_params["code"]
        if code not in self._portals:
            return PlainTextResponse("Không có cổng này", status_code=404)
        return await self._answer(self._names[code], self._portals.at(code, int(self._now())), code)

    async def system(self, request: Request) -> Response:
        """A system's front door: 503 while it is down."""
        code = request.path_params["code"]
        if code not in self._systems:
            return PlainTextResponse("Không có hệ thống này", status_code=404)
        down = self._systems.at(int(self._now())) == code
        return await self._answer(self._system_names[code], State.FAILING if down else State.WELL, code)

    async def _answer(self, name: str, state: State, code: str) -> Response:
        VISITS.labels(state.value).inc()
        if state in {State.SLOW, State.HANGING}:
            if self._waiting >= MOST_WAITING:
                state = State.FAILING
            else:
                await self._linger(SLOW_SECONDS if state is State.SLOW else HANGING_SECONDS)
        if state in {State.FAILING, State.HANGING}:
            return PlainTextResponse("Service Unavailable", status_code=503)
        today = datetime.fromtimestamp(self._now(), self._zone).date()
        age = random_of(self._seed, "news", code, today.toordinal() // 3).randrange(3)
        return HTMLResponse(
            self._pages.get_template("portal.html.j2").render(
                name=name,
                motto="Công khai, minh bạch, phục vụ người dân",
                news=today - timedelta(age),
                defaced=state is State.DEFACED,
            )
        )

    async def _linger(self, seconds: float) -> None:
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
        finally:
            self._waiting -= 1

    async def notify(self, request: Request) -> Response:
        """A webhook: 200 for what is new and for what is known, 4xx for what can't be a notification."""
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_NOTIFICATION:
                return JSONResponse({"error": f"the body is longer than {MAX_NOTIFICATION} bytes"}, 413)
        try:
            payload = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return JSONResponse({"error": "the body isn't JSON"}, 400)
        key = request.headers.get("Idempotency-Key", "")[:200]
        new = self.phone.receive(payload, key=key, now=datetime.fromtimestamp(self._now(), UTC))
        (PHONE_MESSAGES if new else PHONE_DUPLICATES).inc()
        return JSONResponse({"accepted": True, "duplicate": not new})

    async def show_phone(self, _: Request) -> Response:
        """The phone's screen."""
        page = self._pages.get_template("phone.html.j2")
        return HTMLResponse(
            page.render(messages=self.phone.messages, duplicates=self.phone.duplicates, zone=self._zone)
        )

    async def list_phone(self, _: Request) -> Response:
        """What the phone holds, newest first, as JSON."""
        body = {"messages": self.phone.messages, "duplicates": self.phone.duplicates}
        return Response(msgspec.json.encode(body), media_type="application/json")


def outside_app(web: OutsideWeb, progress: Progress, about: Mapping[str, object]) -> Starlette:
    """Return the simulator's application; `about` is shown in /healthz beside the progress."""

    async def healthz(_: Request) -> Response:
        feeds = {name: asdict(feed) for name, feed in progress.feeds.items()}
        return JSONResponse({"status": "ok", **about, "feeds": feeds})

    async def index(_: Request) -> Response:
        return RedirectResponse("/phone")

    health = health_routes({"backfill": progress.check})
    return Starlette(routes=[Route("/healthz", healthz), Route("/", index), *health, *web.routes()])
