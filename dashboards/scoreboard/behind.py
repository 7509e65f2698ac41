"""What is behind a lost point: the dossiers or procedures, each with why it doesn't count, as lists. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from dashboards.dossiers.standing import status_name
from dashboards.links import DOSSIER, link
from dashboards.scoreboard.asked import Asked
from dashboards.scoreboard.models import BehindDossier, BehindProcedure, Indicator, UnitScore
from dashboards.scoreboard.words import counted, shown_id
from dashboards.templates import template
from dashboards.vietnamese import NOTHING, day_and_time, number

LATE = 3
IN_TIME = frozenset({"2.1", "5.4"})
CHANNELS = {1: "trực tiếp", 2: "trực tuyến", 3: "bưu chính"}
LEVELS = {"province": "cấp tỉnh", "district": "cấp huyện", "commune": "cấp xã"}


class Heading(NamedTuple):
    """What a list is of."""

    title: str
    note: str
    back: str


class DossierRow(NamedTuple):
    """A dossier that costs points."""

    code: str
    address: str
    unit: str
    procedure: str
    filed: str
    term: str
    ended: str
    why: str


class ProcedureRow(NamedTuple):
    """A procedure that costs points."""

    code: str
    name: str
    level: str
    department: str
    decided: str
    effective: str
    published: str
    fee: str


def heading(score: UnitScore, indicator: Indicator, asked: Asked, *, shown: int, more: bool) -> Heading:
    """Return what a list is of; `more`: it goes on beyond the `shown` ones."""
    words = counted(indicator.id)
    missing = max((indicator.denominator or 0) - (indicator.numerator or 0), 0)
    note = (
        f"{score.line.name}: mất {number(indicator.lost, 2)}/{number(indicator.maximum)} điểm, "
        f"{number(missing)} {words.missing} trong {number(indicator.denominator)} {words.all}."
    )
    if more:
        note += f" Đang hiện {number(shown)} mục đầu."
    if score.closed is not None:
        note += " Số điểm đã chốt; danh sách là của hiện nay nên có thể khác."
    return Heading(f"{shown_id(indicator.id)} {indicator.name}", note, asked.address(indicator=""))


def render_dossiers(head: Heading, indicator: str, dossiers: Iterable[BehindDossier], until: datetime) -> str:
    """Return the list of dossiers; `until`: the end of what counts. All text is escaped."""
    rows = [dossier_row(indicator, dossier, until) for dossier in dossiers]
    return template("scoreboard/behind_dossiers.html.j2").render(head=head, rows=rows)


def render_procedures(head: Heading, procedures: Sequence[BehindProcedure]) -> str:
    """Return the list of procedures. All text is escaped."""
    rows = [procedure_row(procedure) for procedure in procedures]
    return template("scoreboard/behind_procedures.html.j2").render(head=head, rows=rows)


def dossier_row(indicator: str, dossier: BehindDossier, until: datetime) -> DossierRow:
    """Return a dossier in words."""
    return DossierRow(
        code=dossier.code,
        address=link(DOSSIER, code=dossier.code),
        unit=dossier.unit_name,
        procedure=dossier.procedure_name or "chưa rõ",
        filed=day_and_time(dossier.filed_at),
        term=NOTHING if dossier.deadline_at is None else day_and_time(dossier.deadline_at),
        ended="đang xử lý" if dossier.ended_at is None else day_and_time(dossier.ended_at),
        why=why(indicator, dossier, until),
    )


def why(indicator: str, dossier: BehindDossier, until: datetime) -> str:
    """Return why a dossier doesn't count."""
    if indicator not in IN_TIME:
        return _why_without(indicator, dossier)
    if dossier.requests > 1:
        return f"yêu cầu bổ sung {number(dossier.requests)} lần"
    if dossier.ended_at is not None and dossier.ended_at < until:
        return "xong trễ hạn" if dossier.lateness == LATE else "xong nhưng không có hạn để so sánh"
    return "quá hạn, chưa xong"


def _why_without(indicator: str, dossier: BehindDossier) -> str:
    if indicator == "4.2" and dossier.papers_digitised:
        return "thiếu kết quả điện tử"
    if indicator in {"3.3", "3.full"}:
        channel = CHANNELS.get(dossier.channel or 0, "không rõ kênh")
        return f"nộp {channel}" if channel != CHANNELS[2] else "thiếu kết quả điện tử"
    return f"{counted(indicator).lacks}, {status_name(dossier.status).lower()}"


def procedure_row(procedure: BehindProcedure) -> ProcedureRow:
    """Return a procedure in words."""

    def day(value: object) -> str:
        return NOTHING if value is None else f"{value:%d/%m/%Y}"

    return ProcedureRow(
        code=procedure.code,
        name=procedure.name,
        level=LEVELS.get(procedure.level, procedure.level),
        department=procedure.department or NOTHING,
        decided=day(procedure.decided_on),
        effective=day(procedure.effective_on),
        published=day(procedure.published_on),
        fee=f"{number(procedure.fee_vnd)} đồng" if procedure.fee_vnd else "không thu phí",
    )
