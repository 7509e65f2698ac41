"""Dossiers (`DongBoHoSoMC`) and progress steps (`CapNhatTienDoHoSoMC`) of the national protocol → DossierEvent."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from ingest.decoders.national_fields import LONG, Fields
from ingest.decoders.personal_data import scrubbed, scrubbed_text
from ingest.rejections import Edge
from ioc_core.catalogue import Catalogue
from ioc_core.events import Channel, DossierEvent, DossierStatus, Rejected, Supplement

_STATUSES = {int(status): status for status in DossierStatus}
_CHANNELS = {int(channel): channel for channel in Channel}
_AGENCY = re.compile(r"(?=[^-]*\.)[0-9A-Z]+(?:\.[0-9A-Z]+)+")
_PAID_ONLINE = frozenset({1, 2})
_MAX_SUPPLEMENTS = 100
_MAX_FEE = 10**12
_UNSAID = (None, "")
_FLAGS: Mapping[object, bool] = {
    **dict.fromkeys((1, "1", "01", "true"), True),
    **dict.fromkeys((0, "0", "00", "false"), False),
}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a body, and what its fields are read against. `scope`: unit codes it may speak of; None: all."""

    edge: Edge
    agency: str
    catalogue: Catalogue
    zone: ZoneInfo
    scope: frozenset[str] | None = None


class ItemResult(Struct, frozen=True):
    """What became of one item of a body. `code` is its MaHoSo, as far as it could be read."""

    code: str
    outcome: DossierEvent | Rejected


def decode_records(items: Iterable[msgspec.Raw], sender: Sender) -> Iterator[ItemResult]:
    """What became of each dossier of `DongBoHoSoMC`: exactly one result an item, in order. Never raises."""
    return (_decode(item, sender, _record) for item in items)


def decode_steps(items: Iterable[msgspec.Raw], sender: Sender) -> Iterator[ItemResult]:
    """What became of each step of `CapNhatTienDoHoSoMC`: exactly one result an item, in order. Never raises."""
    return (_decode(item, sender, _step) for item in items)


def _decode(raw: msgspec.Raw, sender: Sender, decode: Callable[[Fields, Sender], DossierEvent | None]) -> ItemResult:
    try:
        item = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "too_deep" if isinstance(error, RecursionError) else "not_json"
        return ItemResult("", sender.edge.reject(reason, "không đọc được JSON", scrubbed_text(bytes(raw))))
    if not isinstance(item, dict):
        return ItemResult("", sender.edge.reject("wrong_type", "hồ sơ phải là một đối tượng", scrubbed(item)))
    fields = Fields(item, sender.zone, sender.edge.received_at)
    event = decode(fields, sender)
    code = item.get("MaHoSo")
    shown_code = code.strip()[:300] if isinstance(code, str) else ""
    if event is None or fields.problems:
        reason = fields.problems[0][0]
        detail = "; ".join(message for _, message in fields.problems)
        return ItemResult(shown_code, sender.edge.reject(reason, f"{shown_code}: {detail}", scrubbed(item)))
    return ItemResult(event.code, event)


def _record(fields: Fields, sender: Sender) -> DossierEvent | None:
    code = fields.text("MaHoSo", required=True)
    procedure = fields.text("MaTTHC", required=True)
    procedure_name = fields.text("TenTTHC", limit=LONG, required=True)
    field_code = fields.text("MaLinhVuc", required=True)
    field_name = fields.text("TenLinhVuc", limit=LONG, required=True)
    status = _status(fields, "TrangThaiHoSo")
    resolving_text = fields.text("DonViXuLy", required=True)
    filed_at = fields.time("NgayTiepNhan", required=True, past=True)
    finished_at = fields.time("NgayKetThucXuLy", past=True)
    returned_at = fields.time("NgayTra", past=True)
    due_at = fields.time("NgayHenTra")
    supplements = _supplements(fields)
    channel = _channel(fields)
    paid = fields.number("DuocThanhToanTrucTuyen")
    electronic = _electronic_result(fields)
    papers = _papers(fields.values)
    fee = _fee(fields.values)
    if code is None or status is None or filed_at is None or resolving_text is None:
        return None
    on = fields.day("NgayTiepNhan")
    receiving_text = _agency(code) or sender.agency
    receiving = sender.catalogue.resolve_unit(receiving_text, on)
    resolving = sender.catalogue.resolve_unit(resolving_text, on)
    known = [unit.code for unit in (receiving, resolving) if unit is not None]
    if sender.scope is not None and known and sender.scope.isdisjoint(known):
        fields.wrong("out_of_scope", f"{' và '.join(known)} nằm ngoài phạm vi của {sender.edge.source}")
    found = None if procedure is None else sender.catalogue.resolve_procedure(procedure, on)
    stated = [at for at in (filed_at, finished_at, returned_at, *_stated(supplements)) if at is not None]
    return DossierEvent(
        source=sender.edge.source,
        observed_at=max(stated),
        received_at=sender.edge.received_at,
        code=code,
        record=True,
        status=status,
        receiving_unit=None if receiving is None else receiving.code,
        resolving_unit=None if resolving is None else resolving.code,
        receiving_text=receiving_text[:300] or None,
        resolving_text=resolving_text,
        procedure_code=procedure if found is None else found.code,
        procedure_name=procedure_name,
        field_code=field_code,
        field_name=field_name,
        channel=channel,
        filed_at=filed_at,
        due_at=due_at,
        finished_at=finished_at,
        returned_at=returned_at,
        supplements=supplements,
        paid_online=None if paid is None else paid in _PAID_ONLINE,
        electronic_result=electronic,
        papers_digitised=papers.digitised,
        papers_reused=papers.reused,
        papers_from_store=papers.from_store,
        population_data=_population_data(fields.values, papers),
        fee_vnd=fee,
    )


def _step(fields: Fields, sender: Sender) -> DossierEvent | None:
    code = fields.text("MaHoSo", required=True)
    status = _status(fields, "TrangThai")
    at = fields.time("ThoiDiemXuLy", required=True, past=True)
    started_at = fields.time("NgayBatDau")
    due_at = fields.time("NgayKetThucTheoQuyDinh")
    department = fields.text("PhongBanXuLy")
    if code is None or status is None or at is None:
        return None
    if sender.scope is not None:
        receiving = sender.catalogue.resolve_unit(_agency(code) or sender.agency, fields.day("ThoiDiemXuLy"))
        if receiving is not None and receiving.code not in sender.scope:
            fields.wrong("out_of_scope", f"{receiving.code} nằm ngoài phạm vi của {sender.edge.source}")
    return DossierEvent(
        source=sender.edge.source,
        observed_at=at,
        received_at=sender.edge.received_at,
        code=code,
        record=False,
        status=status,
        step_department=department,
        step_started_at=started_at,
        step_due_at=due_at,
    )


def _status(fields: Fields, name: str) -> DossierStatus | None:
    number = fields.number(name, required=True)
    if number is None:
        return None
    status = _STATUSES.get(number)
    if status is None:
        fields.wrong("unknown_status", f"{name} {number} không có trong danh mục trạng thái (1 đến 10)")
    return status


def _channel(fields: Fields) -> Channel | None:
    number = fields.number("KenhThucHien")
    if number is None or number == 0:
        return None
    channel = _CHANNELS.get(number)
    if channel is None:
        fields.wrong("unknown_channel", f"KenhThucHien {number} không có trong danh mục (1, 2, 3)")
    return channel


def _supplements(fields: Fields) -> tuple[Supplement, ...]:
    found = fields.objects("DanhSachHoSoBoSung") or []
    if len(found) > _MAX_SUPPLEMENTS:
        fields.wrong("too_long", f"DanhSachHoSoBoSung có {len(found)} mục, nhiều nhất là {_MAX_SUPPLEMENTS}")
        return ()
    return tuple(_supplement(fields.inner(values)) for values in found)


def _supplement(fields: Fields) -> Supplement:
    return Supplement(
        requested_at=fields.time("NgayBoSung", past=True),
        received_at=fields.time("NgayTiepNhanBoSung", past=True),
        due_before=fields.time("NgayHenTraTruoc"),
        due_after=fields.time("NgayHenTraMoi"),
    )


def _stated(supplements: tuple[Supplement, ...]) -> Iterator[datetime | None]:
    for supplement in supplements:
        yield supplement.requested_at
        yield supplement.received_at


def _electronic_result(fields: Fields) -> bool | None:
    results = fields.objects("DanhSachGiayToKetQua")
    if not results:
        return None
    paths = (values.get("DuongDanTepTinKetQua") for values in results)
    return any(isinstance(path, str) and path.strip() for path in paths)


@dataclass(frozen=True, slots=True)
class _Papers:
    """What the record says of the papers handed in; None: it lists none, or doesn't say."""

    digitised: bool | None
    reused: bool | None
    from_store: bool | None


_NO_PAPERS = _Papers(None, None, None)


def _papers(values: Mapping[str, object]) -> _Papers:
    """Digitised: a paper has a file or is marked so, or the record says it of the whole dossier.

    These flags only feed the scoreboard: what can't be read counts as not said, and refuses no dossier.
    """
    papers = [paper for paper in _listed(values, "TaiLieuNop") if not _flag(paper.get("IsDeleted"))]
    whole = _flag(values.get("HoSoCoThanhPhanSoHoa"))
    if not papers and whole is None:
        return _NO_PAPERS
    has_file = any(isinstance(path := paper.get("DuongDanTaiTepTin"), str) and path.strip() for paper in papers)
    digitised = has_file or _any_set(papers, "DuocSoHoa") or whole
    return _Papers(
        digitised=digitised or (False if papers else whole),
        reused=_any_set(papers, "DuocTaiSuDung"),
        from_store=_any_set(papers, "DuocLayTuKhoDMQG"),
    )


def _listed(values: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = values.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _any_set(papers: list[Mapping[str, object]], name: str) -> bool | None:
    """Whether a flag is set for some paper; None when no paper says."""
    said = [flag for paper in papers if (flag := _flag(paper.get(name))) is not None]
    return any(said) if said else None


def _flag(value: object) -> bool | None:
    """What a flag says; None when it isn't said, or nobody can tell."""
    if isinstance(value, str):
        return _FLAGS.get(value.strip().lower())
    return _FLAGS.get(value) if isinstance(value, (int, float)) else None


def _population_data(values: Mapping[str, object], papers: _Papers) -> bool | None:
    """Whether the account was proved by VNeID, a paper came from the store, or a national data base was asked."""
    account = _flag(values.get("TaiKhoanDuocXacThucVoiVNeID"))
    asked = _listed(values, "DSKetNoiCSDL")
    if account is None and papers.from_store is None and not asked:
        return None
    return bool(account or papers.from_store or any(one.get("MaCSDL") not in _UNSAID for one in asked))


def _fee(values: Mapping[str, object]) -> int | None:
    """What the citizen has to pay in all, in đồng; None when no readable fee is listed."""
    amounts = [amount for fee in _listed(values, "DanhSachLePhi") if (amount := _dong(fee.get("Gia"))) is not None]
    return min(sum(amounts), _MAX_FEE) if amounts else None


def _dong(value: object) -> int | None:
    if isinstance(value, str) and len(value) <= 15 and value.strip().isascii() and value.strip().isdigit():
        return int(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _MAX_FEE:
        return int(value)
    return None


def _agency(code: str) -> str:
    """The agency's national identifier at the head of a dossier's code, "" when there is none."""
    prefix, dash, _ = code.partition("-")
    return prefix if dash and _is_agency(prefix) else ""


@lru_cache(maxsize=4096)
def _is_agency(prefix: str) -> bool:
    return _AGENCY.fullmatch(prefix) is not None
