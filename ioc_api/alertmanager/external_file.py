"""Reads config/external.yaml: how grave other systems' alerts are, and when they are over by themselves."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ioc_core import yaml_source
from ioc_core.durations import Duration
from ioc_core.live import Severity

FILE = "external.yaml"
DEFAULTS: Mapping[str, Severity] = {"critical": 1, "error": 2, "high": 2, "warning": 3, "info": 4}


class SeverityModel(BaseModel):
    """Which label says how grave an alert is, and what its values mean, without regard to case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")] = "severity"
    values: dict[str, Severity] = dict(DEFAULTS)
    otherwise: Severity = 3

    def of(self, labels: Mapping[str, str]) -> Severity:
        """Return how grave an alert with these labels is; `1` to `4` mean themselves."""
        said = labels.get(self.label, "").strip().casefold()
        own: dict[str, Severity] = {"1": 1, "2": 2, "3": 3, "4": 4}
        meant = {name.casefold(): severity for name, severity in self.values.items()}
        return meant.get(said) or own.get(said) or self.otherwise


class ExternalConfig(BaseModel):
    """The whole of config/external.yaml; documented there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    resolve_timeout: Annotated[Duration, Field(ge=timedelta(seconds=10))] = timedelta(minutes=5)
    severity: SeverityModel = SeverityModel()


def load(config_dir: Path) -> ExternalConfig:
    """Return the configuration; without the file, the defaults.

    Raises:
        ConfigErrors: every wrong line.
    """
    path = config_dir / FILE
    if not path.exists():
        return ExternalConfig()
    return yaml_source.validate(ExternalConfig, yaml_source.load(path))
