"""What ingest collects by itself. A new kind is its file, its entry type and its line in `COLLECTORS`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ingest.collectors.context import Context
from ingest.collectors.host import collect_host
from ingest.collectors.logs import collect_logs
from ingest.collectors.probes import collect_probes

Collector = Callable[[Any, Context], Awaitable[None]]
"""Takes a source of its kind and works until it is cancelled."""

COLLECTORS: Mapping[str, Collector] = {
    "probes": collect_probes,
    "host": collect_host,
    "logs": collect_logs,
}
