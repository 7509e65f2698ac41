"""New files for config/: checked with the code that loads them before anything is touched, then put in place whole."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ioc_core import catalogue
from ioc_core.catalogue import Catalogue, boundaries_file
from ioc_core.errors import ConfigError, ConfigErrors

UNITS = "units.csv"
ALIASES = "aliases.csv"
BOUNDARIES = boundaries_file.FILE
_ALL = (UNITS, ALIASES, BOUNDARIES, "procedures.csv", "systems.yaml", "metrics.yaml")
_BACKUP = ".bak"


class Staged(NamedTuple):
    """The catalogue as it would be, None when it would be wrong; and all that would be wrong."""

    catalogue: Catalogue | None
    errors: list[ConfigError]


def stage(config_dir: Path, texts: Mapping[str, str]) -> Staged:
    """Load the catalogue as if the files of these names had these texts.

    Errors name files as they will be called in `config_dir`, with lines of the new texts.
    """
    with tempfile.TemporaryDirectory(prefix="ioc-config-") as folder:
        staged = Path(folder)
        for name in _ALL:
            if name in texts:
                (staged / name).write_bytes(texts[name].encode())
            elif (config_dir / name).exists():
                shutil.copyfile(config_dir / name, staged / name)
        loaded, errors = _load(staged)
    return Staged(loaded, [_renamed(error, config_dir / Path(error.file).name) for error in errors])


def _load(folder: Path) -> Staged:
    loaded: Catalogue | None = None
    errors: list[ConfigError] = []
    try:
        loaded = catalogue.load(folder)
    except ConfigErrors as wrong:
        errors += wrong.errors
    if (folder / BOUNDARIES).exists():
        try:
            boundaries_file.read(folder / BOUNDARIES)
        except ConfigErrors as wrong:
            errors += wrong.errors
    return Staged(loaded, errors)


def _renamed(error: ConfigError, path: Path) -> ConfigError:
    return ConfigError(file=str(path), line=error.line, what=error.what, reason=error.reason)


def replace(config_dir: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write the files, each whole or not at all, and return the backups: what a file said before, beside it as `.bak`.

    A link is followed, so that what it points at is replaced; a file's mode is kept.

    Raises:
        OSError: a file can't be written; those before it are.
    """
    backups: list[Path] = []
    for name, text in texts.items():
        path = (config_dir / name).resolve()
        if path.exists():
            backup = path.with_name(path.name + _BACKUP)
            shutil.copy2(path, backup)
            backups.append(backup)
        _replace(path, text.encode())
    return backups


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(path.stat().st_mode if path.exists() else 0o644)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
