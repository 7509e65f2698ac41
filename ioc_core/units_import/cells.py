"""Headings and cells as offices write them, put as units.csv has them; the rest stays, for its checks to name it."""

import re

from ioc_core.catalogue.names import folded_key
from ioc_core.catalogue.types import UnitKind
from ioc_core.catalogue.units_file import OPTIONAL, REQUIRED

COLUMNS = (*REQUIRED, *OPTIONAL)

_HEADINGS = {
    "code": ("ma", "mã đơn vị", "mã xã", "mã huyện", "mã đvhc", "mã đơn vị hành chính", "ma_dv", "unit code"),
    "kind": ("loại", "cấp", "loại đơn vị", "cấp hành chính", "type", "level"),
    "name": (
        "tên",
        "tên đơn vị",
        "tên xã",
        "tên huyện",
        "tên đvhc",
        "tên đơn vị hành chính",
        "tên đầy đủ",
        "full name",
    ),
    "short_name": ("tên ngắn", "tên viết tắt", "tên rút gọn"),
    "parent": ("mã cấp trên", "đơn vị cấp trên", "mã đơn vị cấp trên", "trực thuộc", "parent code"),
    "valid_from": ("hiệu lực từ", "từ ngày", "ngày bắt đầu", "ngày thành lập", "ngày hiệu lực", "start date"),
    "valid_to": ("hiệu lực đến", "đến ngày", "ngày kết thúc", "ngày giải thể", "ngày hết hiệu lực", "end date"),
    "predecessors": ("đơn vị tiền thân", "mã tiền thân", "tiền thân", "sáp nhập từ", "hợp thành từ"),
    "latitude": ("vĩ độ", "lat"),
    "longitude": ("kinh độ", "lon", "lng", "long"),
    "national_id": ("mã định danh", "mã định danh điện tử", "mã định danh đơn vị"),
    "population": ("dân số", "số dân"),
}
_COLUMN_OF = {folded_key(heading): column for column, known in _HEADINGS.items() for heading in (column, *known)}

_KINDS = {
    UnitKind.PROVINCE: ("tỉnh", "cấp tỉnh"),
    UnitKind.DEPARTMENT: ("sở", "ban", "ngành", "sở ban ngành", "sở, ngành"),
    UnitKind.DISTRICT: ("huyện", "quận", "thị xã", "cấp huyện"),
    UnitKind.COMMUNE: ("xã", "phường", "thị trấn", "đặc khu", "cấp xã"),
}
_KIND_OF = {folded_key(word): kind for kind, words in _KINDS.items() for word in (kind, *words)}
_FIRST_WORDS = ("Tỉnh ", "Thành phố ", "Huyện ", "Quận ", "Thị xã ", "Xã ", "Phường ", "Thị trấn ", "Đặc khu ")

_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_MIDNIGHT = re.compile(r"[ T]00?:00(:00(\.0+)?)?$")
_GROUPED = re.compile(r"\d{1,3}([.,\s]\d{3})+")
_SEPARATORS = re.compile(r"\s*[;,|]\s*")


def column_of(heading: str) -> str | None:
    """The column of units.csv that a heading stands for, None when that isn't known."""
    return _COLUMN_OF.get(folded_key(heading))


def read_cell(column: str, text: str) -> str:
    """A cell as units.csv has it: days as 2025-07-01, numbers with a point, kinds by their English word."""
    if column == "kind":
        return _KIND_OF.get(folded_key(text), text)
    if column in {"valid_from", "valid_to"}:
        return _day(_MIDNIGHT.sub("", text))
    if column in {"latitude", "longitude"}:
        return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    if column == "population":
        return re.sub(r"[.,\s]", "", text) if _GROUPED.fullmatch(text) else text
    if column == "predecessors":
        return ";".join(part for part in _SEPARATORS.split(text) if part)
    return text.upper() if column == "national_id" else text


def same(column: str, one: str, other: str) -> bool:
    """Whether two cells of units.csv say the same."""
    if column in {"latitude", "longitude"} and one and other:
        try:
            return float(one) == float(other)
        except ValueError:
            return one == other
    if column == "predecessors":
        return read_cell(column, one) == read_cell(column, other)
    return one == other


def short_name(name: str) -> str:
    """A unit's name without the word that says what it is; of departments the whole name."""
    return next((name.removeprefix(word).strip() for word in _FIRST_WORDS if name.startswith(word)), name) or name


def _day(text: str) -> str:
    day = _DAY.fullmatch(text)
    return f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}" if day else text
