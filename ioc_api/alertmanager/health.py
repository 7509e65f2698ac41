"""/-/healthy and /-/ready, where clients of Alertmanager look."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ioc_core.process import Check, run_checks

PATHS = frozenset({"/-/healthy", "/-/ready"})


def routes(checks: Mapping[str, Check]) -> list[Route]:
    """Return both: the process lives; its `checks` pass."""

    async def healthy(_: Request) -> Response:
        return PlainTextResponse("OK")

    async def ready(_: Request) -> Response:
        failed = await run_checks(checks)
        return PlainTextResponse(", ".join(failed), 503) if failed else PlainTextResponse("OK")

    return [Route("/-/healthy", healthy), Route("/-/ready", ready)]
