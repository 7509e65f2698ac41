"""A report's dossiers as calls of the national protocol, stretch by stretch. Pure.

What dossiers have in common is encoded once, so that hundreds of thousands of them cost seconds: a message is the text
of its cell or of its kind of step, with a dossier's own code and times put in.
"""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from msgspec import Raw, Struct

from ioc_core.events import Channel, DossierStatus
from simulator.dossiers.mix import written_name
from simulator.dossiers.steps import CLERKS, EXPERTS, FRONT_DESK, LEADERS, OFFICES
from simulator.dossiers.timeline import Kind
from simulator.dossiers.wire import ONE_STOP_TITLE, citizen, fees
from simulator.replay.allocation import Cell
from simulator.replay.grid import Numbers, WorkGrid
from simulator.replay.lives import Lives

PEOPLE = 97
"""How many clerks there are; every dossier has one."""
_MARK = "<put in>"
_RAW = "<put in as it is>"
_NOTHING = b"[]"
_encoder = msgspec.json.Encoder()


class Call(Struct, frozen=True):
    """One call of the protocol: `entries` is its list, of `count` entries."""

    kind: Kind
    entries: Raw
    count: int


class Stretch(Struct, frozen=True):
    """Some dossiers that were filed one after the other, whole: their records on receipt, all steps, last records.

    One that may have been sent before leaves out the records on receipt: the centre takes a record that comes again
    later for a correction, which it is unless it says what is known anyway.

    Everything filed before `until` (epoch seconds) is in this stretch or in one before it; `code` is one of its own.
    """

    until: int
    code: str
    dossiers: int
    calls: tuple[Call, ...]

    @property
    def messages(self) -> int:
        """How many entries all calls have."""
        return sum(call.count for call in self.calls)


class ReplayWire:
    """Encodes lives, which are in the order of their filing."""

    def __init__(self, cells: Sequence[Cell], lives: Lives, grid: WorkGrid) -> None:
        self._lives = lives
        self._grid = grid
        self._days = grid.days(lives.filed)
        self._numbers = _numbers(cells, lives, self._days)
        self._prefixes = [_prefix(cell) for cell in cells]
        self._records = [_record(cell) for cell in cells]
        self._online = [cell.filed.channel is Channel.ONLINE for cell in cells]

    def stretches(self, size: int, *, after: int = 0, again: int = 0) -> Iterator[Stretch]:
        """Yield stretches of `size` dossiers, without those filed before `after`.

        The first `again` dossiers of them may have been sent before.
        """
        filed = self._lives.filed
        first = int(np.searchsorted(filed, after))
        for start in range(first, len(filed), size):
            end = min(start + size, len(filed))
            until = int(filed[end]) if end < len(filed) else int(filed[-1]) + 1
            yield self._stretch(start, end, until, again=start < first + again)

    def codes(self, start: int, end: int) -> list[bytes]:
        """The codes (`MaHoSo`) of the dossiers at these places."""
        stamps = self._grid.texts(self._lives.filed[start:end])
        cells, numbers = self._lives.cell[start:end].tolist(), self._numbers[start:end].tolist()
        prefixes = self._prefixes
        return [
            b"%b-%b-%04d" % (prefixes[cell], stamp[2:8], number)
            for cell, stamp, number in zip(cells, stamps, numbers, strict=True)
        ]

    def _stretch(self, start: int, end: int, until: int, *, again: bool) -> Stretch:
        codes = self.codes(start, end)
        part = _Part(self._lives.taken(slice(start, end)), codes, self._grid)
        cells = part.lives.cell.tolist()
        forms = [self._records[cell] for cell in cells]
        online = [self._online[cell] for cell in cells]
        last, steps = _call(Kind.UPDATE, part.last_records(forms, online)), _call(Kind.STEP, part.steps())
        calls = (last, steps) if again else (_call(Kind.CREATE, part.first_records(forms, online)), steps, last)
        return Stretch(until, codes[-1].decode(), end - start, calls)


def _call(kind: Kind, entries: list[bytes]) -> Call:
    return Call(kind, Raw(b"[" + b",".join(entries) + b"]"), len(entries))


class _Part:
    """The dossiers of one stretch: their columns as texts."""

    def __init__(self, lives: Lives, codes: list[bytes], grid: WorkGrid) -> None:
        self.lives = lives
        self._codes = codes
        self._text = grid.texts

    def first_records(self, forms: list[bytes], online: list[bool]) -> list[bytes]:
        """The record on receipt: online new and without a due date, at the counter accepted at once."""
        lives, text = self.lives, self._text
        columns = zip(forms, self._codes, _people(lives), online, text(lives.filed), text(lives.due), strict=True)
        return [
            form % (code, code[-4:], *(person,) * 4, filed, b"", b"", b"", b"1", b"0", _NOTHING, _NOTHING)
            if is_online
            else form % (code, code[-4:], *(person,) * 3, filed, due, b"", b"", b"2", b"0", _NOTHING, _NOTHING)
            for form, code, person, is_online, filed, due in columns
        ]

    def last_records(self, forms: list[bytes], online: list[bool]) -> list[bytes]:
        """The record as it stands at the end."""
        lives, text = self.lives, self._text
        columns = zip(
            *(forms, self._codes, _people(lives), online, lives.status.tolist(), lives.paid.tolist()),
            *(lives.electronic.tolist(), text(lives.accepted), text(lives.due), text(lives.due_after)),
            *(text(lives.asked), text(lives.answered), text(lives.finished), text(lives.returned)),
            strict=True,
        )
        records: list[bytes] = []
        for row in columns:
            form, code, person, is_online, status, paid, electronic, accepted, due, due_after = row[:10]
            asked, answered, finished, returned = row[10:]
            people = (person,) * (4 if is_online else 3)  # only who files online gives an address
            times = (accepted, due_after, finished, returned)
            done = (b"%d" % status, b"1" if paid else b"0")
            waits = _WAIT % (asked, answered, _TRUE if answered else _FALSE, due, answered and due_after)
            results = _RESULT % (code, code) if electronic else _NOTHING
            records.append(form % (code, code[-4:], *people, *times, *done, waits if asked else _NOTHING, results))
        return records

    def steps(self) -> list[bytes]:
        """Every step of every dossier, dossier by dossier."""
        lives, text = self.lives, self._text
        clerks = [b"%02d" % (person % PEOPLE) for person in lives.person.tolist()]
        columns = zip(
            *(self._codes, clerks, text(lives.filed), text(lives.due), text(lives.due_after)),
            *(text(lives.accepted), text(lives.started), text(lives.asked), text(lives.answered)),
            *(text(lives.reviewed), text(lives.withdrawn), text(lives.entered), text(lives.returned)),
            strict=True,
        )
        steps: list[bytes] = []
        for code, clerk, before, due, due_after, *instants in columns:
            for form, at in zip(_STEPS, instants, strict=True):
                if at:
                    if form is _ANSWERED:
                        due = due_after
                    if form is _PROCESSED and instants[5]:
                        form = _STOPPED
                    steps.append(form % (code, clerk, at, before, due))
                    before = at
        return steps


def _people(lives: Lives) -> list[bytes]:
    return [b"%08d" % person for person in lives.person.tolist()]


def _numbers(cells: Sequence[Cell], lives: Lives, days: Numbers) -> Numbers:
    """The running number of each dossier among those that its receiver got on that day, from 1."""
    receivers = {cell.receiver.code: place for place, cell in enumerate(cells)}
    receiver = np.array([receivers[cell.receiver.code] for cell in cells])[lives.cell]
    _, group = np.unique(receiver * (days.max(initial=0) + 1) + days, return_inverse=True)
    order = np.argsort(group, kind="stable")
    grouped = group[order]
    starts = np.searchsorted(grouped, grouped)
    numbers = np.empty(len(group), dtype=np.int64)
    numbers[order] = np.arange(len(group)) - starts + 1
    return numbers


def _prefix(cell: Cell) -> bytes:
    return (cell.receiver.national_id or cell.receiver.code).encode()


def _record(cell: Cell) -> bytes:
    """The form of a cell's records: the fields as `DossierWire.record` has them, without those of later years."""
    procedure, channel = cell.procedure, cell.filed.channel
    return _form(
        {
            "MaHoSo": _MARK,
            "SoBienNhan": _MARK,
            "MaTTHC": procedure.code,
            "TenTTHC": procedure.name,
            "MaLinhVuc": procedure.field_code,
            "TenLinhVuc": procedure.field_name,
            "KenhThucHien": str(channel.value),
            **citizen(procedure, channel, _MARK),
            "TaiLieuNop": [],  # what is digitised, and from where it came, wasn't told then
            **dict.fromkeys(("NgayTiepNhan", "NgayHenTra", "NgayKetThucXuLy", "NgayTra", "TrangThaiHoSo"), _MARK),
            "DonViXuLy": written_name(cell.unit),
            "DuocThanhToanTrucTuyen": _MARK,
            "DanhSachLePhi": fees(procedure.fee_vnd),
            "DanhSachTepDinhKemKhac": [],
            "DanhSachHoSoBoSung": _RAW,
            "DanhSachGiayToKetQua": _RAW,
        }
    )


def _form(body: dict[str, object]) -> bytes:
    text = _encoder.encode(body).replace(b"%", b"%%")
    return text.replace(b'"%b"' % _RAW.encode(), b"%b").replace(_MARK.encode(), b"%b")


def _step(status: DossierStatus, office: int, text: str) -> bytes:
    """The form of one kind of step: every field as `DossierWire.step` has it."""
    return _form(
        {
            "MaHoSo": _MARK,
            "NguoiXuLy": f"Cán bộ mô phỏng {_MARK}",
            "ChucDanh": ONE_STOP_TITLE[office],
            "ThoiDiemXuLy": _MARK,
            "PhongBanXuLy": OFFICES[office],
            "NoiDungXuLy": text,
            "TrangThai": str(status.value),
            "NgayBatDau": _MARK,
            "NgayKetThucTheoQuyDinh": _MARK,
        }
    )


_ANSWERED = _step(DossierStatus.IN_PROCESS, FRONT_DESK, "Đã nhận giấy tờ bổ sung")
_PROCESSED = _step(DossierStatus.PROCESSED, CLERKS, "Đã có kết quả giải quyết")
_STOPPED = _step(DossierStatus.STOPPED, LEADERS, "Dừng xử lý theo yêu cầu của công dân")
_STEPS = (
    _step(DossierStatus.ACCEPTED, FRONT_DESK, "Tiếp nhận hồ sơ, hẹn trả kết quả"),
    _step(DossierStatus.IN_PROCESS, EXPERTS, "Thụ lý hồ sơ"),
    _step(DossierStatus.SUPPLEMENT_REQUESTED, EXPERTS, "Yêu cầu bổ sung giấy tờ"),
    _ANSWERED,
    _step(DossierStatus.IN_PROCESS, LEADERS, "Trình lãnh đạo phê duyệt"),
    _step(DossierStatus.WITHDRAWAL_REQUESTED, FRONT_DESK, "Công dân yêu cầu rút hồ sơ"),
    _PROCESSED,
    _step(DossierStatus.RETURNED, FRONT_DESK, "Trả kết quả trực tiếp"),
)
"""Steps in their order; a dossier takes those for which it has an instant."""

_TRUE, _FALSE = b"True", b"False"
_WAIT = b"[%b]" % _form(
    {
        "NgayBoSung": _MARK,
        "NguoiYeuCauBoSung": "Cán bộ mô phỏng",
        "NoiDungBoSung": "Bổ sung giấy tờ còn thiếu",
        "NgayTiepNhanBoSung": _MARK,
        "TrangThaiBoSung": _MARK,
        "NgayHenTraTruoc": _MARK,
        "NgayHenTraMoi": _MARK,
    }
)
_RESULT = b"[%b]" % _form(
    {"TenGiayTo": "Kết quả giải quyết", "MaKetQua": _MARK, "DuongDanTepTinKetQua": f"/ket-qua/{_MARK}.pdf"}
)
