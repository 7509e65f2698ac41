"""What matters about a dossier now, in one or two sentences. Pure."""

from datetime import datetime

from dashboards.dossiers.models import Dossier, DossierDetail, Step
from dashboards.vietnamese import age, day_and_time, working_time

RUNNING = frozenset({"running", "due_soon_1", "due_soon_2", "due_soon_3"})


def so_what(dossier: DossierDetail, now: datetime) -> str:
    """Return where a dossier stands and who has it, to be read in a few seconds."""
    return " ".join(filter(None, (_standing(dossier, now), _holder(dossier))))


def _standing(dossier: DossierDetail, now: datetime) -> str:
    standing, left = dossier.standing, dossier.working_seconds_left
    if standing == "overdue" and dossier.late_at is not None:
        return f"Quá hạn {_lateness(dossier, now)}, từ {day_and_time(dossier.late_at)}.{_second_request(dossier)}"
    if standing in RUNNING and dossier.late_at is not None and left is not None:
        return f"Còn {working_time(left)} làm việc, phải trả trước {day_and_time(dossier.late_at)}."
    if standing in RUNNING:
        return "Đang xử lý; không có ngày hẹn trả và thủ tục chưa có thời hạn nên không tính được hạn."
    if standing == "waiting" and dossier.waiting_since is not None:
        return f"Chờ người dân từ {day_and_time(dossier.waiting_since)}, đã {age(now - dossier.waiting_since)}."
    if dossier.accept_by is not None and standing == "unaccepted":
        return (
            f"Nộp trực tuyến nhưng chưa ai tiếp nhận; phải tiếp nhận trước {day_and_time(dossier.accept_by)}, "
            f"đã quá {age(now - dossier.accept_by)}."
        )
    if standing == "registered":
        by = "" if dossier.accept_by is None else f"; phải tiếp nhận trước {day_and_time(dossier.accept_by)}"
        return f"Mới đăng ký, chưa được tiếp nhận{by}."
    return _ended(dossier)


def _lateness(dossier: Dossier, now: datetime) -> str:
    if dossier.working_seconds_left is not None and dossier.working_seconds_left < 0:
        return f"{working_time(dossier.working_seconds_left)} làm việc"
    return "" if dossier.late_at is None else age(now - dossier.late_at)


def _second_request(dossier: Dossier) -> str:
    if dossier.requests < 2:
        return ""
    return f" Đã yêu cầu bổ sung {dossier.requests} lần: từ lần thứ hai trở đi bị tính là quá hạn."


def _ended(dossier: DossierDetail) -> str:
    if dossier.ended_at is None:
        return ""
    ended = f"Kết thúc lúc {day_and_time(dossier.ended_at)}"
    if dossier.standing == "refused":
        return f"{ended}, chưa từng được tiếp nhận nên không tính vào tỷ lệ đúng hạn."
    if dossier.deadline_at is None:
        return f"{ended}; không có hạn để so sánh."
    term = day_and_time(dossier.deadline_at)
    if dossier.standing == "entered_late" and dossier.entered_at is not None:
        return (
            f"{ended}, trong hạn {term}, nhưng đến {day_and_time(dossier.entered_at)} hệ thống mới ghi nhận: "
            "quá hạn do nhập muộn, không phải quá hạn thực tế."
        )
    if dossier.standing == "late":
        late = dossier.ended_at - dossier.deadline_at
        by = f", muộn {age(late)}" if late.total_seconds() >= 60 else ""
        return f"{ended}{by} so với hạn {term}: quá hạn thực tế.{_second_request(dossier)}"
    if dossier.standing == "early":
        return f"{ended}, sớm {age(dossier.deadline_at - dossier.ended_at)} so với hạn {term}."
    return f"{ended}, hạn {term}."


def _holder(dossier: DossierDetail) -> str:
    step = current(dossier)
    if step is None:
        return ""
    spent = "" if step.working_seconds is None else f", đã {working_time(step.working_seconds)} làm việc ở bước này"
    return f"Hiện ở {who(step)} từ {day_and_time(step.since)}{spent}."


def current(dossier: DossierDetail) -> Step | None:
    """Return the step that runs; None of an ended dossier."""
    return next((step for step in reversed(dossier.steps) if step.until is None), None)


def who(step: Step) -> str:
    """Return who had it: unit and department."""
    return " · ".join(filter(None, (step.unit_name, step.department))) or "đơn vị chưa rõ"
