"""One dossier as the API tells it, from its row and everything that was said of it. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import asdict, replace

from ioc_core.calendar import WorkingCalendar
from ioc_core.dossier import Dossier, Handling, Mark, arrivals, steps, story, timeline
from ioc_core.dossier.marks import at_of, short_id
from ioc_core.errors import InputError
from ioc_core.events import micros

Row = dict[str, Any]


def with_timeline(row: Row, dossier: Dossier, *, calendar: WorkingCalendar, now: datetime) -> Row:
    """Return the row with `steps`, `timeline` and the entry lag, in place of its `messages`."""
    messages: list[Row] = row["messages"]
    dossier = _with_marks(dossier, messages)
    handled = {
        short_id(message["content_id"]): Handling(
            message["unit"] or message["body"].get("receiving_unit"), message["step_department"]
        )
        for message in messages
    }
    found = steps(dossier, story(dossier), handled, calendar=calendar, now=now)
    rest = {name: value for name, value in row.items() if name != "messages"}
    return {
        **rest,
        "entry_lag_working_seconds": _entry_lag(row, calendar),
        "steps": [asdict(step) for step in found],
        "timeline": _timeline(dossier, messages),
    }


def units_of(detail: Row) -> set[str]:
    """Return the codes of the units in the steps of `with_timeline`."""
    return {step["unit"] for step in detail["steps"] if step["unit"] is not None}


def _timeline(dossier: Dossier, messages: Sequence[Row]) -> list[Row]:
    placed = timeline(dossier.marks)
    holds = {place.content: at_of(place.position) for place in placed}
    came = arrivals(dossier.marks, placed)
    told = []
    for message in messages:
        content = short_id(message["content_id"])
        told.append({**message, "holds_from": holds.get(content), "arrival": came.get(content)})
    return told


def _with_marks(dossier: Dossier, messages: Sequence[Row]) -> Dossier:
    """A row of before the clock has no marks until the writer makes them: what is kept of its messages stands in."""
    if dossier.marks:
        return dossier
    marks = [
        Mark(
            short_id(message["content_id"]),
            message["status"],
            message["record"],
            micros(message["observed_at"]),
            micros(message["received_at"]),
            micros(message["received_at"]),
        )
        for message in messages
    ]
    told = micros(dossier.told_at)
    last = Mark(short_id(dossier.content_id), int(dossier.status), True, micros(dossier.effective_at), told, told)
    return replace(dossier, marks=tuple(marks) or (last,))


def _entry_lag(row: Row, calendar: WorkingCalendar) -> int | None:
    if row["entered_at"] is None or row["ended_at"] is None:
        return None
    try:
        return calendar.working_seconds(row["ended_at"], row["entered_at"])
    except InputError:
        return None
