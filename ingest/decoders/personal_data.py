"""Keeps citizens' personal data out of what is stored of refused dossiers: only named fields stay."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from ioc_core.events import MAX_RAW_BYTES

_FLAG = re.compile(r"\s*([01]{0,2}|true|false|null|none)\s*", re.IGNORECASE)
_AMOUNT = re.compile(r"\s*(\d{0,9}(\.0)?|null|none)\s*", re.IGNORECASE)
_SHAPES: Final[Mapping[str, re.Pattern[str]]] = {
    **dict.fromkeys(("DuocSoHoa", "DuocTaiSuDung", "DuocLayTuKhoDMQG", "IsDeleted", "HoSoCoThanhPhanSoHoa"), _FLAG),
    **dict.fromkeys(("TaiKhoanDuocXacThucVoiVNeID", "papers_digitised", "papers_reused", "papers_from_store"), _FLAG),
    "population_data": _FLAG,
    "Gia": _AMOUNT,
    "fee_vnd": _AMOUNT,
    "MaCSDL": re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}"),
}
"""Fields of which only what looks like it should is kept: were a sender's columns to slip, names would stand there."""

KEPT: Final = frozenset(
    {
        *("MaHoSo", "MaTTHC", "TenTTHC", "MaLinhVuc", "TenLinhVuc", "NgayTiepNhan", "TrangThaiHoSo", "DonViXuLy"),
        *("KenhThucHien", "NgayHenTra", "NgayKetThucXuLy", "NgayTra", "HinhThuc", "DuocThanhToanTrucTuyen"),
        *("ThoiDiemXuLy", "PhongBanXuLy", "TrangThai", "NgayBatDau", "NgayKetThucTheoQuyDinh"),
        *("NgayBoSung", "NgayTiepNhanBoSung", "NgayHenTraTruoc", "NgayHenTraMoi"),
        *("service", "madonvi", "isUpdating", "maTTHC", "mahoso"),
        *("type", "kind", "code", "record", "status", "observed_at", "receiving_unit", "resolving_unit"),
        *("receiving_text", "resolving_text", "procedure_code", "procedure_name", "field_code", "field_name"),
        *("channel", "filed_at", "due_at", "finished_at", "returned_at", "supplements", "paid_online"),
        *("electronic_result", "step_department", "step_started_at", "step_due_at"),
        *("requested_at", "received_at", "due_before", "due_after"),
        *_SHAPES,
    }
)
"""Fields whose values say nothing of a citizen. Every other value is left out."""

_NESTED: Final = frozenset(
    {"DanhSachHoSoBoSung", "DanhSachLePhi", "DSKetNoiCSDL", "TaiLieuNop", "data", "supplements"}
)
_NAMES: Final = KEPT | _NESTED | {"session", "password", "username"}
_LEFT_OUT = "…"
_TEXT = 300
_ITEMS = 50

_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*(?:"|\\?\Z))|(?P<space>\s+)|(?P<mark>[{}\[\]:,])|(?P<literal>true|false|null)(?!\w)'
    r'|(?P<number>-?\d[\d.eE+-]*)(?!\w)|(?P<other>[^\s{}\[\]:,"]+)',
    re.DOTALL,
)


def scrubbed(item: object) -> bytes:
    """A refused dossier as JSON with the fields of `KEPT` alone; other values are replaced by what they were."""
    return msgspec.json.encode(_kept(item, top=True))[:MAX_RAW_BYTES]


def _kept(item: object, *, top: bool = False) -> object:
    if isinstance(item, Mapping):
        kept: dict[str, object] = {}
        for key, value in item.items():
            if key in _NESTED and isinstance(value, list):
                kept[key] = [_kept(one, top=True) for one in value[:_ITEMS]]
            elif key in KEPT:
                kept[key] = _scalar(value) if _in_shape(key, str(value)) else _kind(value)
            elif key in _NAMES:
                kept[key] = _LEFT_OUT
        return kept if top else "<object>"
    return _kind(item)


def _in_shape(name: str, text: str) -> bool:
    shape = _SHAPES.get(name)
    return shape is None or shape.fullmatch(text) is not None


def _scalar(value: object) -> object:
    if isinstance(value, str):
        return value[:_TEXT]
    return value if value is None or isinstance(value, (bool, int, float)) else _kind(value)


def _kind(value: object) -> str:
    if isinstance(value, Mapping):
        return "<object>"
    if isinstance(value, list):
        return f"<list of {len(value)}>"
    return "<text>" if isinstance(value, str) else f"<{type(value).__name__}>"


def scrubbed_text(data: bytes) -> bytes:
    """A body that isn't JSON (cut off, garbled) with the values of `KEPT` fields alone; fails closed.

    Strings, numbers and bare words stay only right after a kept field's name and a colon; names stay only when
    they are the protocol's.
    """
    text = data[: 4 * MAX_RAW_BYTES].decode("utf-8", "replace")
    parts: list[str] = []
    before: list[str] = []  # the last two tokens that aren't space
    for match in _TOKEN.finditer(text):
        token = match.group()
        kind = match.lastgroup
        if kind == "space":
            parts.append(" ")
            continue
        name = before[0].strip('"') if len(before) == 2 and before[1] == ":" else ""
        value_of_kept = name in KEPT and _in_shape(name, token.strip('"'))
        if kind == "mark" or kind == "literal" or (kind in {"string", "number"} and value_of_kept):
            parts.append(token[:_TEXT])
        elif kind == "string" and token[1:-1] in _NAMES and text[match.end() : match.end() + 20].lstrip()[:1] == ":":
            parts.append(token)
        else:
            parts.append(_LEFT_OUT)
        before = [*before[-1:], token if len(token) <= _TEXT else _LEFT_OUT]
    return "".join(parts).encode()[:MAX_RAW_BYTES]
