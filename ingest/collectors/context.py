"""What collectors are given."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ingest.outlet import Outlet
from ingest.presence import Presence
from ingest.publisher import Publisher

_PROBES_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Context:
    """The common means of collectors. `state_dir` is where they keep what must outlive them."""

    publisher: Publisher
    outlet: Outlet
    presence: Presence
    state_dir: Path
    zone: ZoneInfo
    kept_for: timedelta
    probes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_PROBES_AT_ONCE))
