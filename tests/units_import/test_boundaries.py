"""Boundaries of an office's GeoJSON: matched by code or name, checked, and drawn by the map afterwards."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from dashboards.geography import boundaries
from dashboards.geography.sheet import draw_sheet
from ioc_core import catalogue
from ioc_core.catalogue import boundaries_file
from ioc_core.units_import.boundaries_text import boundaries_text
from ioc_core.units_import.boundary_changes import BoundaryChanges
from ioc_core.units_import.importer import Outcome
from ioc_core.units_import.shapes import Feature, ShapeError, polygons, read_features, signed_area
from tests.conftest import CONFIG
from tests.units_import.config import TODAY, folder, imported, planned, said

Ring = list[list[float]]


def box(west: float, south: float, side: float = 0.1) -> Ring:
    """A square, counter-clockwise."""
    east, north = round(west + side, 6), round(south + side, 6)
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(properties: dict[str, Any], *polygons: list[Ring], **more: Any) -> dict[str, Any]:
    single = len(polygons) == 1
    shape = {"type": "Polygon" if single else "MultiPolygon", "coordinates": polygons[0] if single else list(polygons)}
    return {"type": "Feature", "properties": properties, "geometry": shape, **more}


def collection(*features: dict[str, Any], **more: Any) -> str:
    """A file with one feature a line."""
    body = ",\n".join(json.dumps(one, ensure_ascii=False) for one in features)
    extra = "".join(f'"{name}": {json.dumps(value)},' for name, value in more.items())
    return f'{{"type": "FeatureCollection",{extra} "features": [\n{body}\n]}}\n'


THREE = [
    feature({"MA_XA": 24310, "TEN": "Xã Krông Búk", "OBJECTID": 1}, [box(108.1, 13.0)]),
    feature({"MA_XA": 24313, "TEN": "Xã Cư Pơng", "OBJECTID": 2}, [box(108.2, 13.0)]),
    feature(
        {"MA_XA": 24316, "TEN": "Xã Pơng Drang", "OBJECTID": 3}, [box(108.3, 13.0), box(108.33, 13.03, 0.02)[::-1]]
    ),
]


def found(outcome: Outcome) -> BoundaryChanges:
    assert outcome.boundaries is not None
    return outcome.boundaries


def codes(units: list[Any]) -> list[str]:
    return [unit.code for unit in units]


def test_the_map_draws_what_was_imported(tmp_path: Path) -> None:
    config = folder(tmp_path)
    changes = found(imported(config, {"x.geojson": collection(*THREE)}))
    assert codes(changes.added) == ["24310", "24313", "24316"]
    assert (changes.sources[0].properties.code, changes.sources[0].properties.name) == ("MA_XA", "TEN")
    assert (changes.missing, changes.unknown, changes.by_name) == ([], [], [])
    drawn = boundaries.read(config / "boundaries.geojson")
    assert {code: len(rings) for code, rings in drawn.items()} == {"24310": 1, "24313": 1, "24316": 2}
    sheet = draw_sheet(catalogue.load(config), config, TODAY)
    assert [area["code"] for area in sheet["areas"]] == ["24310", "24313", "24316"]
    assert not (config / "boundaries.geojson.bak").exists(), "there was nothing before"


def test_a_second_import_changes_nothing(tmp_path: Path) -> None:
    config = folder(tmp_path)
    imported(config, {"x.geojson": collection(*THREE)})
    outcome = imported(config, {"x.geojson": collection(*THREE)})
    assert codes(found(outcome).unchanged) == ["24310", "24313", "24316"]
    assert outcome.texts == {}


def test_only_what_changes_is_drawn_anew(tmp_path: Path) -> None:
    """The feature of a unit that the files don't draw stays to the letter, also one of an unknown unit."""
    config = folder(tmp_path)
    own = (
        '{ "type":"Feature", "properties":{"code":"24313", "note":"của tỉnh"},\n "geometry":'
        + json.dumps({"type": "Polygon", "coordinates": [box(108.2, 13.0)]})
        + "}"
    )
    other = json.dumps(feature({"code": "elsewhere"}, [box(100.0, 10.0)]))
    before = '{"type":"FeatureCollection","features":[' + own + "," + other + "]}"
    (config / "boundaries.geojson").write_text(before, encoding="utf-8")
    moved = feature({"code": "24310"}, [box(108.05, 13.0)])
    outcome = imported(config, {"x.geojson": collection(moved)})
    after = (config / "boundaries.geojson").read_text(encoding="utf-8")
    assert own in after
    assert other in after
    assert (codes(found(outcome).added), codes(found(outcome).missing)) == (["24310"], ["24316"])
    assert (config / "boundaries.geojson.bak").read_text(encoding="utf-8") == before
    outcome = imported(config, {"x.geojson": collection(feature({"code": "24313"}, [box(108.21, 13.0)]))})
    assert codes(found(outcome).changed) == ["24313"]
    assert own not in (config / "boundaries.geojson").read_text(encoding="utf-8")
    assert list(boundaries_file.read(config / "boundaries.geojson")) == ["24313", "elsewhere", "24310"]


def test_without_codes_names_are_matched_on_the_day(tmp_path: Path) -> None:
    named = [{**one, "properties": {"TEN": one["properties"]["TEN"].upper()}} for one in THREE]
    changes = found(planned(folder(tmp_path), {"x.geojson": collection(*named)}))
    assert codes(changes.by_name) == ["24310", "24313", "24316"]
    assert changes.sources[0].properties.code is None


def test_a_name_finds_a_unit_whose_code_is_unknown(tmp_path: Path) -> None:
    odd = feature({"MA_XA": 7, "TEN": "Xã Pơng Drang"}, [box(108.3, 13.0)])
    changes = found(planned(folder(tmp_path), {"x.geojson": collection(*THREE[:2], odd)}))
    assert (codes(changes.added), codes(changes.by_name)) == (["24310", "24313", "24316"], ["24316"])


def test_the_code_may_be_the_feature_s_own_id(tmp_path: Path) -> None:
    own = [feature({}, one["geometry"]["coordinates"], id=str(one["properties"]["MA_XA"])) for one in THREE]
    changes = found(planned(folder(tmp_path), {"x.geojson": collection(*own)}))
    assert (changes.sources[0].properties.code, len(changes.added)) == ("id", 3)


def test_of_a_whole_country_only_ours_are_taken(tmp_path: Path) -> None:
    others = [
        feature({"MA_XA": 1000 + n, "TEN": f"Xã Số {n}", "OBJECTID": n + 4}, [box(105.0, 20.0)]) for n in range(700)
    ]
    changes = found(planned(folder(tmp_path), {"x.geojson": collection(*others, *THREE)}))
    assert (len(changes.added), len(changes.unknown)) == (3, 700)
    assert changes.unknown[0] == "x.geojson:2: feature 1 (1000 Xã Số 0)"


def test_parts_of_one_unit_become_one_boundary(tmp_path: Path) -> None:
    config = folder(tmp_path)
    islands = [feature({"code": "24310"}, [box(108.1 + n, 13.0)]) for n in range(3)]
    imported(config, {"x.geojson": collection(*islands)})
    assert len(boundaries_file.read(config / "boundaries.geojson")["24310"]) == 3
    written = json.loads((config / "boundaries.geojson").read_text(encoding="utf-8"))
    assert [one["geometry"]["type"] for one in written["features"]] == ["MultiPolygon"]


def test_a_place_outside_its_boundary_is_pointed_out(tmp_path: Path) -> None:
    right = feature({"code": "24310"}, [box(108.15, 13.02)])
    wrong = feature({"code": "24316"}, [box(108.15, 13.02)])
    assert codes(found(planned(folder(tmp_path), {"x.geojson": collection(right, wrong)})).outside) == ["24316"]


def test_units_and_their_boundaries_come_together(tmp_path: Path) -> None:
    config = folder(tmp_path)
    new = feature({"MA_XA": 24999, "TEN": "Xã Mới"}, [box(108.4, 13.0)])
    files: dict[str, str | bytes] = {
        "x.geojson": collection(*THREE, new),
        "a.csv": "code,kind,name,parent\n24999,commune,Xã Mới,66\n",
    }
    outcome = imported(config, files)
    assert list(outcome.texts) == ["units.csv", "boundaries.geojson"]
    assert list(boundaries_file.read(config / "boundaries.geojson"))[-1] == "24999"


def swapped(ring: Ring) -> Ring:
    return [[y, x] for x, y in ring]


def test_latitude_first_is_told_and_can_be_turned(tmp_path: Path) -> None:
    config = folder(tmp_path)
    text = collection(feature({"code": "24310"}, [swapped(box(108.1, 13.0))]))
    (error,) = said(planned(config, {"x.geojson": text}), config)
    assert error == (
        "x.geojson:2: feature 1 (24310): ring 1: position [13.0, 108.1] has latitude and longitude swapped: "
        "import with --swapped"
    )
    imported(config, {"x.geojson": text}, swapped=True)
    assert (108.1, 13.0) in boundaries_file.read(config / "boundaries.geojson")["24310"][0]
    (error,) = said(planned(config, {"x.geojson": collection(*THREE[:1])}, swapped=True), config)
    assert error.endswith("ring 1: position [108.1, 13.0] has the longitude first")


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        pytest.param("{", ["x.geojson:1: JSON: Input data was truncated"], id="no JSON"),
        pytest.param(
            '{"type": "Feature"}', ["x.geojson: GeoJSON: is a Feature, must be a FeatureCollection"], id="one feature"
        ),
        pytest.param(
            collection(*THREE, crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::9210"}}),
            [
                "x.geojson: crs: is {'type': 'name', 'properties': {'name': 'urn:ogc:def:crs:EPSG::9210'}}; "
                "export the file in WGS84 (EPSG:4326)"
            ],
            id="another reference system",
        ),
        pytest.param(
            collection(feature({"code": "24310"}, [box(500000.0, 1400000.0, 5.0)])),
            [
                "x.geojson:2: feature 1 (24310): ring 1: position [500000.0, 1400000.0] isn't longitude, latitude in "
                "degrees: export the file in WGS84 (EPSG:4326), not in metres"
            ],
            id="metres",
        ),
        pytest.param(
            collection(
                feature({"code": "24310"}, [box(108.1, 13.0)[:-1]]),
                feature({"code": "24313"}, [box(108.1, 13.0), box(108.11, 13.01, 0.01)[:-2]]),
                feature({"code": "24316"}, [[[108.0, 13.0], [108.1, 13.0], [108.2, 13.0], [108.0, 13.0]]]),
            ),
            [
                "x.geojson:2: feature 1 (24310): ring 1 isn't closed: it begins at [108.1, 13.0] and ends at "
                "[108.1, 13.1]",
                "x.geojson:3: feature 2 (24313): ring 2 has 3 positions, needs at least 4",
                "x.geojson:4: feature 3 (24316): has no area",
            ],
            id="open, short and flat rings, all at once",
        ),
        pytest.param(
            collection(
                feature({"code": "24310"}, [[[108.1], [1.0, 2.0], [1.0, 3.0], [108.1]]]),
                {"type": "Feature", "properties": {"code": "24313"}, "geometry": None},
                {
                    "type": "Feature",
                    "properties": {"code": "24316"},
                    "geometry": {"type": "Point", "coordinates": [1]},
                },
                {"type": "Feature", "properties": 7},
            ),
            [
                "x.geojson:2: feature 1 (24310): ring 1: position [108.1] needs a longitude and a latitude",
                "x.geojson:3: feature 2 (24313): geometry is missing, must be Polygon or MultiPolygon",
                "x.geojson:4: feature 3 (24316): geometry is Point, must be Polygon or MultiPolygon",
                "x.geojson:5: feature 4: Expected `object | null`, got `int` - at `$.properties`",
            ],
            id="other geometries",
        ),
        pytest.param(
            collection(feature({"code": "24310", "TEN": "Xã Cư Pơng"}, [box(108.1, 13.0)]), *THREE[1:]),
            [
                "x.geojson:2: feature 1 (24310 Xã Cư Pơng): code 24310 is Xã Krông Búk, but the name 'Xã Cư Pơng' is "
                "that of 24313 Xã Cư Pơng"
            ],
            id="a code and a name of different units",
        ),
        pytest.param(
            collection(*[feature({"k": n, "t": f"Xã {n}"}, [box(108.1, 13.0)]) for n in range(3)]),
            [
                "x.geojson: properties: no property is obviously the code of a unit; say which one with "
                "--code-property: k, t"
            ],
            id="nothing that is a code or a name",
        ),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, errors: list[str]) -> None:
    config = folder(tmp_path)
    options = {"code_property": "code", "name_property": "TEN"} if '"code"' in text and "TEN" in text else {}
    assert said(planned(config, {"x.geojson": text}, **options), config) == errors


def test_nothing_of_ours_is_a_mistake(tmp_path: Path) -> None:
    config = folder(tmp_path)
    text = collection(feature({"code": "1", "name": "Xã A"}, [box(108.1, 13.0)]))
    outcome = planned(config, {"x.geojson": text}, code_property="code")
    assert said(outcome, config) == ["x.geojson: features: none of 1 features is a unit of the catalogue"]


def test_one_unit_drawn_by_two_files_is_a_conflict(tmp_path: Path) -> None:
    config = folder(tmp_path)
    outcome = planned(config, {"x.geojson": collection(*THREE), "y.geojson": collection(THREE[0])})
    assert said(outcome, config) == [
        "y.geojson:2: feature 1 (24310 Xã Krông Búk): 24310 Xã Krông Búk is drawn by x.geojson already"
    ]


def test_what_is_there_already_may_be_what_is_wrong(tmp_path: Path) -> None:
    config = folder(tmp_path)
    (config / "boundaries.geojson").write_text('{"type": "FeatureCollection", "features": [{}]}', encoding="utf-8")
    errors = said(planned(config, {"a.csv": "code,population\n24310,7\n"}), config)
    assert errors == ["boundaries.geojson: GeoJSON: Object missing required field `properties` - at `$.features[0]`"]


SHIPPED = catalogue.load(CONFIG)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch") / "boundaries.geojson"


positions = st.tuples(st.floats(100, 110), st.floats(8, 24)).map(list)


@given(st.lists(positions, min_size=3, max_size=8), st.integers(3, 7))
def test_whatever_is_accepted_can_be_loaded(scratch: Path, ring: Ring, decimals: int) -> None:
    text = collection(feature({"code": "24310"}, [[*ring, ring[0]]]))
    (one,) = read_features("x", text.encode(), [])
    try:
        parts = polygons(one.shape, swapped=False, decimals=decimals)
    except ShapeError:
        event("flat")
        return
    assert all(round(value, decimals) == value for place in parts[0][0] for value in place)
    assert signed_area(parts[0][0]) > 0, "outer rings run counter-clockwise"
    changes = BoundaryChanges(shapes={"24310": parts}, added=[SHIPPED.units["24310"]])
    scratch.write_text(boundaries_text([], changes, SHIPPED.units), encoding="utf-8")
    assert boundaries_file.read(scratch) == {"24310": [parts[0][0][:-1]]}


@given(
    st.lists(st.sampled_from(["{}", '{"id": 1}', '{"id": 2,\n"properties": {}}']), max_size=6),
    st.text(" \n", max_size=3),
)
def test_features_know_their_line(bodies: list[str], gap: str) -> None:
    text = f'{{"type": "FeatureCollection",\n"features": [{gap}' + f",{gap}".join(bodies) + "]}"
    features: list[Feature] = read_features("x", text.encode(), [])
    assert [one.raw.decode() for one in features] == bodies
    lines = text.split("\n")
    for one in features:
        assert one.raw.decode().split("\n")[0] in lines[one.line - 1]
