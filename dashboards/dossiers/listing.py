"""Lists of dossiers in words, the most urgent first, each with a link to its page. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from dashboards.dossiers.models import Dossier
from dashboards.dossiers.sentence import RUNNING
from dashboards.dossiers.standing import Badge, badge
from dashboards.links import DOSSIER, link
from dashboards.templates import template
from dashboards.vietnamese import NOTHING, age, day_and_time, working_time


class Choice(NamedTuple):
    """A list that can be asked for: by any of these standings."""

    id: str
    name: str
    standings: tuple[str, ...]


CHOICES = (
    Choice("overdue", "Quá hạn", ("overdue",)),
    Choice("soon", "Sắp đến hạn", ("due_soon_1", "due_soon_2", "due_soon_3")),
    Choice("unaccepted", "Chưa tiếp nhận", ("unaccepted",)),
    Choice("waiting", "Chờ người dân", ("waiting",)),
    Choice("running", "Còn hạn", ("running", "registered")),
)


class Row(NamedTuple):
    """One dossier of a list."""

    code: str
    address: str
    badge: Badge
    urgency: str
    instant: str
    unit: str
    department: str
    procedure: str
    filed: str


def choice(name: str | None) -> Choice:
    """Return the list of that id; of an unknown one the first."""
    return next((one for one in CHOICES if one.id == name), CHOICES[0])


def render(dossiers: Iterable[Dossier], now: datetime, *, rest: str, nothing: str) -> str:
    """Return the list; `rest` is said below it, `nothing` of an empty one. All text is escaped."""
    return template("dossiers/listing.html.j2").render(
        rows=[row(dossier, now) for dossier in dossiers], rest=rest, nothing=nothing
    )


def row(dossier: Dossier, now: datetime) -> Row:
    """Return a dossier in words."""
    return Row(
        code=dossier.code,
        address=link(DOSSIER, code=dossier.code),
        badge=badge(dossier.standing),
        urgency=urgency(dossier, now),
        instant=instant(dossier),
        unit=dossier.unit_name,
        department=dossier.step_department or "",
        procedure=dossier.procedure_name or "chưa rõ",
        filed=NOTHING if dossier.filed_at is None else day_and_time(dossier.filed_at),
    )


def urgency(dossier: Dossier, now: datetime) -> str:
    """Return how long is left, or it has been too late or waited for; of an ended one, when it ended."""
    left = dossier.working_seconds_left
    if dossier.standing == "overdue" and left is not None:
        return f"quá {working_time(left)} làm việc"
    if dossier.standing in RUNNING and left is not None:
        return f"còn {working_time(left)} làm việc"
    if dossier.standing == "waiting" and dossier.waiting_since is not None:
        return f"đã chờ {age(now - dossier.waiting_since)}"
    if dossier.standing in {"unaccepted", "registered"} and dossier.filed_at is not None:
        return f"nộp đã {age(now - dossier.filed_at)}"
    return "" if dossier.ended_at is None else f"xong {day_and_time(dossier.ended_at)}"


def instant(dossier: Dossier) -> str:
    """Return the instant that decides: after which it is, or became, overdue; else its term."""
    moments = (dossier.late_at, dossier.deadline_at)
    return next((day_and_time(moment) for moment in moments if moment is not None), NOTHING)
