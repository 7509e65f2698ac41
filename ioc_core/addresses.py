"""Where the database and the bus of this centre are: as configured, or as `ioc up` wrote them down."""

from pathlib import Path

from ioc_core.errors import EngineError
from ioc_core.settings import Settings

DATABASE_FILE = "database-url"
NATS_FILE = "nats-url"


def database_url(settings: Settings) -> str:
    """Return the PostgreSQL URL, password included.

    Raises:
        EngineError: `IOC_DATABASE_URL` isn't set and no embedded database was started in the data directory.
    """
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return _written(settings.data_dir / "run" / DATABASE_FILE, "IOC_DATABASE_URL")


def nats_url(settings: Settings) -> str:
    """Return the NATS URL, password included.

    Raises:
        EngineError: `IOC_NATS_URL` isn't set and no embedded server was started in the data directory.
    """
    if settings.nats_url is not None:
        return settings.nats_url.get_secret_value()
    return _written(settings.data_dir / "run" / NATS_FILE, "IOC_NATS_URL")


def write_address(settings: Settings, name: str, url: str) -> None:
    """Write `url` down for other commands of the same owner (mode 0600); `name` is one of the constants above."""
    folder = settings.data_dir / "run"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(url + "\n", encoding="utf-8")


def _written(path: Path, variable: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EngineError(
            f"{variable} isn't set, and {path} can't be read ({error.strerror}): "
            f"set it, or start the centre with `ioc up`"
        ) from error
