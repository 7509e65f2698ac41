"""The tables that lists are exported as: their columns, in Vietnamese."""

from ioc_api import words as said
from ioc_api.export import Table, day, flag, hours, instant, number, text, whole_number, words

_STATES = {"pending": "Đang chờ", "firing": "Đang cảnh báo", "resolved": "Đã hết"}
_FRESHNESS = {"alive": "Hoạt động", "late": "Chậm", "silent": "Im lặng", "never": "Chưa gửi lần nào"}
_KINDS = {"province": "Tỉnh", "department": "Sở, ban, ngành", "district": "Huyện", "commune": "Xã, phường"}
_STATUSES = {int(status): name for status, name in said.STATUSES.items()}

DOSSIERS = Table(
    "ho-so",
    "Hồ sơ",
    (
        text("Mã hồ sơ", "code"),
        words("Tình trạng", "standing", said.STANDINGS),
        words("Trạng thái", "status", _STATUSES),
        text("Mã đơn vị giải quyết", "unit"),
        text("Đơn vị giải quyết", "unit_name"),
        text("Đơn vị tiếp nhận", "receiving_unit_name"),
        text("Mã thủ tục", "procedure_code"),
        text("Thủ tục", "procedure_name", long=True),
        text("Lĩnh vực", "field_name"),
        words("Kênh nộp", "channel", said.CHANNELS),
        instant("Ngày tiếp nhận", "filed_at"),
        instant("Ngày hẹn trả", "due_at"),
        instant("Hạn giải quyết (đã cộng thời gian chờ)", "deadline_at"),
        instant("Quá hạn từ", "late_at"),
        hours("Giờ làm việc còn lại", "working_seconds_left"),
        instant("Kết thúc xử lý", "ended_at"),
        words("Kết quả về hạn", "lateness", said.LATENESS),
        flag("Quá hạn do nhập muộn", "entered_late"),
        whole_number("Số lần yêu cầu bổ sung", "requests"),
        instant("Chờ người dân từ", "waiting_since"),
        text("Bộ phận đang giữ", "step_department"),
        instant("Cập nhật lúc", "told_at"),
    ),
)

_ENDINGS = {1: said.LATENESS["early"], 2: said.LATENESS["on_time"], 3: said.LATENESS["late"]}
_CHANNELS = {1: said.CHANNELS["counter"], 2: said.CHANNELS["online"], 3: said.CHANNELS["post"]}

BEHIND_DOSSIERS = Table(
    "ho-so-cua-chi-so",
    "Hồ sơ của chỉ số",
    (
        text("Mã hồ sơ", "code"),
        text("Mã đơn vị giải quyết", "unit"),
        text("Đơn vị giải quyết", "unit_name"),
        text("Mã thủ tục", "procedure_code"),
        text("Thủ tục", "procedure_name", long=True),
        words("Trạng thái", "status", _STATUSES),
        words("Kênh nộp", "channel", _CHANNELS),
        instant("Ngày tiếp nhận", "filed_at"),
        instant("Ngày hẹn trả", "due_at"),
        instant("Hạn giải quyết (đã cộng thời gian chờ)", "deadline_at"),
        instant("Kết thúc xử lý", "ended_at"),
        words("Kết quả về hạn", "lateness", _ENDINGS),
        whole_number("Số lần yêu cầu bổ sung", "requests"),
        whole_number("Phí, lệ phí (đồng)", "fee_vnd"),
        flag("Thanh toán trực tuyến", "paid_online"),
        flag("Kết quả điện tử", "electronic_result"),
        flag("Giấy tờ được số hóa", "papers_digitised"),
        flag("Dùng lại giấy tờ đã số hóa", "papers_reused"),
        flag("Giấy tờ từ kho dữ liệu", "papers_from_store"),
        flag("Dùng dữ liệu dân cư", "population_data"),
    ),
)

BEHIND_PROCEDURES = Table(
    "thu-tuc-cua-chi-so",
    "Thủ tục của chỉ số",
    (
        text("Mã thủ tục", "code"),
        text("Thủ tục", "name", long=True),
        words("Cấp", "level", said.LEVELS),
        words("Dịch vụ công trực tuyến", "service_mode", said.SERVICE_MODES),
        whole_number("Phí, lệ phí (đồng)", "fee_vnd"),
        text("Sở phụ trách", "department"),
        day("Ngày quyết định", "decided_on"),
        day("Ngày hiệu lực", "effective_on"),
        day("Ngày công khai", "published_on"),
    ),
)

SUMMARY = Table(
    "tong-hop-ho-so",
    "Tổng hợp hồ sơ",
    (
        text("Mã", "key"),
        text("Tên", "name", long=True),
        whole_number("Tiếp nhận trong kỳ", "received"),
        whole_number("Đã giải quyết trong kỳ", "resolved"),
        whole_number("Trong đó có thời hạn", "measured"),
        whole_number("Đúng và trước hạn", "on_time"),
        whole_number("Trong đó trước hạn", "early"),
        whole_number("Trễ hạn", "late"),
        whole_number("Đúng hạn nhưng nhập muộn", "entered_late"),
        whole_number("Đang giải quyết", "open"),
        whole_number("Quá hạn", "overdue"),
        whole_number("Sắp đến hạn, rất gấp", "due_soon_1"),
        whole_number("Sắp đến hạn, gấp", "due_soon_2"),
        whole_number("Sắp đến hạn", "due_soon_3"),
        whole_number("Chờ người dân", "waiting"),
        whole_number("Chưa tiếp nhận, đã quá thời hạn", "unaccepted"),
        number("Giờ làm việc xử lý, trung vị", "median_working_hours"),
        number("Giờ làm việc xử lý, 90 %", "p90_working_hours"),
    ),
)

ALERTS = Table(
    "canh-bao",
    "Cảnh báo",
    (
        whole_number("Số", "id"),
        whole_number("Mức (P)", "severity"),
        words("Tình trạng", "state", _STATES),
        text("Quy tắc", "rule"),
        text("Mã đơn vị", "unit"),
        text("Đơn vị", "unit_name"),
        text("Nội dung", "summary", long=True),
        number("Giá trị", "value"),
        instant("Phát hiện", "pending_at"),
        instant("Bắt đầu cảnh báo", "firing_at"),
        instant("Hết", "resolved_at"),
        text("Người xác nhận", "acknowledged_by"),
        instant("Xác nhận lúc", "acknowledged_at"),
        text("Nhãn", "labels", long=True),
    ),
)

UNITS = Table(
    "don-vi",
    "Đơn vị",
    (
        text("Mã", "code"),
        words("Loại", "kind", _KINDS),
        text("Tên", "name", long=True),
        text("Đơn vị cấp trên", "parent"),
        flag("Đang hoạt động", "current"),
        whole_number("Đang giải quyết", "open"),
        whole_number("Quá hạn", "overdue"),
        whole_number("Sắp đến hạn, rất gấp", "due_soon_1"),
        whole_number("Sắp đến hạn, gấp", "due_soon_2"),
        whole_number("Sắp đến hạn", "due_soon_3"),
        whole_number("Chờ người dân", "waiting"),
        whole_number("Chưa tiếp nhận, đã quá thời hạn", "unaccepted"),
        whole_number("Tiếp nhận hôm nay", "received_today"),
        whole_number("Kết thúc hôm nay", "ended_today"),
        whole_number("Kết thúc trong tháng, có thời hạn", "measured_month"),
        whole_number("Trong đó đúng và trước hạn", "on_time_month"),
        instant("Hồ sơ mới nhất lúc", "last_event_at"),
        whole_number("Mức cảnh báo cao nhất (P)", "severity"),
    ),
)

UNMAPPED = Table(
    "chua-anh-xa",
    "Chưa ánh xạ",
    (
        words("Loại", "kind", {"unit": "Đơn vị", "procedure": "Thủ tục"}),
        text("Nguồn ghi", "text", long=True),
        text("Tên kèm theo", "name", long=True),
        text("Nguồn dữ liệu", "sources"),
        whole_number("Số hồ sơ", "dossiers"),
        whole_number("Đang giải quyết", "open"),
        instant("Tiếp nhận đầu tiên", "first_filed_at"),
        instant("Tiếp nhận gần nhất", "last_filed_at"),
        instant("Cập nhật lúc", "last_told_at"),
    ),
)

SECURITY_EVENTS = Table(
    "su-kien-an-toan",
    "Sự kiện an toàn thông tin",
    (
        instant("Xảy ra lúc", "observed_at"),
        whole_number("Mức độ (0–100)", "event_severity"),
        text("Loại", "event_category"),
        text("Hành động", "event_action"),
        text("Kết quả", "event_outcome"),
        text("Nội dung", "message", long=True),
        text("Nguồn dữ liệu", "source"),
        text("Máy chủ", "host_name"),
        text("Địa chỉ nguồn", "source_ip"),
        text("Người dùng", "user_name"),
        text("Luật phát hiện", "rule_name"),
        text("Tiến trình", "process_name"),
        text("Mã đơn vị", "unit"),
        text("Hệ thống", "system"),
        instant("Nhận lúc", "received_at"),
    ),
)

SERIES = Table(
    "chuoi-so-lieu",
    "Chuỗi số liệu",
    (
        whole_number("Số", "id"),
        text("Nguồn dữ liệu", "source"),
        text("Chỉ số", "metric"),
        text("Nhãn", "labels", long=True),
        number("Giá trị mới nhất", "value"),
        instant("Đo lúc", "time"),
    ),
)

SOURCES = Table(
    "nguon-du-lieu",
    "Nguồn dữ liệu",
    (
        text("Nguồn", "source"),
        text("Tên", "title", long=True),
        text("Loại", "kind"),
        words("Tình trạng", "state", _FRESHNESS),
        text("Mã đơn vị", "unit"),
        text("Hệ thống", "system"),
        instant("Lần cuối nhận", "last_seen_at"),
        hours("Im lặng (giờ)", "silent_seconds"),
        whole_number("Số sự kiện", "events_total"),
        whole_number("Số bị từ chối", "rejected_total"),
    ),
)

REJECTED = Table(
    "bi-tu-choi",
    "Dữ liệu bị từ chối",
    (
        instant("Nhận lúc", "received_at"),
        text("Nguồn", "source"),
        text("Cổng nhận", "port"),
        text("Lý do", "reason"),
        text("Chi tiết", "detail", long=True),
        whole_number("Số byte", "size"),
        text("Nội dung đầu", "preview", long=True),
    ),
)
