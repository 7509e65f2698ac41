"""POST /v1/events: events of the four kinds as a JSON array or as JSON lines."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ingest.decoders.event_body import Form, decode_body, kept_of_body
from ingest.decoders.sample_body import SampleDecoder
from ingest.decoders.wire_events import Reader
from ingest.push.desk import Desk, stranger, timed
from ingest.push.limits_endpoint import ROLLUP, kept_for
from ingest.push.refusal import Refusal
from ingest.push.sign_in import shown_in_headers
from ingest.rejections import Edge
from ingest.source_entries import EventsSource
from ioc_core.errors import InputError
from ioc_core.events import Event, RawBlock, Rejected
from ioc_core.settings import Settings

SKEW = timedelta(minutes=10)
"""How far a sender's clock may be ahead of ours."""
_SHOWN_ERRORS = 20
_SLICE = 5000
_FORMS: dict[str, Form] = {
    "application/json": "sniffed",
    "text/json": "sniffed",
    "application/x-ndjson": "lines",
    "application/ndjson": "lines",
    "application/jsonl": "lines",
    "application/x-jsonlines": "lines",
    "application/octet-stream": "sniffed",
    "text/plain": "sniffed",
    "": "sniffed",
}


class ItemError(Struct, frozen=True):
    """Why one item was refused; `index` counts from 0, None stands for the whole body."""

    index: int | None
    reason: str
    detail: str


class Receipt(Struct, frozen=True):
    """What became of a push: `errors` are the first twenty."""

    accepted: int
    rejected: int
    errors: list[ItemError]


class EventsEndpoint:
    """The endpoint."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self._desk = desk
        self._zone = ZoneInfo(settings.timezone)
        self._samples_decoder = SampleDecoder()
        self._kept_for = {kind: period for kind, period in kept_for(settings).items() if kind != ROLLUP}

    async def __call__(self, request: Request) -> Response:
        """Answer 202 when everything accepted is on disk."""
        return await timed("events", lambda: self._answer(request))

    async def _answer(self, request: Request) -> Response:
        edge = stranger(request, "events")
        try:
            source, _ = await self._desk.sign_in.source(request, shown_in_headers(request), EventsSource)
            edge = Edge(source.name, "events", edge.received_at)
            self._desk.check_rate(source)
            form = _form(request)
            body = await self._desk.bodies.read(request)
            return await self._take(body, form, source)
        except Refusal as refusal:
            return await self._refuse(refusal, edge)

    async def _take(self, body: bytes, form: Form, source: EventsSource) -> Response:
        now = datetime.now(UTC)
        edge = Edge(source.name, "events", now)
        reader = Reader(
            edge=edge,
            catalogue=self._desk.catalogue,
            accepts=frozenset(source.accepts),
            oldest={kind: now - period for kind, period in self._kept_for.items()},
            newest=now + SKEW,
            zone=self._zone,
            scope=self._desk.scope(source),
        )
        blocks = await self._samples(body, form, reader)
        if blocks is not None:
            taken = sum(len(block.of) for block in blocks)
            self._desk.count_rate(source, taken)
            await self._desk.publish(source.name, blocks)
            return _json(202, Receipt(taken, 0, []))
        try:
            events = await _gathered(decode_body(body, form, reader)) if body.strip() else []
        except InputError as error:
            status = 413 if error.reason == "too_many_items" else 400
            raise Refusal(status, error.reason, str(error), body=body) from error
        self._desk.count_rate(source, len(events))
        await self._desk.publish(source.name, events)
        if not events:
            self._desk.presence.heard(source.name, now)
        receipt = _receipt(events)
        return _json(400 if receipt.rejected and not receipt.accepted else 202, receipt)

    async def _samples(self, body: bytes, form: Form, reader: Reader) -> list[RawBlock] | None:
        """A body of nothing but good samples; None when it has to be looked at one by one."""
        slices = self._samples_decoder.decode(body, form, reader)
        if slices is None:
            return None
        blocks: list[RawBlock] = []
        try:
            for part in slices:
                blocks += part
                await asyncio.sleep(0)
        except InputError:
            return None
        return blocks

    async def _refuse(self, refusal: Refusal, edge: Edge) -> Response:
        try:
            await self._desk.keep(refusal, edge, kept_of_body(refusal.body[:8192]))
        except Refusal as unable:
            refusal = unable
        receipt = Receipt(0, 1, [ItemError(None, refusal.reason, str(refusal))])
        return _json(refusal.status, receipt, refusal.headers)


async def _gathered(events: Iterable[Event]) -> list[Event]:
    """Decode in slices, so that a large push doesn't keep the others waiting."""
    gathered: list[Event] = []
    for event in events:
        gathered.append(event)
        if len(gathered) % _SLICE == 0:
            await asyncio.sleep(0)
    return gathered


def _receipt(events: list[Event]) -> Receipt:
    errors: list[ItemError] = []
    rejected = 0
    for index, event in enumerate(events):
        if isinstance(event, Rejected):
            rejected += 1
            if len(errors) < _SHOWN_ERRORS:
                errors.append(ItemError(index, event.reason, event.detail))
    return Receipt(len(events) - rejected, rejected, errors)


def _form(request: Request) -> Form:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = _FORMS.get(media, "sniffed" if media.endswith("+json") else None)
    if form is None:
        raise Refusal(
            415, "unknown_media_type", f"{media[:80]!r} is neither application/json nor application/x-ndjson"
        )
    return form


def _json(status: int, value: Struct, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(value), status, headers, "application/json")
