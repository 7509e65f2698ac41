"""What the register of procedures says: which procedures are a unit's, and which of them count. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from ioc_api.scoreboard.definition import Version
from ioc_api.scoreboard.indicators import (
    Announced,
    AnyIndicator,
    FromRegister,
    OnlineOffered,
    OnlineUsed,
    ProceduresUsed,
    Published,
)
from ioc_api.scoreboard.tree import Peers
from ioc_core.calendar import WorkingCalendar
from ioc_core.errors import InputError

_LONG = timedelta(days=120)
"""No number of working days that the configuration allows is longer, holidays included."""


class Procedure(Struct, frozen=True, kw_only=True):
    """A procedure of the register; None where the register doesn't say."""

    code: str
    level: str
    service_mode: str | None = None
    fee_vnd: int = 0
    department: str | None = None
    for_citizens: bool | None = None
    online_payment: bool | None = None
    complete: bool | None = None
    decided_on: date | None = None
    effective_on: date | None = None
    published_on: date | None = None


class Parts(Struct, frozen=True):
    """Codes of the procedures in a numerator and in its denominator."""

    numerator: frozenset[str]
    denominator: frozenset[str]


class Register:
    """The register as a period of days sees it; a portion of it is worked out once, however many units share it."""

    def __init__(
        self,
        version: Version,
        procedures: Sequence[Procedure],
        *,
        first: date,
        last: date,
        calendar: WorkingCalendar,
    ) -> None:
        self._version = version
        self._procedures = procedures
        self._days = (first, last)
        self._calendar = calendar
        self._portions: dict[tuple[Peers, frozenset[str]], Mapping[str, Parts]] = {}

    def portion(self, peers: Peers, members: frozenset[str]) -> Mapping[str, Parts]:
        """Return, of the procedures of a unit, the parts of each indicator that counts procedures.

        For 3.2, 3.5b and 4.5a, whose numerators are dossiers' to say, only the denominator.
        """
        departments = members if peers in {Peers.DEPARTMENT, Peers.OFFICE} else frozenset[str]()
        key = (peers, departments)
        if key not in self._portions:
            offered = offered_by(self._procedures, peers, departments)
            answered = answered_for(self._procedures, peers, departments)
            parts = ((it.id, self._parts(it, offered, answered)) for it in self._version.indicators)
            self._portions[key] = {id_: found for id_, found in parts if found is not None}
        return self._portions[key]

    def _parts(self, indicator: AnyIndicator, offered: list[Procedure], answered: list[Procedure]) -> Parts | None:
        first, last = self._days
        match indicator:
            case Announced():
                before = indicator.working_days_before_effect
                return announced(answered, first, last, calendar=self._calendar, working_days=before)
            case Published():
                term = indicator.publish_within_working_days
                return published(answered, first, last, calendar=self._calendar, working_days=term)
            case FromRegister(id="1.3"):
                return complete(answered, last)
            case FromRegister():
                known = [it for it in fee_bearing(offered) if it.online_payment is not None]
                return _parts((it for it in known if it.online_payment), known)
            case OnlineOffered():
                return _parts(online(offered, indicator.modes), offered)
            case OnlineUsed():
                return _parts((), online(offered, indicator.modes))
            case ProceduresUsed(id="3.5b"):
                return _parts((), fee_bearing(offered))
            case ProceduresUsed():
                return _parts((), (it for it in offered if it.for_citizens))
        return None


def offered_by(procedures: Iterable[Procedure], peers: Peers, members: Collection[str]) -> list[Procedure]:
    """Return what a unit offers: the province everything, departments theirs, communes the procedures of communes."""
    match peers:
        case Peers.PROVINCE:
            return list(procedures)
        case Peers.DEPARTMENT | Peers.OFFICE:
            return [it for it in procedures if it.level == "province" and it.department in members]
        case Peers.DISTRICT | Peers.COMMUNE:
            return [it for it in procedures if it.level == peers.value]
        case Peers.UNMAPPED:
            return []


def answered_for(procedures: Iterable[Procedure], peers: Peers, members: Collection[str]) -> list[Procedure]:
    """Return what a unit must announce: departments the procedures of their fields, of every level; communes none."""
    if peers is Peers.PROVINCE:
        return list(procedures)
    if peers in {Peers.DEPARTMENT, Peers.OFFICE}:
        return [procedure for procedure in procedures if procedure.department in members]
    return []


def announced(
    procedures: Iterable[Procedure], first: date, last: date, *, calendar: WorkingCalendar, working_days: int
) -> Parts:
    """Return the procedures decided on in the period, and of them those so long before they took effect (1.1).

    Without a day of effect it can't be told: such a procedure doesn't count.
    """
    decided = [it for it in procedures if it.decided_on is not None and first <= it.decided_on <= last]
    latest = {it.code: _shifted(calendar, it.effective_on, -working_days) for it in decided}
    counted = [it for it in decided if latest[it.code] is not None]
    return _parts((it for it in counted if _not_after(it.decided_on, latest[it.code])), counted)


def published(
    procedures: Iterable[Procedure], first: date, last: date, *, calendar: WorkingCalendar, working_days: int
) -> Parts:
    """Return the procedures whose term to be published ended in the period, and of them those in time (1.2)."""
    recent = [it for it in procedures if it.decided_on is not None and first - _LONG <= it.decided_on <= last]
    due = {it.code: _shifted(calendar, it.decided_on, working_days) for it in recent}
    counted = [it for it in recent if _not_after(first, due[it.code]) and _not_after(due[it.code], last)]
    return _parts((it for it in counted if _not_after(it.published_on, due[it.code])), counted)


def complete(procedures: Iterable[Procedure], last: date) -> Parts:
    """Return the procedures published by the end of the period, and of them those with all that must be said (1.3)."""
    counted = [it for it in procedures if it.complete is not None and _not_after(it.published_on, last)]
    return _parts((it for it in counted if it.complete), counted)


def online(procedures: Iterable[Procedure], modes: Collection[str]) -> list[Procedure]:
    """Return the procedures that are an online service."""
    return [procedure for procedure in procedures if procedure.service_mode in modes]


def fee_bearing(procedures: Iterable[Procedure]) -> list[Procedure]:
    """Return the procedures that cost something."""
    return [procedure for procedure in procedures if procedure.fee_vnd > 0]


def _parts(numerator: Iterable[Procedure], denominator: Iterable[Procedure]) -> Parts:
    return Parts(frozenset(it.code for it in numerator), frozenset(it.code for it in denominator))


def _shifted(calendar: WorkingCalendar, day: date | None, working_days: int) -> date | None:
    """The day so many working days on; None without a day, or beyond the calendar's years."""
    if day is None:
        return None
    try:
        return calendar.working_day_after(day, working_days)
    except InputError:
        return None


def _not_after(day: date | None, limit: date | None) -> bool:
    return day is not None and limit is not None and day <= limit
