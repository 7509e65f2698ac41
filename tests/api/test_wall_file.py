"""config/wall.yaml: what is shipped is right, and what is wrong is named with its line."""

from pathlib import Path

import pytest

from ioc_api import wall_file
from ioc_core.errors import ConfigErrors
from tests.conftest import CONFIG


def test_the_shipped_file_has_all_six_numbers_in_order() -> None:
    assert tuple(tile.id for tile in wall_file.load(CONFIG).tiles) == wall_file.TILE_IDS


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("id: overdue", "id: overdew", "overdew", id="an unknown number"),
        pytest.param("id: overdue", "id: processing", "stands here twice", id="a number twice"),
        pytest.param("id: overdue", "id: processing", "missing: overdue", id="a number missing"),
        pytest.param("{3: 1, 2: 100, 1: 500}", "{3: 1, 2: 100, 1: 50}", "farther from normal", id="levels crossed"),
        pytest.param(
            "{3: 95, 2: 90, 1: 80}", "{3: 80, 2: 90, 1: 95}", "farther from normal", id="levels below crossed"
        ),
        pytest.param("{2: 1, 1: 3}", "{}", "belong together", id="abnormal without levels"),
        pytest.param("{2: 1, 1: 3}", "{7: 1}", "7", id="a severity that isn't"),
        pytest.param("late_share: 0.8", "late_share: 8", "less than or equal to 1", id="a share over one"),
        pytest.param("decimals: 1", "decimal: 1", "decimal", id="a misspelt key"),
    ],
)
def test_a_wrong_line_stops_the_start(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (CONFIG / "wall.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "wall.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigErrors) as caught:
        wall_file.load(tmp_path)
    assert said in str(caught.value)
    assert "wall.yaml:" in str(caught.value)
