"""docs/dependencies.md names every direct dependency, and nothing that is gone."""

import re
import tomllib

from tests.engine.supervisors import ROOT


def _declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    every = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    return {re.split(r"[<>=!\[; ]", requirement, maxsplit=1)[0] for requirement in every}


def _documented() -> set[str]:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    return {name.split("[")[0] for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_every_dependency_has_a_reason_and_every_reason_a_dependency() -> None:
    assert _documented() == _declared()


def test_there_is_one_kind_of_lock() -> None:
    assert not (ROOT / "uv.lock").exists()
