"""Tells the others on LIVE what people changed through the API."""

from datetime import datetime

import structlog

from ioc_core.bus import Bus
from ioc_core.errors import BusError
from ioc_core.live import SUBJECT_CHANGED, Changed, Facts, encode

log = structlog.get_logger(__name__)


class Notices:
    """Publishes `Changed` once the bus is there. A lost notice only delays: the projector reads anew by itself."""

    def __init__(self) -> None:
        self.bus: Bus | None = None

    async def changed(self, facts: Facts, *, committed_at: datetime) -> None:
        """Say that facts of one kind were committed."""
        if self.bus is None:
            log.warning("notice_lost", facts=facts.value, error="no bus yet")
            return
        try:
            await self.bus.publish_live(SUBJECT_CHANGED, encode(Changed(frozenset({facts}), committed_at)))
        except BusError as error:
            log.warning("notice_lost", facts=facts.value, error=str(error))
