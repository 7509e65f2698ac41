"""GET /v1/limits: what this centre takes, for a client that is about to send it years of history."""

from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ingest.database import Database
from ingest.decoders.event_body import MAX_ITEMS
from ingest.push.desk import Desk
from ingest.push.refusal import Refusal
from ingest.push.sign_in import shown_in_headers
from ingest.source_entries import PushEntry
from ioc_core.db.retention_floors import read_floors
from ioc_core.errors import StorageError
from ioc_core.settings import Settings

ROLLUP = "rollup"
_TABLES = {
    "sample": "samples",
    "dossier": "dossier_events",
    "probe": "probe_results",
    "security": "security_events",
    ROLLUP: "rollup_1d",
}
_RETRY = 5.0


class Limits(Struct, frozen=True):
    """The limits of a push. `kept_since`: by kind of event (and of rollups) the oldest time that is kept."""

    kept_since: dict[str, datetime]
    max_body_bytes: int
    max_items: int


def kept_for(settings: Settings) -> dict[str, timedelta]:
    """Return how long events of each kind are kept, and rollups."""
    days = {
        "sample": settings.retention_samples_days,
        "dossier": settings.retention_dossier_days,
        "probe": settings.retention_probes_days,
        "security": settings.retention_security_days,
        ROLLUP: settings.retention_rollup_days,
    }
    return {kind: timedelta(days=number) for kind, number in days.items()}


class LimitsEndpoint:
    """The endpoint."""

    def __init__(self, desk: Desk, database: Database, settings: Settings) -> None:
        self._desk = desk
        self._database = database
        self._settings = settings

    async def __call__(self, request: Request) -> Response:
        """Answer what is taken: by the settings, and by what retention has dropped already, which never comes back."""
        try:
            await self._desk.sign_in.source(request, shown_in_headers(request), PushEntry)
            body = await self._limits(datetime.now(UTC))
        except Refusal as refusal:
            told = {"reason": refusal.reason, "detail": str(refusal)}
            return Response(msgspec.json.encode(told), refusal.status, refusal.headers, "application/json")
        return Response(msgspec.json.encode(body), 200, None, "application/json")

    async def _limits(self, now: datetime) -> Limits:
        try:
            async with self._database.connection() as connection:
                floors = await read_floors(connection)
        except StorageError as error:
            raise Refusal(503, "database_unavailable", str(error), retry_after=_RETRY) from error
        since = {kind: now - period for kind, period in kept_for(self._settings).items()}
        return Limits(
            kept_since={kind: max(at, floors.get(_TABLES[kind], at)) for kind, at in since.items()},
            max_body_bytes=self._settings.max_body_bytes,
            max_items=MAX_ITEMS,
        )
