"""Scoreboards as the API answers them: rounded, by rank, with what changed. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from ioc_api.scoreboard.board import Board, Comparison
from ioc_api.scoreboard.compose import USED
from ioc_api.scoreboard.definition import Version
from ioc_api.scoreboard.indicators import AnyIndicator
from ioc_api.scoreboard.scoring import Change, Line, Points, change, shown
from ioc_api.scoreboard.tree import Peers

OF_PROCEDURES = frozenset({"1.1", "1.2", "1.3", "3.1", "3.5a"}) | USED
OF_SERIES = frozenset({"5.2", "5.3"})
_ORDER = {peers: number for number, peers in enumerate(Peers)}


def version(held: Version) -> dict[str, Any]:
    """Return what scores a period."""
    return {
        "from": held.from_,
        "name": held.name,
        "maximum": held.maximum,
        "grades": [grade.model_dump() for grade in held.grades],
        "groups": [
            {
                "id": group.id,
                "name": group.name,
                "maximum": group.maximum,
                "indicators": [
                    {"id": it.id, "name": it.name, "maximum": it.maximum, "full_at": it.full_at, "fed_by": it.fed_by}
                    for it in group.indicators
                ],
            }
            for group in held.groups
        ],
    }


def heading(board: Board, yesterday: Comparison | None, previous: Comparison | None) -> dict[str, Any]:
    """Return what a board's answer begins with."""
    closing = board.closing
    return {
        "from": board.period.first,
        "to": board.period.last,
        "running": board.period.running,
        "made_at": board.made_at,
        "version": version(board.version),
        "closed": None
        if closing is None
        else {"version": closing.version, "at": closing.closed_at, "by": closing.closed_by, "reason": closing.reason},
        "yesterday": _compared(yesterday),
        "previous": _compared(previous),
    }


def _compared(with_: Comparison | None) -> dict[str, Any] | None:
    if with_ is None:
        return None
    return {"from": with_.board.period.first, "to": with_.board.period.last, "as_then": with_.as_then}


def lines(
    board: Board, yesterday: Comparison | None, previous: Comparison | None, *, seen: Callable[[Line], bool]
) -> list[dict[str, Any]]:
    """Return the lines that may be `seen`, by kind and rank, each with its points by indicator."""
    chosen = sorted((it for it in board.lines.values() if seen(it)), key=_by_rank)
    return [
        {
            **line(board.version, it, yesterday, previous),
            "points": {points.id: _shown(points.points) for points in it.points},
        }
        for it in chosen
    ]


def _by_rank(it: Line) -> tuple[int, bool, int, str]:
    return _ORDER[it.unit.peers], it.rank is None, it.rank or 0, it.unit.code


def line(held: Version, it: Line, yesterday: Comparison | None, previous: Comparison | None) -> dict[str, Any]:
    """Return a unit's score."""
    per_100 = _shown(it.per_100)
    grade = held.grade(per_100)
    return {
        "unit": it.unit.code,
        "name": it.unit.name,
        "peers": it.unit.peers.value,
        "parent": it.unit.parent,
        "score": shown(it.score),
        "reachable": shown(it.reachable),
        "per_100": per_100,
        "grade": None if grade is None else grade.id,
        "grade_name": None if grade is None else grade.name,
        "rank": it.rank,
        "ranked": it.ranked,
        "yesterday": _changed(it, yesterday),
        "previous": _changed(it, previous),
    }


def _changed(it: Line, than: Comparison | None) -> dict[str, Any] | None:
    if than is None:
        return None
    found: Change = change(it, than.board.lines.get(it.unit.code))
    return {"score": found.score, "per_100": found.per_100, "rank": found.rank}


def indicators(
    board: Board, unit: str, yesterday: Comparison | None, previous: Comparison | None
) -> list[dict[str, Any]]:
    """Return a unit's indicators, in order."""
    groups = {it.id: group.id for group in board.version.groups for it in group.indicators}
    points = {it.id: it for it in board.lines[unit].points}
    then = [_points(than, unit) for than in (yesterday, previous)]
    return [
        {
            **_indicator(indicator, points[indicator.id]),
            "group": groups[indicator.id],
            "change": dict(
                zip(
                    ("yesterday", "previous"),
                    (_difference(points[indicator.id], earlier.get(indicator.id)) for earlier in then),
                    strict=True,
                )
            ),
        }
        for indicator in board.version.indicators
    ]


def _indicator(indicator: AnyIndicator, points: Points) -> dict[str, Any]:
    return {
        "id": indicator.id,
        "name": indicator.name,
        "fed_by": indicator.fed_by,
        "maximum": indicator.maximum,
        "full_at": indicator.full_at,
        "numerator": _shown(points.numerator),
        "denominator": _shown(points.denominator),
        "factor": points.factor,
        "rate": None if points.rate is None else shown(100 * points.rate),
        "points": _shown(points.points),
        "lost": None if points.points is None else shown(points.maximum - shown(points.points)),
        "behind": behind(indicator.id),
    }


def behind(id_: str) -> str:
    """Return what an indicator's counts are made of."""
    if id_ in OF_PROCEDURES:
        return "procedures"
    return "series" if id_ in OF_SERIES else "dossiers"


def _points(than: Comparison | None, unit: str) -> Mapping[str, Points]:
    found = None if than is None else than.board.lines.get(unit)
    return {} if found is None else {it.id: it for it in found.points}


def _difference(now: Points, then: Points | None) -> float | None:
    if then is None or now.points is None or then.points is None or now.maximum != then.maximum:
        return None
    return shown(shown(now.points) - shown(then.points))


def _shown(number: float | None) -> float | None:
    return None if number is None else shown(number)
