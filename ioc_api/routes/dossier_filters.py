"""What can be asked of the list of dossiers."""

from typing import Annotated

from fastapi import Query

from ioc_api.access import Reader
from ioc_api.models.dossiers import CHANNELS, LATENESS, ChannelName, LatenessName
from ioc_api.parameters import Code, From, Instant, To, UnitCode, optional_span
from ioc_api.problems import wrong_parameter
from ioc_api.queries.dossiers import DossierFilter, Sort
from ioc_core.dossier import Standing

Status = Annotated[int, Query(ge=1, le=10)]
Filed = Annotated[ChannelName | None, Query(description="How it was filed.")]
ReceivingUnit = Annotated[
    str | None,
    Query(min_length=1, max_length=100, description="Code of a unit where it was handed in: that unit and all below."),
]
LateFrom = Annotated[Instant | None, Query(description="Open ones that become overdue from then on; RFC 3339.")]
LateTo = Annotated[Instant | None, Query(description="Open ones that become overdue before; RFC 3339.")]
SortBy = Annotated[
    Sort | None,
    Query(
        description="told: last told of first; due: open ones, the most overdue first;"
        " code: by code (the default with `q`)."
    ),
]


def asked_dossiers(
    principal: Reader,
    unit: UnitCode = None,
    receiving_unit: ReceivingUnit = None,
    status: Annotated[list[Status] | None, Query(description="Any of these statuses, 1 to 10.")] = None,
    standing: Annotated[list[Standing] | None, Query(description="Any of these, as they stand now.")] = None,
    lateness: Annotated[list[LatenessName] | None, Query(description="Any of these; ended ones.")] = None,
    entered_late: Annotated[bool | None, Query(description="Ended in time, but entered after the term.")] = None,
    open_: Annotated[bool | None, Query(alias="open", description="Still to be worked on, or ended.")] = None,
    overdue: Annotated[bool | None, Query(description="Open and past its term (Decision 766).")] = None,
    late_from: LateFrom = None,
    late_to: LateTo = None,
    procedure: Code = None,
    channel: Filed = None,
    since: From = None,
    to: To = None,
    q: Annotated[str | None, Query(min_length=3, max_length=100, description="How the code begins.")] = None,
    sort: SortBy = None,
) -> DossierFilter:
    """Return what is asked for.

    Raises:
        Problem: 422 when parameters contradict each other.
    """
    since, to = optional_span(since, to)
    if late_from is not None and late_to is not None and late_from >= late_to:
        reason = f"must be before late_to, {late_to.isoformat()}"
        raise wrong_parameter("query.late_from", late_from.isoformat(), reason)
    if open_ is False:
        for name, asked in (("sort", sort == "due" and sort), ("late_from", late_from), ("late_to", late_to)):
            if asked:
                raise wrong_parameter(f"query.{name}", asked, "lists open dossiers only")
    return DossierFilter(
        units=principal.scope_units,
        within=unit,
        receiving=receiving_unit,
        statuses=status,
        standings=standing,
        lateness=None if lateness is None else [LATENESS[name] for name in lateness],
        entered_late=entered_late,
        open=open_,
        overdue=overdue,
        late_since=late_from,
        late_until=late_to,
        procedure=procedure,
        channel=None if channel is None else CHANNELS[channel],
        since=since,
        until=to,
        prefix=q,
        sort=sort or ("code" if q is not None else "told"),
    )
