"""The catalogues of config/: `load` checks every line of every file and returns one immutable `Catalogue`."""

from pathlib import Path

from ioc_core.catalogue import aliases_file, metrics_file, procedures_file, systems_file, units_file
from ioc_core.catalogue.catalogue import Catalogue
from ioc_core.catalogue.types import (
    Alias,
    AliasKind,
    Metric,
    MetricKind,
    Procedure,
    ProcedureLevel,
    ServiceLevel,
    ServiceMode,
    StatutoryUnit,
    System,
    Unit,
    UnitKind,
)
from ioc_core.errors import ConfigError, ConfigErrors

__all__ = [
    "Alias",
    "AliasKind",
    "Catalogue",
    "Metric",
    "MetricKind",
    "Procedure",
    "ProcedureLevel",
    "ServiceLevel",
    "ServiceMode",
    "StatutoryUnit",
    "System",
    "Unit",
    "UnitKind",
    "load",
]


def load(config_dir: Path) -> Catalogue:
    """The catalogue of units.csv, procedures.csv, aliases.csv, systems.yaml and metrics.yaml in `config_dir`.

    All but aliases.csv must be there.

    Raises: ConfigErrors with every mistake of every file, by file and line.
    """
    errors: list[ConfigError] = []
    units = units_file.read(config_dir / "units.csv", errors)
    wrong_units = len(errors)
    procedures = procedures_file.read(config_dir / "procedures.csv", errors, units=units)
    aliases = aliases_file.read(
        config_dir / "aliases.csv",
        errors,
        units=units,
        procedures=procedures if len(errors) == wrong_units else None,
    )
    metrics = metrics_file.read(config_dir / "metrics.yaml", errors)
    systems = systems_file.read(
        config_dir / "systems.yaml",
        errors,
        units=None if units is None else units.keys(),
        metrics=None if metrics is None else metrics.keys(),
    )
    if errors or units is None or metrics is None:
        raise ConfigErrors(sorted(errors, key=lambda error: (error.file, error.line or 0)))
    return Catalogue(units=units, procedures=procedures, systems=systems, metrics=metrics, aliases=aliases)
