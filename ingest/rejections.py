"""Making `Rejected` of input that can't be accepted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ingest.text import clean
from ioc_core.events import MAX_RAW_BYTES, Rejected

EdgePort = Literal["events", "dvcqg", "syslog", "probe", "logs"]
_DETAIL = 1000


@dataclass(frozen=True, slots=True)
class Edge:
    """Where and when input came in."""

    source: str
    port: EdgePort
    received_at: datetime

    def reject(self, reason: str, detail: str, raw: bytes) -> Rejected:
        """What is kept of refused input; `raw` is capped, and must already be free of personal data."""
        return Rejected(
            source=self.source,
            observed_at=self.received_at,
            received_at=self.received_at,
            port=self.port,
            reason=reason,
            detail=clean(detail, _DETAIL),
            raw=raw[:MAX_RAW_BYTES],
        )
