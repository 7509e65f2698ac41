"""From what was read to what counts in each line of the scoreboard. Pure.

Everything is summed before it is divided: a department is itself and what is below it, the province is everything.
Procedures are counted once in each line, however many of its units have them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from ioc_api.scoreboard.counts import NOTHING, Count, Counts, Increase, SourceCounts
from ioc_api.scoreboard.definition import Version
from ioc_api.scoreboard.formulas import dossier_formulas, procedure_formulas
from ioc_api.scoreboard.indicators import (
    AnyIndicator,
    FeedbackInTime,
    FeedbackLiked,
    Limits,
    ProceduresLiked,
    Synchronised,
)
from ioc_api.scoreboard.register import Parts, Procedure, Register
from ioc_api.scoreboard.tree import UNMAPPED, Peers, Tree
from ioc_core.calendar import WorkingCalendar

USED = frozenset({"3.2", "3.5b", "4.5a"})
"""Indicators that count procedures of which a dossier did something."""

ENDING_ACTS = frozenset({"refuse", "resolve"})
"""Every report of citizens ends by one of these: so many reports there were (5.3)."""


class Facts(Struct, frozen=True, kw_only=True):
    """All that a scoreboard is made of. `last` is the last day that counts: of a running period, today."""

    first: date
    last: date
    dossiers: Sequence[SourceCounts]
    procedures: Sequence[Procedure]
    increases: Sequence[Increase]


class Scope(Struct, frozen=True, kw_only=True):
    """What counts in one line. `local`: dossiers received, by unit; `increases`: of counters, by metric."""

    code: str
    peers: Peers
    members: frozenset[str]
    procedures: Mapping[str, Parts]
    dossiers: Mapping[str, Count]
    used: Mapping[str, frozenset[str]]
    local: Mapping[str, float]
    increases: Mapping[str, Sequence[Increase]]


def scopes(version: Version, facts: Facts, tree: Tree, calendar: WorkingCalendar) -> dict[str, Scope]:
    """Return what counts in each line that can be scored: every unit, and what isn't mapped."""
    rows = fed(version, facts.dossiers, said_by(facts.dossiers))
    sums = _Sums({id_ for row in rows for id_ in row.procedures})
    for row in rows:
        sums.add(row, tree.scopes(row.unit))
    by_unit: defaultdict[str | None, list[Increase]] = defaultdict(list)
    for increase in facts.increases:
        by_unit[increase.unit].append(increase)
    register = Register(version, facts.procedures, first=facts.first, last=facts.last, calendar=calendar)
    found = {}
    for code in (*tree.units, UNMAPPED):
        peers, members = (Peers.UNMAPPED if code == UNMAPPED else tree.units[code].peers), tree.members(code)
        found[code] = Scope(
            code=code,
            peers=peers,
            members=members,
            procedures=register.portion(peers, members),
            dossiers=sums.counts[code],
            used=sums.used[code],
            local=sums.local,
            increases=_series(by_unit, code, tree),
        )
    return found


class _Sums:
    """Sums of dossiers by line. `measured`: the procedure formulas that a source feeds, also where there are none."""

    def __init__(self, measured: Iterable[str]) -> None:
        none = {id_: frozenset[str]() for id_ in measured}
        self.counts: defaultdict[str, dict[str, Count]] = defaultdict(dict)
        self.used: defaultdict[str, dict[str, frozenset[str]]] = defaultdict(none.copy)
        self.local: defaultdict[str, float] = defaultdict(float)

    def add(self, row: SourceCounts, lines: Iterable[str]) -> None:
        if row.unit is not None:
            self.local[row.unit] += row.counts.get("1.4", NOTHING).denominator
        for code in lines:
            counts, used = self.counts[code], self.used[code]
            for id_, count in row.counts.items():
                counts[id_] = counts.get(id_, NOTHING) + count
            for id_, codes in row.procedures.items():
                used[id_] = used[id_] | codes


def said_by(rows: Iterable[SourceCounts]) -> dict[str, frozenset[str]]:
    """Return the fields that each source states at all in a period."""
    said: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for row in rows:
        said[row.source] |= row.said
    return dict(said)


def fed(version: Version, rows: Iterable[SourceCounts], said: Mapping[str, frozenset[str]]) -> list[SourceCounts]:
    """Return the rows, each with only the formulas whose fields its source states.

    A source that never says whether a result is electronic says nothing of electronic results: neither yes nor no.
    """
    needs = {it.id: frozenset(it.says) for it in dossier_formulas(version)}
    needs |= {it.id: frozenset(it.says) for it in procedure_formulas(version)}
    return [
        replace(
            row,
            counts={id_: count for id_, count in row.counts.items() if needs[id_] <= known},
            procedures={id_: codes for id_, codes in row.procedures.items() if needs[id_] <= known},
        )
        for row in rows
        for known in [said.get(row.source, frozenset())]
    ]


def _series(increases: Mapping[str | None, Sequence[Increase]], code: str, tree: Tree) -> dict[str, list[Increase]]:
    """The increases of a line by metric: its units' own; of the province its own where there are any, else all."""
    of_province = code == tree.province
    found: defaultdict[str, list[Increase]] = defaultdict(list)
    for unit in increases if of_province else sorted(tree.members(code) & increases.keys()):
        for increase in increases[unit]:
            found[increase.metric].append(increase)
    if not of_province:
        return dict(found)
    own = {metric: [it for it in held if it.unit in {code, None}] for metric, held in found.items()}
    return {metric: own[metric] or held for metric, held in found.items()}


def counts(version: Version, scope: Scope) -> Counts:
    """Return the numerator and denominator of each indicator that is fed; what isn't measured is left out."""
    found: dict[str, Count] = {}
    for indicator in version.indicators:
        count = None if indicator.fed_by == "nothing" else _count(indicator, scope)
        if count is not None and count.denominator > 0:
            found[indicator.id] = count
    return found


def _count(indicator: AnyIndicator, scope: Scope) -> Count | None:
    parts = procedures_of(indicator.id, scope)
    if parts is not None:
        return Count(len(parts.numerator), len(parts.denominator))
    match indicator:
        case Synchronised():
            return _synchronised(indicator, scope)
        case FeedbackInTime():
            handled = scope.increases.get(indicator.handled)
            return None if handled is None else _in_time(handled, indicator.limits_working_days)
        case FeedbackLiked():
            return _liked(indicator, scope)
        case ProceduresLiked():
            disliked = scope.increases.get(indicator.disliked)
            processed = scope.dossiers.get("2.1")
            return None if disliked is None or processed is None else _less(processed, _sum(disliked))
        case _:
            return scope.dossiers.get(indicator.id)


def procedures_of(id_: str, scope: Scope) -> Parts | None:
    """Return the procedures behind an indicator; None for one that counts something else."""
    parts = scope.procedures.get(id_)
    if parts is None or id_ not in USED:
        return parts
    used = scope.used.get(id_)
    if used is None:  # no source says whether a dossier does it
        return Parts(frozenset(), frozenset())
    return Parts(parts.denominator & used, parts.denominator)


def _synchronised(indicator: Synchronised, scope: Scope) -> Count | None:
    """1.4. Only units that the portal's series speak of are measured; a series of the whole province speaks of all."""
    synchronised = scope.increases.get(indicator.synchronised)
    if synchronised is None:
        return None
    covered = {increase.unit for increase in synchronised}
    whole = scope.peers is Peers.PROVINCE and covered <= {scope.code, None}
    if whole:
        received = scope.dossiers.get("1.4", NOTHING).denominator
    else:
        received = sum(count for unit, count in scope.local.items() if unit in covered)
    reported = [it for it in scope.increases.get(indicator.reported, ()) if whole or it.unit in covered]
    return Count(_sum(synchronised), max(received, _sum(reported)))


def _in_time(handled: Iterable[Increase], limits: Limits, acts: Collection[str] | None = None) -> Count:
    """Acts on citizens' feedback that took no more working days than they may, and all; unknown acts don't count."""
    allowed: dict[str, int] = limits.model_dump()
    known = [it for it in handled if it.act in allowed and (acts is None or it.act in acts)]
    return Count(_sum(it for it in known if it.working_days <= allowed[it.act]), _sum(known))


def _liked(indicator: FeedbackLiked, scope: Scope) -> Count | None:
    handled, disliked = scope.increases.get(indicator.handled), scope.increases.get(indicator.disliked)
    if handled is None or disliked is None:
        return None
    return _less(_in_time(handled, indicator.limits_working_days, ENDING_ACTS), _sum(disliked))


def _less(count: Count, disliked: float) -> Count:
    """All but the late and the disliked; one that is both is taken off twice, as the definition has it."""
    return Count(max(count.numerator - disliked, 0), count.denominator)


def _sum(increases: Iterable[Increase]) -> float:
    return sum(increase.value for increase in increases)
