"""Collector `probes`: looks at every target of a source at its interval."""

import asyncio
import zlib
from datetime import UTC, datetime

import structlog

from ingest import metrics
from ingest.collectors.context import Context
from ingest.probes import PROBERS
from ingest.probes.network import reason
from ingest.probes.outcome import Outcome, ProbeFailure, ProbeNotPermitted, Stopwatch
from ingest.rejections import Edge
from ingest.source_entries import ProbesSource
from ingest.targets import AnyTarget
from ingest.text import clean
from ioc_core.events import ProbeResult

log = structlog.get_logger(__name__)

_FIRST_WITHIN = 5.0
_ERROR = 500


async def collect_probes(source: ProbesSource, context: Context) -> None:
    """Probe until cancelled."""
    async with asyncio.TaskGroup() as group:
        for target in source.targets:
            group.create_task(_watch(source, target, context))


async def _watch(source: ProbesSource, target: AnyTarget, context: Context) -> None:
    """On a grid of its own, so that targets with one interval are not all looked at in one moment."""
    loop = asyncio.get_running_loop()
    interval = target.interval or source.interval
    due = loop.time() + first_delay(target.name, interval)
    permitted = True
    while True:
        await asyncio.sleep(due - loop.time())
        async with context.probes:
            at = datetime.now(UTC)
            outcome = await look(target, timeout=target.timeout or source.timeout)
        if permitted != (outcome is not None):
            permitted = not permitted
            await _note_permission(source, target, context, permitted=permitted)
        if outcome is not None:
            await context.outlet.put(probe_result(source, target, outcome, at))
        due += interval
        if due < loop.time():  # the host slept, or the target took longer than its interval
            due = loop.time() + interval


def first_delay(name: str, interval: float) -> float:
    """Seconds before the first look at a target: spread by its name, the same at every start."""
    return min(interval, _FIRST_WITHIN) * (zlib.crc32(name.encode()) % 1000) / 1000


async def look(target: AnyTarget, *, timeout: float) -> Outcome | None:  # noqa: ASYNC109 - it is the target's own
    """What one look finds within `timeout` seconds; None when this host doesn't permit it."""
    watch = Stopwatch()
    try:
        async with asyncio.timeout(timeout):
            return await PROBERS[target.kind](target, watch)
    except TimeoutError:
        return watch.failure(f"không trả lời trong {timeout:g} giây")
    except ProbeNotPermitted as error:
        log.debug("probe_refused_by_host", target=target.name, error=str(error))
        return None
    except ProbeFailure as error:
        return watch.failure(clean(str(error), _ERROR))
    except OSError as error:
        return watch.failure(clean(f"kết nối {reason(error)}", _ERROR))


def probe_result(source: ProbesSource, target: AnyTarget, outcome: Outcome, at: datetime) -> ProbeResult:
    """The event of an outcome; `at` is when the look began."""
    return ProbeResult(
        source=source.name,
        observed_at=at,
        received_at=at,
        target=target.name,
        kind=target.kind,
        success=outcome.success,
        duration_seconds=outcome.duration_seconds,
        system=target.system or source.system,
        unit=target.unit or source.unit,
        phases=outcome.phases,
        status_code=outcome.status_code,
        certificate_not_after=outcome.certificate_not_after,
        error=outcome.error,
    )


async def _note_permission(source: ProbesSource, target: AnyTarget, context: Context, *, permitted: bool) -> None:
    """Told once a target: where nothing may be sent nothing is known, so it is neither up nor down."""
    metrics.PROBES_UNPERMITTED.inc(-1 if permitted else 1)
    if permitted:
        return
    log.warning("probe_not_permitted", source=source.name, target=target.name, kind=target.kind)
    edge = Edge(source.name, "probe", datetime.now(UTC))
    detail = f"máy này không cho phép thăm dò {target.kind}: {target.name}"
    await context.outlet.put(edge.reject("not_permitted", detail, b""))
