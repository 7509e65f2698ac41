"""`ioc up --replay`: a centre for a field report of the past, in a folder of its own, that keeps what is so old."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from ioc_cli.supervisor.centre import Centre
from ioc_core.errors import EngineError
from ioc_core.settings import Settings

REPLAY_SOURCES = Path(__file__).resolve().parent.parent / "simulator" / "replay" / "sources"
KEPT_DAYS = 36_500
_KEPT = ("retention_samples_days", "retention_dossier_days", "retention_rollup_days")


def replay_settings(settings: Settings, report: str) -> Settings:
    """Return the settings of a report's centre: in `<data dir>/replay-<report>`, with everything kept for a century.

    Raises:
        EngineError: a database or a bus is configured; a replay would mix the past into it.
    """
    if settings.database_url is not None or settings.nats_url is not None:
        raise EngineError(
            "--replay brings up a database and a bus of its own: unset IOC_DATABASE_URL and IOC_NATS_URL"
        )
    kept = dict.fromkeys(_KEPT, KEPT_DAYS)
    folder = settings.data_dir / f"replay-{report}"
    return settings.model_copy(update={"data_dir": folder, "extra_sources": REPLAY_SOURCES, **kept})


def replay_environment(settings: Settings) -> dict[str, str]:
    """Return what the processes of such a centre must know beside the folders."""
    kept = {f"IOC_{name.upper()}": str(getattr(settings, name)) for name in _KEPT}
    return {"IOC_EXTRA_SOURCES": str(REPLAY_SOURCES), **kept}


async def check_replay(centre: Centre, report: str) -> None:
    """Do nothing if there is such a report, and the catalogue knows the units of its time.

    Raises:
        EngineError: says what there is.
    """
    await centre.command("simulate", "--scenario", report, "--dry-run")


async def run_replay(centre: Centre, report: str) -> None:
    """Send a report to a centre that is up, and show its figures beside the centre's."""
    name = f"replay-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    token = await centre.command("token", "create", name, "--role", "viewer", "--days", "1")
    sys.stdout.write(f"\nreplaying {report} …\n")
    sys.stdout.flush()
    await centre.shown("simulate", "--scenario", report, extra={"IOC_API_TOKEN": token})
    sys.stdout.write("\nthe centre stays up for a look; Ctrl-C stops it\n")
    sys.stdout.flush()
