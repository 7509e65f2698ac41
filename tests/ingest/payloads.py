"""Bodies as the two public clients of the national protocol send them."""

from typing import Any

PERSONAL = {
    "ChuHoSo": "Nguyễn Thị Hồng Ánh",
    "MaDoiTuong": "066188012345",
    "Email": "honganh.nguyen@example.vn",
    "Fax": "02623850000",
    "SoDienThoai": "0905123456",
    "TrichYeuHoSo": "Đăng ký khai sinh cho cháu Nguyễn Gia Bảo",
    "GhiChu": "Nhà số 12 đường Lê Duẩn",
    "ThongTinTra": "Trả tại nhà bà Hồng Ánh",
}


FILE_NAMES = ("Tờ khai của Nguyễn Thị Hồng Ánh.pdf", "nguyen-thi-hong-anh")
"""What tells of the citizen in `paper()`."""


def paper(**changes: Any) -> dict[str, Any]:
    """A paper that was handed in, with a file, digitised here."""
    return {
        "TepDinhKemId": "1",
        "TenTepDinhKem": FILE_NAMES[0],
        "IsDeleted": "False",
        "MaThanhPhanHoSo": "TP1",
        "DuongDanTaiTepTin": f"http://x.vn/tai-lieu/{FILE_NAMES[1]}.pdf",
        "DuocSoHoa": "1",
        "DuocTaiSuDung": "0",
        "DuocLayTuKhoDMQG": "0",
        **changes,
    }


def opencps(code: str = "000.00.11.H15-200930-0123", **changes: Any) -> dict[str, Any]:
    """A dossier as the OpenCPS dossier manager builds it: every field, numbers as text."""
    return {
        "MaHoSo": code,
        "MaTTHC": "1.001193.000.00.00.H15",
        "TenTTHC": "Đăng ký khai sinh",
        "MaLinhVuc": "HT",
        "TenLinhVuc": "Hộ tịch",
        "KenhThucHien": "2",
        "SoBienNhan": "0123",
        **PERSONAL,
        "LoaiDoiTuong": "1",
        "NgayTiepNhan": "20200930081500",
        "NgayHenTra": "20201002170000",
        "TrangThaiHoSo": "10",
        "NgayTra": "20201002090000",
        "HinhThuc": "0",
        "NgayKetThucXuLy": "20201001153000",
        "DonViXuLy": "Sở Y tế",
        "DuocThanhToanTrucTuyen": "1",
        "HoSoCoThanhPhanSoHoa": "1",
        "TaiKhoanDuocXacThucVoiVNeID": "1",
        "DSKetNoiCSDL": [{"MaCSDL": "CSDLQGDC"}],
        "TaiLieuNop": [paper()],
        "DanhSachLePhi": [
            {
                "TenPhiLePhi": "Lệ phí",
                "MaPhiLePhi": "LP01",
                "HinhThucThu": "1",
                "Gia": "8000",
                "LoaiPhiLePhi": "2",
            }
        ],
        "DanhSachTepDinhKemKhac": [],
        "DanhSachHoSoBoSung": [
            {
                "HoSoBoSungId": "7",
                "NguoiYeuCauBoSung": "Trần Văn Minh",
                "NoiDungBoSung": "Bổ sung giấy chứng sinh",
                "NgayBoSung": "20200930140000",
                "NgayTiepNhanBoSung": "20201001080000",
                "TrangThaiBoSung": "1",
                "NgayHenTraTruoc": "20201001170000",
                "NgayHenTraMoi": "20201002170000",
            }
        ],
        "DanhSachGiayToKetQua": [
            {
                "TenGiayTo": "Giấy khai sinh",
                "MaThanhPhanHoSo": "1",
                "GiayToId": "3",
                "DuongDanTepTinKetQua": "http://x.vn/3",
                "MaKetQua": "KQ.3",
            }
        ],
        **changes,
    }


def short_form(code: str = "H15.11-241105-0007", **changes: Any) -> dict[str, Any]:
    """A dossier as a one-stop backend of the short form sends it: few fields, numbers, nulls, zeros for no date."""
    return {
        "MaHoSo": code,
        "MaTTHC": "1.001193",
        "TenTTHC": "Đăng ký khai sinh",
        "MaLinhVuc": "HT",
        "TenLinhVuc": "Hộ tịch",
        "KenhThucHien": 1,
        "ChuHoSo": PERSONAL["ChuHoSo"],
        "SoDienThoai": PERSONAL["SoDienThoai"],
        "NgayTiepNhan": "20241105074500",
        "NgayHenTra": "20241108170000",
        "TrangThaiHoSo": 4,
        "NgayTra": "00000000000000",
        "NgayKetThucXuLy": None,
        "DonViXuLy": "000.00.11.H15",
        "DanhSachHoSoBoSung": [],
        **changes,
    }


def progress(code: str = "000.00.11.H15-200930-0123", **changes: Any) -> dict[str, Any]:
    """A step as OpenCPS sends it."""
    return {
        "MaHoSo": code,
        "NguoiXuLy": "Lê Thị Thu Trang",
        "ChucDanh": "Chuyên viên",
        "ThoiDiemXuLy": "20200930093000",
        "PhongBanXuLy": "Phòng Nghiệp vụ Y",
        "NoiDungXuLy": "Thụ lý hồ sơ của bà Hồng Ánh",
        "TrangThai": "4",
        "NgayBatDau": "20200930093000",
        "NgayKetThucTheoQuyDinh": "20201001170000",
        **changes,
    }
