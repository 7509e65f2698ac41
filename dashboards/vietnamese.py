"""How numbers, times and the centre's codes read in Vietnamese; pure."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NOTHING = "—"

SEVERITY_NAMES: Mapping[int, str] = {1: "Khẩn cấp", 2: "Cao", 3: "Trung bình", 4: "Thấp"}
SEVERITY_MARKS: Mapping[int, str] = {1: "■", 2: "▲", 3: "◆", 4: "●"}
STATE_NAMES: Mapping[str, str] = {
    "pending": "chờ xác nhận",
    "firing": "đang mở",
    "closed": "đã đóng",
    "resolved": "đã kết thúc",
}
HISTORY_NAMES: Mapping[str, str] = {
    "pending": "Điều kiện bắt đầu đúng",
    "firing": "Phát cảnh báo",
    "resolved": "Kết thúc",
    "severity_changed": "Đổi mức",
    "acknowledged": "Đã nhận xử lý",
    "unacknowledged": "Thôi nhận xử lý",
    "ack_expired": "Hết thời gian nhận xử lý",
    "assigned": "Giao việc",
    "commented": "Ghi chú",
    "snoozed": "Tạm hoãn",
    "unsnoozed": "Hết tạm hoãn",
    "closed": "Đóng bằng tay",
    "reopened": "Mở lại",
    "muted": "Tắt báo",
    "unmuted": "Thôi tắt báo",
    "escalated": "Gọi theo quy trình",
    "escalation_stopped": "Thôi gọi",
    "digest": "Gọi bằng tin gộp",
    "flapping": "Chập chờn",
    "storm": "Bão cảnh báo",
    "way_failed": "Một cách liên hệ không tới được",
    "notified": "Đã gửi tin báo",
    "notification_failed": "Không gửi được tin báo",
}
MUTE_NAMES: Mapping[str, str] = {
    "silence": "Tắt báo",
    "maintenance": "Đang bảo trì",
    "inhibited": "Đã có cảnh báo khác nói thay",
    "dependency": "Hệ thống phụ thuộc đang hỏng",
    "flapping": "Chập chờn",
    "storm": "Nguồn dữ liệu im lặng",
}
SOURCE_STATES: Mapping[str, str] = {
    "alive": "hoạt động",
    "late": "chậm",
    "silent": "im lặng",
    "never": "chưa gửi lần nào",
}
ROLE_NAMES: Mapping[str, str] = {
    "viewer": "người xem",
    "operator": "trực ban",
    "on-call": "trực xử lý",
    "leader": "lãnh đạo",
    "admin": "quản trị",
}
ENGINE = "engine"

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$^=])")


def number(value: float | None, decimals: int = 0) -> str:
    """Return 12345.678 with two decimals as `12.345,68`; a dash when there is no value."""
    if value is None:
        return NOTHING
    text = f"{abs(value):,.{decimals}f}".translate(str.maketrans(",.", ".,"))
    return f"−{text}" if value < 0 and any(digit in text for digit in "123456789") else text


def signed(value: float, decimals: int = 0) -> str:
    """Return a difference with its sign: `+12`, `−3,5`; zero has none."""
    text = number(value, decimals)
    positive = value > 0 and any(digit in text for digit in "123456789")
    return f"+{text}" if positive else text


def clock(moment: datetime) -> str:
    """Return the time of day in the province: `07:42:18`."""
    return moment.astimezone(ZONE).strftime("%H:%M:%S")


def day_and_time(moment: datetime) -> str:
    """Return day and time in the province: `21/11/2026 07:42`."""
    return moment.astimezone(ZONE).strftime("%d/%m/%Y %H:%M")


def beginning(moment: datetime, now: datetime) -> str:
    """Return `07:42` for a moment of today, else `19/11 07:42`."""
    local = moment.astimezone(ZONE)
    return local.strftime("%H:%M" if local.date() == now.astimezone(ZONE).date() else "%d/%m %H:%M")


def age(past: timedelta) -> str:
    """Return a length of time by its largest unit: `48 giây`, `14 phút`, `5 giờ`, `3 ngày`."""
    seconds = max(0, int(past.total_seconds()))
    if seconds < 120:
        return f"{seconds} giây"
    if seconds < 7200:
        return f"{seconds // 60} phút"
    if seconds < 172_800:
        return f"{seconds // 3600} giờ"
    return f"{seconds // 86_400} ngày"


def working_time(seconds: float) -> str:
    """Return a length of working time by its two largest units, whatever its sign: `2 ngày 4 giờ`, `35 phút`.

    A working day has eight hours, as the terms of procedures count it.
    """
    minutes = int(abs(seconds) // 60)
    days, hours, rest = minutes // 480, minutes % 480 // 60, minutes % 60
    parts = [(days, "ngày"), (hours, "giờ"), (rest, "phút")]
    first = next((index for index, (count, _) in enumerate(parts) if count), None)
    if first is None:
        return "dưới 1 phút"
    return " ".join(f"{number(count)} {name}" for count, name in parts[first : first + 2] if count)


def day_and_time_between(since: datetime, until: datetime) -> str:
    """Return a stretch of time in the province; the day is named once when it is the same."""
    first, last = since.astimezone(ZONE), until.astimezone(ZONE)
    if first.date() == last.date():
        return f"{first:%d/%m/%Y %H:%M} – {last:%H:%M}"
    return f"{first:%d/%m/%Y %H:%M} – {last:%d/%m/%Y %H:%M}"


def plain_markdown(text: str) -> str:
    """Return text that Markdown shows as it is: what sources say never becomes a link, an image or a heading."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
