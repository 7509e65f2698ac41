"""Vietnamese words of explanations: instants, durations, names of reasons and kinds. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

REASONS: Mapping[str, str] = {
    "first": "tin đầu tiên của nhóm",
    "new_alerts": "nhóm có cảnh báo mới",
    "severity_raised": "mức nặng thêm",
    "returned": "không còn ai giữ cảnh báo",
    "resolved": "cảnh báo đã hết",
    "repeat": "nhắc lại vì chưa ai nhận",
    "escalated": "chuyển cấp vì chưa ai nhận",
    "digest": "tin tổng hợp",
}
"""Of a message: why it was sent (alerts/grouping.py)."""
MUTES: Mapping[str, str] = {
    "silence": "đang tắt báo",
    "maintenance": "đang bảo trì",
    "inhibited": "đã có cảnh báo khác nói thay",
    "dependency": "hệ thống phụ thuộc đang hỏng",
    "flapping": "chập chờn",
    "storm": "nguồn dữ liệu im lặng",
}
STOPPED: Mapping[str, str] = {
    "acknowledged": "đã có người nhận",
    "snoozed": "đã tạm hoãn",
    "muted": "đã tắt tạm thời",
    "over": "cảnh báo đã hết",
    "returned": "gọi lại từ đầu",
    "policy_gone": "quy trình không còn trong cấu hình",
    "finished": "đã gọi hết các bước",
}
"""Why an escalation ended."""
STEPS: Mapping[str, str] = {
    "pending": "Điều kiện bắt đầu đúng, chờ đủ thời gian quy định",
    "firing": "Phát cảnh báo",
    "resolved": "Kết thúc",
    "severity_changed": "Đổi mức",
    "acknowledged": "Đã nhận xử lý",
    "unacknowledged": "Thôi nhận xử lý",
    "ack_expired": "Hết thời gian nhận xử lý, lại chưa ai giữ",
    "assigned": "Giao việc",
    "commented": "Ghi chú",
    "snoozed": "Tạm hoãn",
    "unsnoozed": "Hết tạm hoãn",
    "closed": "Đóng bằng tay",
    "reopened": "Mở lại",
    "muted": "Tắt báo",
    "unmuted": "Thôi tắt báo",
    "escalated": "Báo lên cấp sau",
    "escalation_stopped": "Thôi báo lên cấp sau",
    "digest": "Gộp vào tin tổng hợp",
    "flapping": "Chập chờn",
    "storm": "Bão cảnh báo",
    "way_failed": "Một cách liên lạc không dùng được",
    "no_data": "Nguồn không có số liệu",
    "forwarded": "Chuyển tiếp",
    "notified": "Tin đã tới nơi nhận",
    "notification_failed": "Tin không gửi được",
}
"""Kinds of history."""


class Clock:
    """Says instants by the clock of the province, briefly when they are of the day of `now`."""

    def __init__(self, zone: ZoneInfo, now: datetime) -> None:
        self._zone = zone
        self._today = now.astimezone(zone).date()
        self.now = now

    def at(self, instant: datetime) -> str:
        """`07:42:18`, or `07:42:18 ngày 19/11/2026` for another day."""
        local = instant.astimezone(self._zone)
        return local.strftime("%H:%M:%S" if local.date() == self._today else "%H:%M:%S ngày %d/%m/%Y")

    def until(self, instant: datetime | None) -> str:
        """`đến 07:42:18`, or nothing for no end."""
        return "" if instant is None else f", đến {self.at(instant)}"


def length(duration: timedelta | float) -> str:
    """Return a length of time by its two largest units: `0 giây`, `30 giây`, `1 giờ 30 phút`."""
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    if 0 < seconds < 1:
        return f"{round(seconds * 1000)} mili giây"
    rest = round(seconds)
    parts = []
    for size, name in ((86_400, "ngày"), (3600, "giờ"), (60, "phút"), (1, "giây")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 giây"


def labels(given: Mapping[str, str]) -> str:
    """Return labels as `alertname=SystemDown, unit=22015`; none: `tất cả`."""
    return ", ".join(f"{name}={value}" for name, value in given.items()) or "tất cả"
