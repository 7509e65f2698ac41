"""What a screen is told: where the feed is, who it is, how large its letters are, and the map."""

from datetime import date
from typing import Any

from dashboards.assets import code_version
from dashboards.geography.sheet import draw_sheet
from dashboards.legibility import Legibility
from ioc_core.catalogue import Catalogue, UnitKind
from ioc_core.settings import Settings


def feed_address(settings: Settings) -> str:
    """Return the address of the feed for browsers; one of this very machine means the machine of the page."""
    return settings.api_address.replace("http", "ws", 1).rstrip("/") + "/ws/live"


def province_name(known: Catalogue) -> str:
    """Return the short name of the province; empty when the catalogue has none."""
    return next((unit.short_name for unit in known.units.values() if unit.kind is UnitKind.PROVINCE), "")


def screen_data(
    settings: Settings, known: Catalogue, *, token: str, screen: str, letters: Legibility, today: date
) -> dict[str, Any]:
    """Return the data of the wall's component.

    Raises:
        ConfigErrors: boundaries.geojson is wrong.
    """
    return {
        "version": code_version(),
        "feed": feed_address(settings),
        "token": token,
        "title": f"IOC {province_name(known)}".strip().upper(),
        "screen": screen,
        "smallest": letters.smallest,
        "names": {unit.code: unit.short_name for unit in known.units_on(today)},
        "sheet": draw_sheet(known, settings.config_dir, today),
    }
