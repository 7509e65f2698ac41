"""How a dossier stands, in words, with a mark that is also told by its shape. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from dashboards.vietnamese import SEVERITY_MARKS


class Badge(NamedTuple):
    """`tone` is a class of paper.css: p2 to p4 as alarms have them, `good`, `plain` or `waiting`."""

    mark: str
    words: str
    tone: str


BADGES: Mapping[str, Badge] = {
    "overdue": Badge(SEVERITY_MARKS[2], "Quá hạn", "p2"),
    "unaccepted": Badge(SEVERITY_MARKS[3], "Chưa tiếp nhận, đã quá thời hạn", "p3"),
    "due_soon_1": Badge(SEVERITY_MARKS[3], "Sắp đến hạn, rất gấp", "p3"),
    "due_soon_2": Badge(SEVERITY_MARKS[4], "Sắp đến hạn, gấp", "p4"),
    "due_soon_3": Badge(SEVERITY_MARKS[4], "Sắp đến hạn", "p4"),
    "waiting": Badge("‖", "Chờ người dân", "waiting"),
    "registered": Badge("○", "Mới đăng ký, chờ tiếp nhận", "plain"),
    "running": Badge("○", "Đang xử lý, còn hạn", "plain"),
    "early": Badge("✓", "Xong trước hạn", "good"),
    "on_time": Badge("✓", "Xong đúng hạn", "good"),
    "late": Badge(SEVERITY_MARKS[2], "Xong trễ hạn", "p2"),
    "entered_late": Badge("✓", "Xong trong hạn, nhập muộn", "good"),
    "refused": Badge("–", "Kết thúc, không được tiếp nhận", "plain"),
    "unmeasured": Badge("–", "Đã xong, không có hạn để đánh giá", "plain"),
}

STATUS_NAMES: Mapping[int, str] = {
    1: "Mới đăng ký",
    2: "Được tiếp nhận",
    3: "Không được tiếp nhận",
    4: "Đang xử lý",
    5: "Yêu cầu bổ sung giấy tờ",
    6: "Yêu cầu thực hiện nghĩa vụ tài chính",
    7: "Công dân yêu cầu rút hồ sơ",
    8: "Dừng xử lý",
    9: "Đã xử lý xong",
    10: "Đã trả kết quả",
}
CHANNEL_NAMES: Mapping[str, str] = {"counter": "trực tiếp", "online": "trực tuyến", "post": "bưu chính"}


def badge(standing: str) -> Badge:
    """Return the badge of a standing; an unknown one is told as it is."""
    return BADGES.get(standing, Badge("○", standing, "plain"))


def status_name(status: int) -> str:
    """Return the national protocol's name of a status."""
    return STATUS_NAMES.get(status, f"trạng thái {status}")
