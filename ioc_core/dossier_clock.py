"""The clock that config/ describes, by which dossiers are judged."""

from pathlib import Path

from ioc_core import calendar_file, catalogue
from ioc_core.dossier import DossierClock
from ioc_core.dossier.verdict import statutory_of


def load(config_dir: Path) -> DossierClock:
    """Return the clock of calendar.yaml and procedures.csv. Raises: ConfigErrors with every wrong line."""
    return DossierClock(
        calendar_file.load(config_dir),
        statutory_of(catalogue.load(config_dir).procedures),
        acceptance_seconds=calendar_file.load_clock_rules(config_dir).acceptance_seconds,
    )
