"""How large letters must be on a wall to be read from where people sit."""

import math
from dataclasses import dataclass

CAPITAL_ARCMIN = 16.0
"""Height of capitals that is read at a glance (ISO 9241-303: 16 minutes of arc at least)."""
CAPITAL_SHARE = 0.66
"""Capitals of Source Sans and Noto Sans are at least this share of the font size."""
LETTERS_AT_LEAST = 2.2
LETTERS_AT_MOST = 5.4
"""The design holds between these sizes; in percent of the picture's height."""
METRES_PER_INCH = 0.0254
DEFAULT_PANEL_INCHES = 110.0
DEFAULT_DISTANCE_METRES = 5.0
"""A wall of 2 × 2 panels of 55 inches, seen from five metres."""


@dataclass(frozen=True, slots=True)
class Legibility:
    """The smallest letters of the wall (percent of the picture's height), and whether that is large enough."""

    smallest: float
    enough: bool
    panel_inches: float
    distance_metres: float


def smallest_letters(panel_inches: float, distance_metres: float) -> Legibility:
    """Return the size for a 16:9 picture of this diagonal seen from this distance, within what the design holds."""
    picture_height = panel_inches * METRES_PER_INCH * 9 / math.hypot(16, 9)
    capital = 2 * distance_metres * math.tan(math.radians(CAPITAL_ARCMIN / 60) / 2)
    needed = 100 * capital / CAPITAL_SHARE / picture_height
    smallest = min(LETTERS_AT_MOST, max(LETTERS_AT_LEAST, math.ceil(needed * 100) / 100))
    return Legibility(
        smallest=smallest, enough=needed <= LETTERS_AT_MOST, panel_inches=panel_inches, distance_metres=distance_metres
    )
