"""Dossiers in the words of the national protocol: whole records and progress steps, as a real client sends them."""

import msgspec

from ioc_core.catalogue import Procedure
from ioc_core.events import Channel
from simulator.dossiers.day import DossierPlan
from simulator.dossiers.papers import papers
from simulator.dossiers.scenario import PRESENT, PaperShares
from simulator.dossiers.steps import OFFICES, Record, Step, Wait
from simulator.workclock import WorkClock

ONE_STOP_TITLE = ("Chuyên viên", "Chuyên viên", "Lãnh đạo", "Văn thư", "Hệ thống", "Kế toán viên")
"""`ChucDanh` of whoever takes a step, by office."""

_encoder = msgspec.json.Encoder()


class DossierWire:
    """Encodes plans; times become local strings of the province's zone."""

    def __init__(self, clock: WorkClock, shares: PaperShares = PRESENT.papers) -> None:
        self._clock = clock
        self._shares = shares

    def record(self, plan: DossierPlan, step: Step) -> msgspec.Raw:
        """Return the dossier as a one-stop system holds it after `step` (an entry of `DongBoHoSoMC`).

        Citizens' data are plainly synthetic, in the fields in which a real client sends them.
        """
        filing = plan.filing
        procedure = filing.procedure
        body = {
            "MaHoSo": plan.code,
            "SoBienNhan": plan.code.rsplit("-", 2)[-1],
            "MaTTHC": procedure.code,
            "TenTTHC": procedure.name,
            "MaLinhVuc": procedure.field_code,
            "TenLinhVuc": procedure.field_name,
            "KenhThucHien": str(filing.channel.value),
            **citizen(procedure, filing.channel, f"{filing.person:08d}"),
            **papers(plan.code, filing.person, self._shares),
            **self._times(step.record),
            "TrangThaiHoSo": str(step.status.value),
            "DonViXuLy": filing.office_text,
            "DuocThanhToanTrucTuyen": "1" if step.record.paid else "0",
            "DanhSachLePhi": fees(procedure.fee_vnd),
            "DanhSachTepDinhKemKhac": [],
            "DanhSachHoSoBoSung": [self._wait(wait) for wait in step.record.waits],
            "DanhSachGiayToKetQua": _results(plan.code, step.record),
        }
        return msgspec.Raw(_encoder.encode(body))

    def step(self, plan: DossierPlan, step: Step) -> msgspec.Raw:
        """Return one entry of `CapNhatTienDoHoSoMC`."""
        text = self._clock.text
        body = {
            "MaHoSo": plan.code,
            "NguoiXuLy": f"Cán bộ mô phỏng {plan.filing.person % 97:02d}",
            "ChucDanh": ONE_STOP_TITLE[step.office],
            "ThoiDiemXuLy": text(step.at),
            "PhongBanXuLy": OFFICES[step.office],
            "NoiDungXuLy": step.text,
            "TrangThai": str(step.status.value),
            "NgayBatDau": text(step.started),
            "NgayKetThucTheoQuyDinh": text(step.record.due),
        }
        return msgspec.Raw(_encoder.encode(body))

    def system_step(self, plan: DossierPlan, last: Step, *, at: int, text: str) -> msgspec.Raw:
        """Return a step that the system takes by itself: the status, the office and its clock stay as they were."""
        clock = self._clock.text
        body = {
            "MaHoSo": plan.code,
            "NguoiXuLy": "Hệ thống một cửa điện tử",
            "ChucDanh": "Hệ thống",
            "ThoiDiemXuLy": clock(at),
            "PhongBanXuLy": OFFICES[last.office],
            "NoiDungXuLy": text,
            "TrangThai": str(last.status.value),
            "NgayBatDau": clock(last.started),
            "NgayKetThucTheoQuyDinh": clock(last.record.due),
        }
        return msgspec.Raw(_encoder.encode(body))

    def _times(self, held: Record) -> dict[str, str]:
        text = self._clock.text
        return {
            "NgayTiepNhan": text(held.received),
            "NgayHenTra": text(held.due),
            "NgayKetThucXuLy": text(held.finished),
            "NgayTra": text(held.returned),
        }

    def _wait(self, wait: Wait) -> dict[str, str]:
        text = self._clock.text
        return {
            "NgayBoSung": text(wait.asked),
            "NguoiYeuCauBoSung": "Cán bộ mô phỏng",
            "NoiDungBoSung": "Bổ sung giấy tờ còn thiếu",
            "NgayTiepNhanBoSung": text(wait.answered),
            "TrangThaiBoSung": "False" if wait.answered is None else "True",
            "NgayHenTraTruoc": text(wait.due_before),
            "NgayHenTraMoi": text(wait.due_after),
        }


def citizen(procedure: Procedure, channel: Channel, person: str) -> dict[str, object]:
    """Return what a record says of the citizen number `person` (eight digits) and the purpose."""
    online = channel is Channel.ONLINE
    return {
        "ChuHoSo": f"Công dân mô phỏng {person}",
        "LoaiDoiTuong": "1",
        "MaDoiTuong": f"0000{person}",
        "Email": f"cong-dan-{person}@example.com" if online else "",
        "Fax": "",
        "SoDienThoai": f"00{person}",
        "TrichYeuHoSo": procedure.name,
        "ThongTinTra": "",
        "HinhThuc": "1" if channel is Channel.POST else "0",
        "GhiChu": "",
    }


def fees(fee_vnd: int) -> list[dict[str, str]]:
    """Return `DanhSachLePhi` of a procedure's fee in đồng."""
    if not fee_vnd:
        return []
    return [
        {"TenPhiLePhi": "Lệ phí", "MaPhiLePhi": "LP01", "HinhThucThu": "1", "Gia": str(fee_vnd), "LoaiPhiLePhi": "2"}
    ]


def _results(code: str, held: Record) -> list[dict[str, str]]:
    if held.finished is None or not held.electronic:
        return []
    path = f"/ket-qua/{code}.pdf"
    return [{"TenGiayTo": "Kết quả giải quyết", "MaKetQua": code, "DuongDanTepTinKetQua": path}]
