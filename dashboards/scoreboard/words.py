"""What the indicators of Decision 766 count, in words. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from dashboards.vietnamese import number


class Counted(NamedTuple):
    """`hit` and `all` name numerator and denominator; `missing` what is left and costs points, `lacks` why."""

    hit: str
    all: str
    missing: str
    lacks: str = "chưa đạt"


NOT_MEASURED = "chưa có số liệu"
PEERS: Mapping[str, str] = {
    "province": "Tỉnh",
    "department": "Sở, ban, ngành",
    "office": "Đơn vị trực thuộc sở",
    "district": "Huyện",
    "commune": "Xã, phường",
    "unmapped": "Chưa ánh xạ",
}
DOSSIERS = Counted("hồ sơ đạt", "hồ sơ", "hồ sơ chưa đạt")

COUNTED: Mapping[str, Counted] = {
    "1.1": Counted("thủ tục công bố đúng hạn", "thủ tục công bố trong kỳ", "thủ tục công bố muộn"),
    "1.2": Counted("thủ tục công khai đúng hạn", "thủ tục phải công khai trong kỳ", "thủ tục công khai muộn"),
    "1.3": Counted("thủ tục đủ nội dung", "thủ tục đã công khai", "thủ tục thiếu nội dung"),
    "1.4": Counted("hồ sơ đã đồng bộ", "hồ sơ tiếp nhận", "hồ sơ chưa đồng bộ", "chưa đồng bộ"),
    "2.1": Counted("hồ sơ xong đúng hạn hoặc còn trong hạn", "hồ sơ xử lý trong kỳ", "hồ sơ trễ hạn, quá hạn"),
    "3.1": Counted("thủ tục có dịch vụ công trực tuyến", "thủ tục", "thủ tục chưa trực tuyến"),
    "3.2": Counted("dịch vụ có hồ sơ trực tuyến", "dịch vụ công trực tuyến", "dịch vụ chưa có hồ sơ trực tuyến"),
    "3.3": Counted("hồ sơ nộp trực tuyến", "hồ sơ tiếp nhận", "hồ sơ không nộp trực tuyến"),
    "3.full": Counted(
        "hồ sơ xử lý trực tuyến toàn trình", "hồ sơ của thủ tục toàn trình", "hồ sơ chưa trực tuyến toàn trình"
    ),
    "3.5a": Counted("thủ tục tích hợp thanh toán trực tuyến", "thủ tục có phí, lệ phí", "thủ tục chưa tích hợp"),
    "3.5b": Counted("thủ tục có giao dịch trực tuyến", "thủ tục có phí, lệ phí", "thủ tục chưa có giao dịch"),
    "3.6": Counted(
        "hồ sơ thanh toán trực tuyến",
        "hồ sơ phải nộp phí, lệ phí",
        "hồ sơ chưa thanh toán trực tuyến",
        "chưa thanh toán trực tuyến",
    ),
    "4.1": Counted(
        "hồ sơ có kết quả điện tử",
        "hồ sơ phải trả kết quả",
        "hồ sơ chưa có kết quả điện tử",
        "chưa có kết quả điện tử",
    ),
    "4.2": Counted("hồ sơ đã số hóa", "hồ sơ tiếp nhận", "hồ sơ chưa số hóa đủ", "chưa số hóa giấy tờ"),
    "4.3": Counted("hồ sơ dùng lại giấy tờ số hóa", "hồ sơ tiếp nhận", "hồ sơ chưa dùng lại", "chưa dùng lại giấy tờ"),
    "4.4": Counted(
        "hồ sơ lấy giấy tờ từ kho dữ liệu",
        "hồ sơ tiếp nhận",
        "hồ sơ chưa kết nối kho dữ liệu",
        "không có giấy tờ từ kho dữ liệu",
    ),
    "4.5a": Counted("thủ tục dùng dữ liệu dân cư", "thủ tục", "thủ tục chưa dùng dữ liệu dân cư"),
    "4.5b": Counted(
        "hồ sơ dùng dữ liệu dân cư", "hồ sơ tiếp nhận", "hồ sơ chưa dùng dữ liệu dân cư", "chưa dùng dữ liệu dân cư"
    ),
    "4.5c": Counted(
        "bản sao chứng thực điện tử", "hồ sơ chứng thực bản sao", "bản sao chứng thực giấy", "chỉ có bản giấy"
    ),
    "5.2": Counted("phản ánh xử lý đúng hạn", "phản ánh, kiến nghị", "phản ánh xử lý muộn"),
    "5.3": Counted("phản ánh đúng hạn, không bị chê", "phản ánh, kiến nghị", "phản ánh muộn hoặc bị chê"),
    "5.4": Counted("hồ sơ đúng hạn, không bị chê", "hồ sơ xử lý trong kỳ", "hồ sơ trễ hạn hoặc bị chê"),
}


def counted(indicator: str) -> Counted:
    """Return what an indicator counts; of an unknown one, dossiers."""
    return COUNTED.get(indicator, DOSSIERS)


def shown_id(indicator: str) -> str:
    """Return an indicator's id for people: since 2026 group 3 is one indicator, `3.full`."""
    return "3" if indicator == "3.full" else indicator


def fraction(indicator: str, numerator: float | None, denominator: float | None) -> str:
    """Return numerator and denominator in words; of what wasn't measured, that."""
    if numerator is None or not denominator:
        return NOT_MEASURED
    words = counted(indicator)
    return f"{number(numerator)} {words.hit} trong {number(denominator)} {words.all}"


def of_points(points: float, reachable: float) -> str:
    """Return points with what they are of: `84,21/88,00 điểm`."""
    return f"{number(points, 2)}/{number(reachable, 2)} điểm"
