"""What the page asks the API about the scoreboard. Every function raises ApiError."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from dashboards.api_client import REPORT_TIMEOUT, ApiClient
from dashboards.scoreboard.models import (
    BehindDossiers,
    BehindProcedures,
    Closing,
    Forecast,
    Line,
    Scoreboard,
    UnitScore,
)
from dashboards.scoreboard.trial_models import WhatIf

NO_SUCH = "Đơn vị này không có điểm trong kỳ, hoặc ngoài phạm vi được xem."
OVER = "Kỳ này đã kết thúc: không còn thử được."
CLOSED_ALREADY = "Không làm được: tháng chưa kết thúc, hoặc đang ở đúng tình trạng đó."

Days = tuple[date, date]


class _Closings(Struct, frozen=True):
    items: tuple[Closing, ...]


def scoreboard(client: ApiClient, days: Days) -> Scoreboard:
    """Return the scores of all units of a period, both days included."""
    return client.ask("GET", "/scoreboard", Scoreboard, params=period(days), timeout=REPORT_TIMEOUT)


def unit_score(client: ApiClient, unit: str, days: Days) -> UnitScore:
    """Return the score of a unit, indicator by indicator."""
    return client.ask(
        "GET",
        f"/scoreboard/{quote(unit, safe='')}",
        UnitScore,
        params=period(days),
        timeout=REPORT_TIMEOUT,
        refusals={404: NO_SUCH},
    )


def line(client: ApiClient, days: Days, unit: str | None) -> Line | None:
    """Return the score of a unit, without one of the first line that may be seen; None: nothing was measured."""
    lines = client.ask(
        "GET", "/scoreboard", Scoreboard, params={**period(days), "unit": unit}, timeout=REPORT_TIMEOUT
    ).lines
    found = next((one for one in lines if unit is None or one.unit == unit), None)
    return None if found is None or found.per_100 is None else found


def forecast(client: ApiClient, unit: str) -> Forecast:
    """Return where a unit's score of the running month is going."""
    return client.ask(
        "GET",
        f"/scoreboard/{quote(unit, safe='')}/forecast",
        Forecast,
        timeout=REPORT_TIMEOUT,
        refusals={404: NO_SUCH},
    )


def behind_path(indicator: str, kind: str) -> str:
    """Return the route of what is behind a count: `kind` is dossiers or procedures."""
    return f"/scoreboard/{quote(indicator, safe='')}/{kind}"


def lost(days: Days, unit: str) -> dict[str, str]:
    """Return the parameters of what costs a unit points."""
    return {**period(days), "unit": unit, "part": "lost"}


def lost_dossiers(
    client: ApiClient, indicator: str, unit: str, days: Days, limit: int, cursor: str | None = None
) -> BehindDossiers:
    """Return a page of the dossiers that cost points."""
    asked = {**lost(days, unit), "limit": limit, "cursor": cursor}
    return client.ask("GET", behind_path(indicator, "dossiers"), BehindDossiers, params=asked, timeout=REPORT_TIMEOUT)


def lost_procedures(client: ApiClient, indicator: str, unit: str, days: Days) -> BehindProcedures:
    """Return the procedures that cost points."""
    return client.ask(
        "GET", behind_path(indicator, "procedures"), BehindProcedures, params=lost(days, unit), timeout=REPORT_TIMEOUT
    )


def closings(client: ApiClient) -> tuple[Closing, ...]:
    """Return every closing of every month, the newest first."""
    return client.ask("GET", "/scoreboard/closings", _Closings).items


def close(client: ApiClient, month: str, reason: str) -> Closing:
    """Freeze a month that is over."""
    body = {"month": month, **({"reason": reason} if reason else {})}
    return client.ask(
        "POST", "/scoreboard/closings", Closing, json=body, timeout=REPORT_TIMEOUT, refusals={409: CLOSED_ALREADY}
    )


def reopen(client: ApiClient, month: str, reason: str) -> Closing:
    """Let a closed month be live again."""
    path = f"/scoreboard/closings/{month}/reopen"
    return client.ask("POST", path, Closing, json={"reason": reason}, refusals={409: CLOSED_ALREADY})


def what_if(client: ApiClient, unit: str, actions: Sequence[str], which: Mapping[str, Any]) -> WhatIf:
    """Return what doing something would win of the running month; `which` says with which dossiers."""
    body = {"unit": unit, "actions": list(actions), **which}
    return client.ask(
        "POST", "/scoreboard/what-if", WhatIf, json=body, timeout=REPORT_TIMEOUT, refusals={404: NO_SUCH, 409: OVER}
    )


def period(days: Days) -> dict[str, str]:
    """Return the parameters of a period."""
    first, last = days
    return {"from": first.isoformat(), "to": last.isoformat()}
