"""A small catalogue in a folder, and files of an office read against it."""

from datetime import date
from pathlib import Path
from typing import Any

from ioc_core import catalogue
from ioc_core.units_import.boundary_changes import DECIMALS, ShapeChoices
from ioc_core.units_import.importer import Outcome, Request, plan
from ioc_core.units_import.matching import Properties
from ioc_core.units_import.staging import replace
from ioc_core.units_import.unit_changes import Choices
from tests.catalogue.test_wrong_lines import FILES, write

TODAY = date(2026, 7, 6)
UNITS = (
    FILES["units.csv"]
    + """\
24313,commune,Xã Cư Pơng,Cư Pơng,66,2025-07-01,,649,,,,
24316,commune,"Xã Pơng Drang",Pơng Drang,66,2025-07-01,,649,12.96,108.23,,  50000
"""
)


def folder(path: Path, **changed: str) -> Path:
    """Write the catalogue of these tests: a province, a department, a former district, three communes."""
    return write(path, **({"units": UNITS} | changed))


def planned(config: Path, files: dict[str, str | bytes], **chosen: Any) -> Outcome:
    """What files (name → text) would make of it; `columns`, and fields of `Choices` and `ShapeChoices`."""
    columns = chosen.pop("columns", {})
    properties = Properties(chosen.pop("code_property", None), chosen.pop("name_property", None))
    swapped, decimals = chosen.pop("swapped", False), chosen.pop("decimals", DECIMALS)
    raw = {name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()}
    units = Choices(on=TODAY, **chosen)
    shapes = ShapeChoices(TODAY, properties, swapped=swapped, decimals=decimals)
    return plan(config, Request(files=raw, columns=columns, units=units, shapes=shapes))


def imported(config: Path, files: dict[str, str | bytes], **chosen: Any) -> Outcome:
    """The same, written; what is there afterwards can be loaded."""
    outcome = planned(config, files, **chosen)
    assert outcome.errors == []
    replace(config, outcome.texts)
    catalogue.load(config)
    return outcome


def said(outcome: Outcome, config: Path) -> list[str]:
    """Every mistake, files of config/ by their bare name."""
    return [str(error).removeprefix(f"{config}/") for error in outcome.errors]
