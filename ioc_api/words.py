"""Vietnamese words for what the API says in codes (docs/glossary.md): names of summaries, cells of tables."""

from collections.abc import Mapping

from ioc_api.ages import BUCKETS
from ioc_core.dossier import Standing

UNKNOWN = "Không rõ"
CHANNELS: Mapping[str, str] = {"counter": "Trực tiếp", "online": "Trực tuyến", "post": "Bưu chính"}
LEVELS: Mapping[str, str] = {"province": "Cấp tỉnh", "district": "Cấp huyện", "commune": "Cấp xã"}
SERVICE_LEVELS: Mapping[str, str] = {f"level{level}": f"Mức độ {level}" for level in range(1, 5)}
SERVICE_MODES: Mapping[str, str] = {
    "information": "Cung cấp thông tin",
    "partial": "Một phần",
    "full": "Toàn trình",
}
LATENESS: Mapping[str, str] = {"early": "Trước hạn", "on_time": "Đúng hạn", "late": "Trễ hạn"}
AGES: Mapping[str, str] = {bucket: f"{bucket.replace('-', '–')} ngày làm việc" for bucket in BUCKETS}
STANDINGS: Mapping[str, str] = {
    Standing.OVERDUE: "Quá hạn",
    Standing.DUE_SOON_1: "Sắp đến hạn, rất gấp",
    Standing.DUE_SOON_2: "Sắp đến hạn, gấp",
    Standing.DUE_SOON_3: "Sắp đến hạn",
    Standing.RUNNING: "Đang xử lý, còn hạn",
    Standing.WAITING: "Chờ người dân",
    Standing.UNACCEPTED: "Chưa tiếp nhận, đã quá thời hạn",
    Standing.REGISTERED: "Mới đăng ký, chờ tiếp nhận",
    Standing.EARLY: "Xong trước hạn",
    Standing.ON_TIME: "Xong đúng hạn",
    Standing.LATE: "Xong trễ hạn",
    Standing.ENTERED_LATE: "Xong trong hạn, nhập muộn",
    Standing.REFUSED: "Kết thúc, không được tiếp nhận",
    Standing.UNMEASURED: "Đã xong, không có hạn để đánh giá",
}
"""The most urgent of the open ones first."""
STATUSES: Mapping[str, str] = {
    "1": "Mới đăng ký",
    "2": "Được tiếp nhận",
    "3": "Không được tiếp nhận",
    "4": "Đang xử lý",
    "5": "Yêu cầu bổ sung giấy tờ",
    "6": "Yêu cầu thực hiện nghĩa vụ tài chính",
    "7": "Công dân yêu cầu rút hồ sơ",
    "8": "Dừng xử lý",
    "9": "Đã xử lý xong",
    "10": "Đã trả kết quả",
}
