"""Closed months in words. Pure."""

from collections.abc import Iterable
from datetime import date

from dashboards.scoreboard.models import Closing
from dashboards.vietnamese import day_and_time

SYSTEM = "system"


def newest(closings: Iterable[Closing]) -> dict[str, Closing]:
    """Return the newest closing of each month; they come with the newest first."""
    found: dict[str, Closing] = {}
    for closing in closings:
        found.setdefault(closing.month, closing)
    return found


def holds(closing: Closing | None) -> bool:
    """Return whether a month is closed now."""
    return closing is not None and closing.reopened_at is None


def month_name(month: str, today: date, closing: Closing | None) -> str:
    """Return a month written `2026-10` for the chooser, with how its figures stand."""
    year, number = month.split("-")
    if (int(year), int(number)) == (today.year, today.month):
        return f"Tháng {number}/{year} · trực tiếp"
    state = "đã chốt" if holds(closing) else "đã mở lại" if closing is not None else "chưa chốt"
    return f"Tháng {number}/{year} · {state}"


def person(actor: str) -> str:
    """Return who closed or re-opened a month."""
    return "hệ thống" if actor.startswith(SYSTEM) else actor.removeprefix("user:")


def story(closings: Iterable[Closing], month: str) -> list[str]:
    """Return what was done with a month, the newest first."""
    said = []
    for closing in closings:
        if closing.month != month:
            continue
        if closing.reopened_at is not None:
            said.append(
                f"Mở lại {day_and_time(closing.reopened_at)}, {person(closing.reopened_by or '')}: "
                f"{closing.reopen_reason or ''}"
            )
        reason = f": {closing.reason}" if closing.reason else ""
        said.append(
            f"Chốt phiên bản {closing.version}, {day_and_time(closing.closed_at)}, {person(closing.closed_by)}{reason}"
        )
    return said
