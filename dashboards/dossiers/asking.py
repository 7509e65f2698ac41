"""What the pages ask the API about dossiers. Every function raises ApiError."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dashboards.api_client import REPORT_TIMEOUT, ApiClient
from dashboards.dossiers.models import DossierDetail, DossierPage, Standings

NO_SUCH = "Không có hồ sơ nào mang mã này trong phạm vi được xem."


def one(client: ApiClient, code: str) -> DossierDetail:
    """Return a dossier with its history."""
    return client.ask("GET", f"/dossiers/{quote(code, safe='')}", DossierDetail, refusals={404: NO_SUCH})


def beginning_with(client: ApiClient, beginning: str, limit: int) -> DossierPage:
    """Return dossiers whose code begins so."""
    return client.ask("GET", "/dossiers", DossierPage, params={"q": beginning, "limit": limit})


def listed(client: ApiClient, standings: Sequence[str], unit: str | None, limit: int) -> DossierPage:
    """Return dossiers that stand so, the most urgent first."""
    return client.ask("GET", "/dossiers", DossierPage, params={**asked(standings, unit), "limit": limit})


def asked(standings: Sequence[str], unit: str | None) -> dict[str, Any]:
    """Return the parameters of a list by standing: those with a term by term, others by what was told last."""
    known: dict[str, Any] = {"standing": list(standings), "unit": unit}
    return known | ({"sort": "due"} if HAVE_TERMS.issuperset(standings) else {})


HAVE_TERMS = frozenset({"overdue", "due_soon_1", "due_soon_2", "due_soon_3"})


def counts(client: ApiClient, unit: str | None) -> dict[str, int]:
    """Return how many open dossiers stand how."""
    summary = client.ask(
        "GET", "/dossiers/summary", Standings, params={"by": "standing", "unit": unit}, timeout=REPORT_TIMEOUT
    )
    return {item.key: item.open for item in summary.items if item.key is not None}
