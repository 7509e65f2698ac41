"""docs/configuration.md names every column, key and value of the catalogue files."""

from pathlib import Path

import pytest

from ioc_core.calendar_file import CalendarFile
from ioc_core.catalogue import (
    AliasKind,
    ProcedureLevel,
    ServiceLevel,
    ServiceMode,
    StatutoryUnit,
    UnitKind,
    aliases_file,
    procedures_file,
    units_file,
)

GUIDE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        *units_file.REQUIRED,
        *units_file.OPTIONAL,
        *procedures_file.REQUIRED,
        *procedures_file.OPTIONAL,
        *aliases_file.REQUIRED,
        *aliases_file.OPTIONAL,
        *AliasKind,
        *CalendarFile.model_fields,
        *UnitKind,
        *ProcedureLevel,
        *ServiceMode,
        *StatutoryUnit,
        ServiceLevel.LEVEL_1,
        ServiceLevel.LEVEL_4,
    ],
)
def test_is_documented(name: str) -> None:
    assert f"`{name}`" in GUIDE
