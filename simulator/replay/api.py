"""What a replay asks the centre's API: how much is stored, and the figures of the report's period."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import httpx
import msgspec
from msgspec import Struct

from ioc_core.errors import InputError
from simulator.replay.comparison import Answers, Counted, Newest
from simulator.replay.plan import Replay
from simulator.replay.registers import DOCUMENTS

REGISTERS = (*DOCUMENTS, "mail_accounts", "certificates_valid", "online_services")
_POLL = 1.0
_QUIET = 60.0
_TIMEOUT = 30.0


class Stored(Struct, frozen=True):
    """Events of the replay's sources in the database, and refused ones."""

    events: int
    rejected: int

    @property
    def total(self) -> int:
        """Everything that has arrived."""
        return self.events + self.rejected


class _Item(Struct):
    key: str | None
    received: int
    resolved: int


class _Summary(Struct):
    items: list[_Item]


class _Source(Struct):
    source: str
    events_total: int
    rejected_total: int


class _Sources(Struct):
    items: list[_Source]


class _Series(Struct):
    metric: str
    labels: dict[str, str]
    value: float | None


class _SeriesPage(Struct):
    items: list[_Series]
    next: str | None


class CentreApi:
    """Reads from one API with a token of the role viewer."""

    def __init__(self, http: httpx.AsyncClient, url: str, token: str, sources: tuple[str, ...]) -> None:
        self._http = http
        self._url = url.rstrip("/") + "/api/v1"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._sources = sources

    async def stored(self) -> Stored:
        """Return how much the centre has stored of the replay's sources, in all runs."""
        listed = msgspec.json.decode(await self._get("/sources"), type=_Sources).items
        ours = [item for item in listed if item.source in self._sources]
        return Stored(sum(item.events_total for item in ours), sum(item.rejected_total for item in ours))

    async def until_stored(self, total: int, told: Callable[[Stored], None]) -> Stored:
        """Return when so much is stored and no more comes; or when nothing has come for a minute."""
        held = await self.stored()
        moved_at = time.monotonic()
        while True:
            told(held)
            await asyncio.sleep(_POLL)
            now = await self.stored()
            if now != held:
                held, moved_at = now, time.monotonic()
            elif held.total >= total or time.monotonic() - moved_at > _QUIET:
                return held

    async def answers(self, replay: Replay) -> Answers:
        """Return the API's figures of the report's period."""
        clock, report = replay.clock, replay.report
        period = {
            "from": clock.local(replay.begin).isoformat(),
            "to": clock.local(clock.midnight(report.last + timedelta(1))).isoformat(),
        }
        return Answers(
            units=await self._summary(by="unit", **period),
            channels=await self._summary(by="channel", **period),
            online_units=await self._summary(by="unit", channel="online", **period),
            online_levels=await self._summary(by="service_level", channel="online", **period),
            series=[item for metric in REGISTERS for item in await self._newest(metric)],
        )

    async def _summary(self, **asked: str) -> dict[str, Counted]:
        items = msgspec.json.decode(await self._get("/dossiers/summary", **asked), type=_Summary).items
        return {item.key or "": Counted(item.received, item.resolved) for item in items}

    async def _newest(self, metric: str) -> list[Newest]:
        found: list[Newest] = []
        for source in self._sources:
            cursor: dict[str, str] = {}
            while True:
                asked = {"metric": metric, "source": source, "limit": "500", **cursor}
                page = msgspec.json.decode(await self._get("/series", **asked), type=_SeriesPage)
                found += [Newest(one.metric, one.labels, one.value) for one in page.items if one.value is not None]
                if page.next is None:
                    break
                cursor = {"cursor": page.next}
        return found

    async def _get(self, path: str, **asked: str) -> bytes:
        """Return an answer's body. Raises: InputError when the API refuses or can't be reached."""
        try:
            answer = await self._http.get(self._url + path, params=asked, headers=self._headers, timeout=_TIMEOUT)
        except httpx.TransportError as error:
            raise InputError("api_away", f"the API at {self._url} can't be reached: {error}") from error
        if answer.status_code != httpx.codes.OK:
            raise InputError("api_refused", f"{answer.request.url}: {answer.status_code} {answer.text[:300]}")
        return answer.content
