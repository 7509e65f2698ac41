"""Collector `host`: the metrics of the host that ingest runs on, named as the Prometheus node exporter names them."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import psutil

from ingest.collectors.context import Context
from ingest.source_entries import HostSource
from ioc_core.events import Sample

_MODES = ("user", "system", "idle", "iowait")
_Reading = tuple[str, dict[str, str], float]


async def collect_host(source: HostSource, context: Context) -> None:
    """Measure until cancelled."""
    loop = asyncio.get_running_loop()
    identity = {"instance": socket.gethostname()}
    identity |= {key: value for key, value in (("unit", source.unit), ("system", source.system)) if value}
    meter = HostMeter(source.mounts)
    due = loop.time()
    while True:
        at = datetime.now(UTC)
        for metric, labels, value in await asyncio.to_thread(lambda: list(meter.read())):
            await context.outlet.put(
                Sample(
                    source=source.name,
                    observed_at=at,
                    received_at=at,
                    metric=metric,
                    value=value,
                    labels=identity | labels,
                )
            )
        due = max(due + source.interval, loop.time())
        await asyncio.sleep(due - loop.time())


class HostMeter:
    """Reads the host. `mounts` are the file systems measured; one that doesn't exist says nothing."""

    def __init__(self, mounts: tuple[str, ...]) -> None:
        self._mounts = mounts
        self._spent = _spent()

    def read(self) -> Iterator[_Reading]:
        """Metric, labels and value of each series, in base units."""
        yield from self._processors()
        memory = psutil.virtual_memory()
        yield "node_memory_MemTotal_bytes", {}, float(memory.total)
        yield "node_memory_MemAvailable_bytes", {}, float(memory.available)
        yield "node_boot_time_seconds", {}, psutil.boot_time()
        for mount in self._mounts:
            yield from _file_system(mount)
        for device, disk in (psutil.disk_io_counters(perdisk=True) or {}).items():
            if not device.startswith(("loop", "ram")):
                yield "node_disk_read_bytes_total", {"device": device}, float(disk.read_bytes)
                yield "node_disk_written_bytes_total", {"device": device}, float(disk.write_bytes)
        for device, network in psutil.net_io_counters(pernic=True).items():
            if device != "lo":
                yield "node_network_receive_bytes_total", {"device": device}, float(network.bytes_recv)
                yield "node_network_transmit_bytes_total", {"device": device}, float(network.bytes_sent)

    def _processors(self) -> Iterator[_Reading]:
        """The exporter's counters; and the share of time spent since the last reading, for rules to hold as it is."""
        before, self._spent = self._spent, _spent()
        total = self._spent[1] - before[1]
        if total > 0:
            yield "node_cpu_utilization_ratio", {}, min(max((self._spent[0] - before[0]) / total, 0.0), 1.0)
        for number, times in enumerate(psutil.cpu_times(percpu=True)):
            for mode in _MODES:
                if hasattr(times, mode):
                    yield "node_cpu_seconds_total", {"cpu": str(number), "mode": mode}, float(getattr(times, mode))
        for minutes, load in zip((1, 5, 15), psutil.getloadavg(), strict=True):
            yield f"node_load{minutes}", {}, load


def _spent() -> tuple[float, float]:
    """Seconds that the processors have worked, and in all."""
    times = psutil.cpu_times()
    total = float(sum(times)) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return total - times.idle - getattr(times, "iowait", 0.0), total


def _file_system(mount: str) -> Iterator[_Reading]:
    try:
        usage = psutil.disk_usage(mount)
    except OSError:
        return
    yield "node_filesystem_size_bytes", {"mountpoint": mount}, float(usage.total)
    yield "node_filesystem_avail_bytes", {"mountpoint": mount}, float(usage.free)
