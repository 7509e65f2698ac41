"""Keeps tasks alive: what fails is logged, counted, and started again after a pause."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ingest import metrics

log = structlog.get_logger(__name__)

_PAUSE = (1.0, 60.0)
_HEALTHY = 120.0


async def supervised(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` for ever; a failure is logged and counted under `name`, and the work begins again."""
    loop = asyncio.get_running_loop()
    pause = _PAUSE[0]
    while True:
        began = loop.time()
        try:
            await work()
        except Exception as error:
            log.exception("collector_failed", collector=name, error=str(error), pause=pause)
            metrics.COLLECTOR_FAILURES.labels(name).inc()
        else:
            log.info("collector_ended", collector=name)
            return
        pause = _PAUSE[0] if loop.time() - began > _HEALTHY else min(pause * 2, _PAUSE[1])
        await asyncio.sleep(pause)
