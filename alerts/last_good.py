"""A copy of the configuration that was taken over last: a start with broken files goes on with it."""

import shutil
import tempfile
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


def last_good(data_dir: Path) -> Path:
    """Return where the copy is, if there is one."""
    return data_dir / "alerts" / "config"


def keep(config_dir: Path, data_dir: Path) -> None:
    """Keep a copy of `config_dir` in place of the one before; what can't be written is logged and given up."""
    kept = last_good(data_dir)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as part:
            shutil.copytree(config_dir, Path(part) / "new")
            if kept.exists():
                kept.rename(Path(part) / "old")
            (Path(part) / "new").rename(kept)
    except OSError as error:
        log.warning("configuration_not_kept", folder=str(kept), error=str(error))
