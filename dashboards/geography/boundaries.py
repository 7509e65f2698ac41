"""The polygons that an operator imported, by unit code, as points of the map."""

from pathlib import Path

from dashboards.geography.plane import Point
from ioc_core.catalogue import boundaries_file


def read(path: Path) -> dict[str, list[list[Point]]]:
    """Return the rings (outer and holes alike) of each unit, in degrees: x is the longitude, y the latitude (WGS84).

    Raises:
        ConfigErrors: the file can't be read, or isn't such a collection (see `boundaries_file.read`).
    """
    found = boundaries_file.read(path)
    return {code: [[Point(*corner) for corner in ring] for ring in rings] for code, rings in found.items()}
