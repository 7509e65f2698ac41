"""The map's geometry: cells are nearest places, sheets are whole, boundaries are read strictly."""

import itertools
import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.geography import boundaries
from dashboards.geography.cells import voronoi_cells
from dashboards.geography.plane import Point, centroid, clip_to_nearer, contains, disc, signed_area
from dashboards.geography.sheet import SHEET_WIDTH, draw_sheet
from ioc_core import catalogue
from ioc_core.errors import ConfigErrors
from tests.dashboards.province import CONFIG, DAY

SQUARE = [Point(0, 0), Point(4, 0), Point(4, 4), Point(0, 4)]

coordinates = st.floats(-50, 50, allow_nan=False).map(lambda value: round(value, 2))
centres = st.dictionaries(
    st.integers(0, 999).map(str), st.builds(Point, coordinates, coordinates), min_size=1, max_size=25
)


@pytest.mark.parametrize(
    ("here", "there", "area"),
    [
        pytest.param(Point(1, 2), Point(3, 2), 8.0, id="a vertical bisector halves the square"),
        pytest.param(Point(2, 1), Point(2, 3), 8.0, id="a horizontal bisector halves the square"),
        pytest.param(Point(2, 2), Point(20, 2), 16.0, id="a far neighbour takes nothing"),
        pytest.param(Point(-20, 2), Point(2, 2), 0.0, id="a far centre keeps nothing"),
        pytest.param(Point(1, 1), Point(3, 3), 8.0, id="a diagonal bisector halves the square"),
    ],
)
def test_clipping_keeps_the_nearer_part(here: Point, there: Point, area: float) -> None:
    assert signed_area(clip_to_nearer(SQUARE, here, there)) == pytest.approx(area)


@given(centres)
@settings(max_examples=60, deadline=None)
def test_every_corner_of_a_cell_is_nearest_to_its_centre(places: dict[str, Point]) -> None:
    for code, ring in voronoi_cells(places).items():
        for corner in ring:
            own = math.dist(corner, places[code])
            assert all(own <= math.dist(corner, other) + 1e-3 for other in places.values())


@given(centres)
@settings(max_examples=60, deadline=None)
def test_cells_don_t_overlap_and_none_is_lost(places: dict[str, Point]) -> None:
    cells = voronoi_cells(places)
    assert cells.keys() == places.keys()
    for code, ring in cells.items():
        if len(ring) > 2 and abs(signed_area(ring)) > 1e-3:
            middle = centroid(ring)
            assert contains(ring, middle)
            assert not any(contains(other, middle) for name, other in cells.items() if name != code)


def test_twins_share_their_place() -> None:
    cells = voronoi_cells({"a": Point(1, 1), "b": Point(1, 1), "c": Point(5, 1)})
    assert all(abs(signed_area(ring)) > 0.1 for ring in cells.values())


def test_a_disc_has_the_area_of_a_disc() -> None:
    assert signed_area(disc(Point(3, -2), 2, 720)) == pytest.approx(math.pi * 4, rel=1e-4)


def test_the_shipped_catalogue_makes_a_whole_map() -> None:
    known = catalogue.load(CONFIG)
    sheet = draw_sheet(known, CONFIG, DAY)
    assert len(sheet["areas"]) == 102
    assert sheet["width"] == SHEET_WIDTH
    assert len({area["name"] for area in sheet["areas"]}) > 95
    for area in sheet["areas"]:
        assert area["path"].startswith("M")
        assert area["path"].endswith("z")
        assert 0 <= area["x"] <= sheet["width"]
        assert 0 <= area["y"] <= sheet["height"]
    west = next(area for area in sheet["areas"] if area["name"] == "Buôn Đôn")
    east = next(area for area in sheet["areas"] if area["name"] == "Tuy Hoà")
    assert west["x"] < east["x"]
    assert west["y"] > east["y"], "north is up"


def test_a_catalogue_before_the_communes_makes_an_empty_map() -> None:
    sheet = draw_sheet(catalogue.load(CONFIG), CONFIG, date(2020, 1, 1))
    assert sheet["areas"] == []


def feature(code: str, *polygons: list[list[list[float]]]) -> dict[str, Any]:
    kind = "Polygon" if len(polygons) == 1 else "MultiPolygon"
    shape: object = polygons[0] if len(polygons) == 1 else list(polygons)
    geometry = {"type": kind, "coordinates": shape}
    return {"type": "Feature", "properties": {"code": code, "name": "x"}, "geometry": geometry}


def box(west: float, south: float, side: float) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def write(folder: Path, *features: dict[str, Any]) -> Path:
    path = folder / "boundaries.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_the_operator_s_boundaries_replace_the_cells(tmp_path: Path) -> None:
    write(
        tmp_path,
        feature("24133", [box(108.0, 12.6, 0.2), box(108.05, 12.65, 0.05)]),
        feature("22015", [box(109.0, 13.0, 0.2)], [box(109.3, 13.0, 0.1)]),
        feature("nobody", [box(0.0, 0.0, 1.0)]),
    )
    sheet = draw_sheet(catalogue.load(CONFIG), tmp_path, DAY)
    areas = {area["code"]: area for area in sheet["areas"]}
    assert areas.keys() == {"24133", "22015"}, "units without a boundary have no area, and boundaries no unit"
    assert areas["24133"]["path"].count("M") == 2, "a hole is a second ring"
    assert areas["22015"]["path"].count("M") == 2, "an island is a second ring"
    assert areas["22015"]["name"] == "Tuy Hoà"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("{", "JSON", id="no JSON"),
        pytest.param('{"type": "FeatureCollection",\n "features": [\n oops]}', ":3:", id="the line of broken JSON"),
        pytest.param('{"type": "Feature", "features": []}', "$.type", id="not a collection"),
        pytest.param(
            json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}}]}),
            "code",
            id="a feature without a code",
        ),
        pytest.param(
            json.dumps({"type": "FeatureCollection", "features": [feature("1", [[[1, 2], [3, 4]]])]}),
            "features[0]",
            id="a ring of two corners",
        ),
        pytest.param(
            json.dumps({"type": "FeatureCollection", "features": [feature("1", [box(500000.0, 1400000.0, 5.0)])]}),
            "not longitude, latitude in degrees",
            id="metres instead of degrees",
        ),
    ],
)
def test_wrong_boundaries_stop_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "boundaries.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigErrors, match=r"boundaries\.geojson") as caught:
        boundaries.read(path)
    assert said in str(caught.value)


def test_a_label_lies_inside_a_crooked_area(tmp_path: Path) -> None:
    """The centre of mass of a horseshoe lies outside of it."""
    shoe: list[list[float]] = [[0, 0], [3, 0], [3, 3], [2.5, 3], [2.5, 0.4], [0.5, 0.4], [0.5, 3], [0, 3], [0, 0]]
    write(tmp_path, feature("24133", [[[108 + x / 10, 12 + y / 10] for x, y in shoe]]))
    (area,) = draw_sheet(catalogue.load(CONFIG), tmp_path, DAY)["areas"]
    steps = [step.split(" ") for step in str(area["path"])[1:-1].split("l")]
    across = itertools.accumulate(int(step[0]) for step in steps)
    down = itertools.accumulate(int(step[1]) for step in steps)
    ring = [Point(x, y) for x, y in zip(across, down, strict=True)]
    assert contains(ring, Point(area["x"], area["y"]))


def test_neighbours_touch_without_a_gap() -> None:
    """Inside the province cells share their borders: sampled between neighbours, nothing is left out."""
    places = {f"{x}{y}": Point(float(x), float(y)) for x, y in itertools.product(range(5), repeat=2)}
    cells = list(voronoi_cells(places).values())
    spots = [Point(0.5 + x * 0.13, 0.5 + y * 0.13) for x, y in itertools.product(range(23), repeat=2)]
    assert all(any(contains(ring, Point(spot.x + 1e-6, spot.y + 1e-6)) for ring in cells) for spot in spots)
