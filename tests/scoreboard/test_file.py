"""config/scoreboard.yaml: what is shipped is the decision's, and what is wrong is named with its line."""

from datetime import date
from pathlib import Path

import pytest

from ioc_api.scoreboard import file
from ioc_api.scoreboard.definition import Version
from ioc_core.errors import ConfigErrors
from tests.conftest import CONFIG, ROOT
from tests.scoreboard.conftest import SHIPPED

TEXT = (CONFIG / "scoreboard.yaml").read_text(encoding="utf-8")
GROUPS = {
    "transparency": 18,
    "progress": 20,
    "online_service": 12,
    "online_payment": 10,
    "digitisation": 22,
    "satisfaction": 18,
}


def maxima(version: Version) -> dict[str, tuple[float, float]]:
    return {it.id: (it.maximum, it.full_at) for it in version.indicators}


@pytest.mark.parametrize("version", SHIPPED.versions, ids=lambda version: str(version.from_))
def test_a_hundred_points_in_the_groups_of_the_decision(version: Version) -> None:
    assert {group.id: group.maximum for group in version.groups} == GROUPS
    assert sum(maximum for maximum, _ in maxima(version).values()) == pytest.approx(100)


def test_maxima_and_targets_of_the_decision() -> None:
    assert maxima(SHIPPED.versions[0]) == {
        "1.1": (6, 100),
        "1.2": (4, 100),
        "1.3": (2, 100),
        "1.4": (6, 100),
        "2.1": (20, 100),
        "3.1": (4, 80),
        "3.2": (4, 100),
        "3.3": (4, 50),
        "3.5a": (2, 80),
        "3.5b": (2, 80),
        "3.6": (6, 100),
        "4.1": (6, 100),
        "4.2": (4, 80),
        "4.3": (2, 80),
        "4.4": (4, 100),
        "4.5a": (2, 100),
        "4.5b": (2, 100),
        "4.5c": (2, 100),
        "5.2": (6, 100),
        "5.3": (6, 100),
        "5.4": (6, 90),
    }


def test_since_2026_one_indicator_has_the_twelve_points_of_online_services() -> None:
    before, since = (maxima(version) for version in SHIPPED.versions)
    assert since.pop("3.full") == (12, 100)
    assert since == {id_: held for id_, held in before.items() if id_ not in {"3.1", "3.2", "3.3"}}


@pytest.mark.parametrize(
    ("day", "from_"),
    [
        pytest.param(date(2022, 6, 22), None, id="before the decision there is none"),
        pytest.param(date(2022, 6, 23), date(2022, 6, 23), id="from its day on"),
        pytest.param(date(2025, 12, 31), date(2022, 6, 23), id="until the last day of 2025"),
        pytest.param(date(2026, 1, 1), date(2026, 1, 1), id="the next from the first of 2026"),
    ],
)
def test_which_version_holds(day: date, from_: date | None) -> None:
    found = SHIPPED.version_on(day)
    assert (None if found is None else found.from_) == from_


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param('id: "2.1"', 'id: "2.9"', "tag '2.9' found using 'id'", id="an unknown indicator"),
        pytest.param("maximum: 18\n", "maximum: 19\n", "its indicators add up to 18", id="a group's sum"),
        pytest.param("    maximum: 100\n", "    maximum: 99\n", "its groups add up to 100", id="a version's sum"),
        pytest.param('id: "4.4"', 'id: "4.3"', "stands here twice", id="an indicator twice"),
        pytest.param("id: progress", "id: transparency", "twice", id="a group twice"),
        pytest.param("from: 2026-01-01", "from: 2022-06-23", "not after the version above", id="a past date"),
        pytest.param("full_at: 80", "full_at: 0", "greater than 0", id="a target of nothing"),
        pytest.param("fed_by: dossiers", "fed_by: register", "'dossiers' or 'nothing'", id="what can't feed it"),
        pytest.param("synchronised: dossiers_synchronised_total", "synchronised: x", "is not a metric", id="a metric"),
        pytest.param("publish_within_working_days: 5", "publish_within: 5", "publish_within", id="a misspelt one"),
        pytest.param("electronic_result: always", "electronic_result: often", "where_needed", id="a word"),
        pytest.param("at_least: 80", "at_least: 95", "is not below the grade above it", id="grades crossed"),
        pytest.param("at_least: 0}", "at_least: 1}", "of the last grade must be 0", id="a score without a grade"),
        pytest.param("modes: [partial, full]", "modes: [online]", "information", id="a mode that isn't"),
        pytest.param("working_day: 5", "working_day: 0", "greater than or equal to 1", id="no working day"),
    ],
)
def test_a_wrong_line_stops_the_start(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    (tmp_path / "metrics.yaml").write_text((CONFIG / "metrics.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "scoreboard.yaml").write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigErrors) as caught:
        file.load(tmp_path)
    assert said in str(caught.value)
    line = TEXT[: TEXT.index(old)].count("\n") + 1
    assert f"scoreboard.yaml:{line}: " in str(caught.value)


def test_an_indicator_may_not_stand_in_a_group_that_goes_on_as_well(tmp_path: Path) -> None:
    head, mark, tail = TEXT.partition("  - from: 2026-01-01")
    again = tail[: tail.index("            modes:")].replace("id: online_service", "id: other")
    (tmp_path / "metrics.yaml").write_text((CONFIG / "metrics.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "scoreboard.yaml").write_text(head + mark + again.replace("3.full", "2.1"), encoding="utf-8")
    with pytest.raises(ConfigErrors) as caught:
        file.load(tmp_path)
    assert "has with the groups that go on 2.1 twice" in str(caught.value)
    assert "its groups add up to 112" in str(caught.value)


def test_the_guide_names_every_indicator_and_parameter() -> None:
    guide = (ROOT / "docs" / "scoreboard.md").read_text(encoding="utf-8")
    for version in SHIPPED.versions:
        for indicator in version.indicators:
            assert f"| {indicator.id} |" in guide, indicator.id
            for name in set(type(indicator).model_fields) - {"id", "name", "maximum", "full_at", "fed_by"}:
                assert f"`{name}`" in guide, name
