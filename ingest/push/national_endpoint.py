"""The national dossier protocol: sessions, the integration endpoint with its services, and the short form."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ingest.credentials import open_session
from ingest.database import Database
from ingest.decoders import national_body
from ingest.decoders.national_body import Envelope, text_of
from ingest.decoders.national_dossier import ItemResult, Sender, decode_records, decode_steps
from ingest.decoders.personal_data import scrubbed_text
from ingest.dossier_lookup import find_dossier
from ingest.push import national_answers as answers
from ingest.push.desk import Desk, stranger, timed
from ingest.push.refusal import Refusal
from ingest.push.sign_in import Shown, shown_in_headers
from ingest.rejections import Edge
from ingest.source_entries import DossierSource
from ioc_core.errors import InputError, StorageError

Decode = Callable[[Iterable[msgspec.Raw], Sender], Iterator[ItemResult]]
_SLICE = 200
_MAX_AGENCY = 300
_SYNC: dict[str, Decode] = {"DongBoHoSoMC": decode_records, "CapNhatTienDoHoSoMC": decode_steps}
_SERVICES = ("LayThuTuc", "TraCuuHoSo", *_SYNC)
_RETRY = 5.0


@dataclass(slots=True)
class _Call:
    """One call: its edge is a stranger's until its source is known."""

    request: Request
    edge: Edge
    body: bytes = b""

    def known(self, source: DossierSource) -> None:
        self.edge = Edge(source.name, "dvcqg", datetime.now(UTC))


class NationalEndpoint:
    """The endpoints of the protocol; `zone` is that of its times."""

    def __init__(self, desk: Desk, database: Database, zone: ZoneInfo) -> None:
        self._desk = desk
        self._database = database
        self._zone = zone

    async def session(self, request: Request) -> Response:
        """`POST /dvcqg/session`: user and password for a session token."""
        return await self._guarded(request, self._session)

    async def integration(self, request: Request) -> Response:
        """`POST /dvcqg/integration`: every service, by its name in the body."""
        return await self._guarded(request, self._integration)

    async def short_form(self, request: Request) -> Response:
        """`POST /dvcqg/DongBoHoSoMC?MaDinhDanhDV=…`: the bare list, the credential in a header."""
        return await self._guarded(request, self._short_form)

    async def _guarded(self, request: Request, serve: Callable[[_Call], Awaitable[Response]]) -> Response:
        return await timed("dvcqg", lambda: self._answered(_Call(request, stranger(request, "dvcqg")), serve))

    async def _answered(self, call: _Call, serve: Callable[[_Call], Awaitable[Response]]) -> Response:
        try:
            try:
                return await serve(call)
            except Refusal:
                raise
            except InputError as error:
                raise Refusal(400, error.reason, str(error), body=call.body) from error
        except Refusal as refusal:
            try:
                await self._desk.keep(refusal, call.edge, scrubbed_text(refusal.body))
            except Refusal as unable:
                refusal = unable
            return answers.refused(refusal)

    async def _session(self, call: _Call) -> Response:
        call.body = await self._desk.bodies.read(call.request)
        login = national_body.decode_login(call.body)
        shown = Shown(text_of(login.password), text_of(login.username))
        source, credential = await self._desk.sign_in.source(call.request, shown, DossierSource)
        now = datetime.now(UTC)
        self._desk.presence.heard(source.name, now)
        token = open_session(credential, now, seconds=source.session)
        return answers.answer(answers.SESSION_OK, "Thành công", session=token)

    async def _integration(self, call: _Call) -> Response:
        call.body = await self._desk.bodies.read(call.request)
        envelope = national_body.decode_envelope(call.body)
        session = text_of(envelope.session)
        shown = Shown(session) if session else shown_in_headers(call.request)
        source, _ = await self._desk.sign_in.source(call.request, shown, DossierSource)
        call.known(source)
        self._desk.check_rate(source)
        service = text_of(envelope.service)
        if service in _SYNC:
            items = national_body.decode_list(envelope.data)
            return await self._sync(call, source, text_of(envelope.madonvi), items, _SYNC[service])
        self._desk.presence.heard(source.name, call.edge.received_at)
        if service == "LayThuTuc":
            return self._procedures(envelope)
        if service == "TraCuuHoSo":
            return await self._lookup(envelope, source)
        message = f"Không có dịch vụ {service[:60]!r}; có: {', '.join(_SERVICES)}"
        return answers.answer(answers.UNKNOWN_SERVICE, message)

    async def _short_form(self, call: _Call) -> Response:
        source, _ = await self._desk.sign_in.source(call.request, shown_in_headers(call.request), DossierSource)
        call.known(source)
        self._desk.check_rate(source)
        call.body = await self._desk.bodies.read(call.request)
        agency = call.request.query_params.get("MaDinhDanhDV", "").strip()
        return await self._sync(call, source, agency, national_body.decode_list(call.body), decode_records)

    async def _sync(
        self, call: _Call, source: DossierSource, agency: str, items: list[msgspec.Raw], decode: Decode
    ) -> Response:
        call.known(source)
        sender = Sender(
            edge=call.edge,
            agency=agency[:_MAX_AGENCY].replace("\0", ""),
            catalogue=self._desk.catalogue,
            zone=self._zone,
            scope=self._desk.scope(source),
        )
        results: list[ItemResult] = []
        for result in decode(items, sender):
            results.append(result)
            if len(results) % _SLICE == 0:
                await asyncio.sleep(0)
        self._desk.count_rate(source, len(results))
        await self._desk.publish(source.name, [result.outcome for result in results])
        if not results:
            self._desk.presence.heard(source.name, call.edge.received_at)
        return answers.synced(results)

    def _procedures(self, envelope: Envelope) -> Response:
        found = self._desk.catalogue.resolve_procedure(text_of(envelope.maTTHC))
        if found is None:
            return answers.answer(answers.OK, "Không có thủ tục này trong danh mục", result=[])
        field = {"MALINHVUC": found.field_code, "TENLINHVUC": found.field_name}
        procedure = {"MATTHC": found.code, "TENTTHC": found.name, "LINHVUCTHUCHIEN": [field]}
        return answers.answer(answers.OK, "Thành công", result=[procedure])

    async def _lookup(self, envelope: Envelope, source: DossierSource) -> Response:
        code = text_of(envelope.mahoso).replace("\0", "")
        try:
            found = await find_dossier(self._database, code, source.name, self._zone) if code else None
        except StorageError as error:
            raise Refusal(503, "database_unavailable", str(error), retry_after=_RETRY) from error
        return answers.answer(answers.OK, "Thành công", result=[] if found is None else [found])
