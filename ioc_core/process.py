"""What every long-running process shares: signals, readiness, /healthz, /readyz and /metrics."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Check = Callable[[], Awaitable[str | None]]
"""Returns None when all is well, else what is wrong, in a few words."""

_CHECK_TIMEOUT = 2.0
_DRAIN = 3


def health_routes(checks: Mapping[str, Check], notes: Mapping[str, Check] | None = None) -> list[Route]:
    """Return /healthz (the process lives), /readyz (its `checks` pass; 503 and what fails) and /metrics.

    `notes`: what /readyz says beside, of a process that is ready all the same.
    """

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        failed = await run_checks(checks)
        status = "failed" if failed else "ok"
        noted = await run_checks(notes or {})
        body = {"status": status, "failed": failed, **({"notes": noted} if noted else {})}
        return JSONResponse(body, status_code=503 if failed else 200)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


async def run_checks(checks: Mapping[str, Check]) -> dict[str, str]:
    """Return what fails, by the check's name; a check that takes over two seconds fails."""
    failed: dict[str, str] = {}
    for name, check in checks.items():
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT):
                reason = await check()
        except TimeoutError:
            reason = f"no answer in {_CHECK_TIMEOUT:g} s"
        if reason is not None:
            failed[name] = reason
    return failed


def health_app(checks: Mapping[str, Check], notes: Mapping[str, Check] | None = None) -> Starlette:
    """Return an application of nothing but `health_routes`, for processes without another HTTP edge."""
    return Starlette(routes=health_routes(checks, notes))


def stop_event() -> asyncio.Event:
    """Return an event that SIGTERM or SIGINT sets; call once, inside the running loop."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, event.set)
    return event


class _Server(uvicorn.Server):
    """uvicorn that leaves signals to us and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise OSError(error.errno, f"can't listen on {host} port {port}: {error.strerror}") from error
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited; only uvloop sets it by itself
    return bound


@contextlib.asynccontextmanager
async def http_server(app: object, *, host: str, port: int, **options: object) -> AsyncIterator[int]:
    """Serve the ASGI `app` while the context is open; yield the port (as bound, when 0 was asked for).

    Raises:
        OSError: the port can't be bound; the message names it.
    """
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # any ASGI callable
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=_DRAIN,
        server_header=False,
        **options,  # type: ignore[arg-type]
    )
    bound = _listen(host, port)
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        await server.ready.wait()
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        await task
        bound.close()
