"""Says that a source was heard of although it had nothing to tell."""

from datetime import datetime, timedelta

from ingest.outlet import Outlet
from ioc_core.events import Heartbeat

_PERIOD = timedelta(seconds=10)


class Presence:
    """Publishes a `Heartbeat` of each source, at most every ten seconds."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._told: dict[str, datetime] = {}

    def heard(self, source: str, now: datetime) -> None:
        """The source `source` (one of config/sources) was there at `now`."""
        told = self._told.get(source)
        if told is not None and now - told < _PERIOD:
            return
        if self._outlet.offer(Heartbeat(source=source, observed_at=now, received_at=now)):
            self._told[source] = now
