"""A dossier as its page shows it: badge, facts, the history step by step. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from dashboards.dossiers.models import DossierDetail, Step, Supplement
from dashboards.dossiers.sentence import so_what, who
from dashboards.dossiers.standing import CHANNEL_NAMES, badge, status_name
from dashboards.links import DOSSIER, link
from dashboards.templates import template
from dashboards.vietnamese import NOTHING, age, day_and_time, day_and_time_between, number, working_time

TOLD_LATE = timedelta(minutes=30)
"""A step that began after the centre knew of the dossier, and was told of later than this, was told late."""
ARRIVALS = {
    "late": "tin đến muộn, sau tin của bước sau",
    "correction": "đính chính: nói khác với tin đã nhận trước đó",
}
WAITING = frozenset({"supplement", "fee"})
MOMENTS = frozenset({"ended", "after"})


class Line(NamedTuple):
    """One step in words; `tone` is a class of paper.css: waiting, current or nothing."""

    what: str
    took: str
    who: str
    span: str
    notes: tuple[str, ...]
    tone: str


def render(dossier: DossierDetail, now: datetime, back: str = "") -> str:
    """Return the page of a dossier; `back`: the address of the list that it was opened from. All text is escaped."""
    return template("dossiers/dossier.html.j2").render(
        code=dossier.code,
        badge=badge(dossier.standing),
        procedure=" · ".join(filter(None, (dossier.procedure_name, dossier.field_name))) or "thủ tục chưa rõ",
        so_what=so_what(dossier, now),
        facts=facts(dossier, now),
        steps=[line(step, dossier.first_told_at) for step in without_repeats(dossier.steps)],
        supplements=supplements(dossier.supplements),
        attributes=attributes(dossier),
        back=back or link(DOSSIER),
        made_at=day_and_time(now),
    )


def facts(dossier: DossierDetail, now: datetime) -> list[tuple[str, str]]:
    """Return the instants that decide, as pairs of words; what isn't known is left out."""
    waited = f"{age(timedelta(seconds=dossier.waited_seconds))}" if dossier.waited_seconds >= 60 else ""
    rows = [
        ("Đơn vị giải quyết", dossier.unit_name),
        ("Kênh nộp", CHANNEL_NAMES.get(dossier.channel or "", "")),
        ("Nộp lúc", _at(dossier.filed_at)),
        ("Ngày hẹn trả", _at(dossier.due_at)),
        ("Hạn, đã cộng thời gian chờ người dân", _at(dossier.deadline_at)),
        ("Thành quá hạn sau", _at(dossier.late_at) if dossier.ended_at is None else ""),
        ("Thời gian làm việc còn lại", _left(dossier)),
        ("Đã chờ người dân bổ sung (được trừ)", waited),
        ("Số lần yêu cầu bổ sung", number(dossier.requests) if dossier.requests else ""),
        ("Kết quả thực tế", _at(dossier.ended_at)),
        ("Hệ thống ghi nhận kết quả", _entered(dossier)),
        ("Trạng thái theo một cửa", status_name(dossier.status)),
        ("Trung tâm biết hồ sơ từ", _at(dossier.first_told_at)),
        ("Nhận tin mới nhất", f"{_at(dossier.told_at)}, {age(now - dossier.told_at)} trước"),
    ]
    return [(name, text) for name, text in rows if text]


def _left(dossier: DossierDetail) -> str:
    left = dossier.working_seconds_left
    if left is None or dossier.ended_at is not None:
        return ""
    return f"{working_time(left)} làm việc" if left >= 0 else f"đã quá {working_time(left)} làm việc"


def _entered(dossier: DossierDetail) -> str:
    if dossier.ended_at is None or dossier.entered_at is None:
        return ""
    lag = dossier.entered_at - dossier.ended_at
    return f"{_at(dossier.entered_at)}, {'ngay lúc đó' if lag < TOLD_LATE else f'{age(lag)} sau'}"


def _at(moment: datetime | None) -> str:
    return "" if moment is None else day_and_time(moment)


def without_repeats(steps: Iterable[Step]) -> list[Step]:
    """Return the steps; of moments that say the same within a minute (a record and its step) the last one."""
    found: list[Step] = []
    for step in steps:
        before = found[-1] if found else None
        if (
            before is not None
            and before.kind == step.kind == "after"
            and before.status == step.status
            and step.since - before.since < timedelta(minutes=1)
        ):
            found.pop()
        found.append(step)
    return found


def line(step: Step, first_told_at: datetime) -> Line:
    """Return a step in words: who had it, from when to when, how long in working time, and what is odd about it.

    `first_told_at`: when the centre was first told of the dossier; of what was before, nobody was late to tell.
    """
    running, moment = step.until is None, step.kind in MOMENTS
    if step.until is None:
        span = f"từ {day_and_time(step.since)} đến nay"
    else:
        span = day_and_time(step.since) if moment else day_and_time_between(step.since, step.until)
    took = "" if moment or step.working_seconds is None else f"{working_time(step.working_seconds)} làm việc"
    return Line(
        what=_what(step),
        took=took,
        who=who(step),
        span=span,
        notes=tuple(_notes(step, first_told_at)),
        tone=" ".join(filter(None, ("waiting" if step.kind in WAITING else "", "current" if running else ""))),
    )


def _what(step: Step) -> str:
    words = "Chưa có tin" if step.status is None else status_name(step.status)
    if step.kind == "ended":
        return f"Kết thúc: {words[0].lower()}{words[1:]}"
    return words


def _notes(step: Step, first_told_at: datetime) -> Iterable[str]:
    if step.kind == "supplement":
        waited = age(timedelta(seconds=step.elapsed_seconds))
        yield f"chờ người dân bổ sung {waited}, được trừ khỏi thời gian giải quyết"
    elif step.kind == "fee":
        yield "chờ người dân nộp phí, lệ phí; thời gian này không được trừ"
    elif step.kind == "closed":
        yield "đã kết thúc, sau đó được mở lại để xử lý tiếp"
    lag = step.told_at - step.since
    if lag >= TOLD_LATE and step.since >= first_told_at:
        yield f"hệ thống ghi nhận lúc {day_and_time(step.told_at)}, {age(lag)} sau thời điểm thực tế"
    if step.arrival == "correction" or (step.arrival == "late" and step.since >= first_told_at):
        yield ARRIVALS[step.arrival]


def supplements(requests: Sequence[Supplement]) -> list[tuple[str, str, str, str]]:
    """Return the requests for papers: asked, papers came, due before and after."""
    return [
        (
            _at(request.requested_at) or NOTHING,
            _at(request.received_at) or "chưa bổ sung",
            _at(request.due_before) or NOTHING,
            _at(request.due_after) or NOTHING,
        )
        for request in requests
    ]


def attributes(dossier: DossierDetail) -> list[tuple[str, str]]:
    """Return what the record says for the scoreboard; what it doesn't say is told as such."""
    said = [
        ("Kết quả điện tử", dossier.electronic_result),
        ("Giấy tờ được số hóa", dossier.papers_digitised),
        ("Dùng lại giấy tờ đã số hóa", dossier.papers_reused),
        ("Giấy tờ từ kho dữ liệu", dossier.papers_from_store),
        ("Dùng dữ liệu dân cư", dossier.population_data),
        ("Thanh toán trực tuyến", dossier.paid_online),
    ]
    words = {True: "có", False: "không", None: "nguồn không nói"}
    rows = [(name, words[value]) for name, value in said]
    fee = "nguồn không nói" if dossier.fee_vnd is None else f"{number(dossier.fee_vnd)} đồng"
    return [*rows, ("Phí, lệ phí", fee)]
