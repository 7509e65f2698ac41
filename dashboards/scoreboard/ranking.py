"""The table of units: a kind of unit at a time, by rank. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from dashboards.scoreboard.asked import Asked
from dashboards.scoreboard.groups import worst
from dashboards.scoreboard.models import ListedLine, Scoreboard
from dashboards.scoreboard.moves import Moved, per_100_moved
from dashboards.scoreboard.words import NOT_MEASURED, PEERS, shown_id
from dashboards.vietnamese import NOTHING, number

TABS = ("department", "commune", "office", "district", "unmapped")


class Row(NamedTuple):
    """A unit of the table."""

    rank: str
    name: str
    address: str
    per_100: str
    score: str
    change: Moved
    worst: str
    chosen: bool


class Tab(NamedTuple):
    """A kind of units that can be shown."""

    name: str
    address: str
    chosen: bool


def peers_shown(lines: Iterable[ListedLine], asked: Asked) -> str:
    """Return which kind of units the table shows: the one asked for, else that of the unit, else the first."""
    present = [peers for peers in TABS if any(line.peers == peers for line in lines)]
    of_unit: Mapping[str, str] = {line.unit: line.peers for line in lines}
    wanted = (asked.peers, of_unit.get(asked.unit, ""))
    return next((peers for peers in wanted if peers in present), present[0] if present else "")


def tabs(lines: Sequence[ListedLine], asked: Asked, shown: str) -> list[Tab]:
    """Return the kinds of units there are."""
    counts = [(peers, sum(line.peers == peers for line in lines)) for peers in TABS]
    return [
        Tab(f"{PEERS[peers]} ({number(count)})", asked.address(peers=peers), peers == shown)
        for peers, count in counts
        if count
    ]


def row(board: Scoreboard, line: ListedLine, asked: Asked) -> Row:
    """Return a unit of the table."""
    costs = worst(board.version, line)
    return Row(
        rank=NOTHING if line.rank is None else number(line.rank),
        name=line.name,
        address=asked.address(unit=line.unit, indicator=""),
        per_100=NOT_MEASURED if line.per_100 is None else number(line.per_100, 2),
        score="" if line.per_100 is None else f"{number(line.score, 2)}/{number(line.reachable, 2)}",
        change=per_100_moved(line.previous),
        worst="" if costs is None else f"{shown_id(costs.id)} mất {number(costs.lost, 2)}",
        chosen=asked.unit == line.unit,
    )
