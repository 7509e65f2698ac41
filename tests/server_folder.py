"""Where the databases of the tests lie: in memory, where there is enough of it."""

import os
import shutil
import tempfile
from pathlib import Path

import psutil

_MEMORY = Path("/dev/shm")
_NEEDED = 4 << 30
_PREFIX = "ioc-tests-"


def server_folder() -> Path:
    """Return a new folder that every account can pass through, to be removed by the caller.

    A database is some 600 files. ext4 doesn't use an inode again for a minute or more after its file was deleted, and
    looks at each such inode for every new file: making and dropping databases one after the other then takes 0.7 s of
    processor time each on a disk, and 0.1 s in memory.
    """
    parent = _MEMORY if _has_room(_MEMORY) else Path(tempfile.gettempdir())
    _remove_abandoned(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    folder.chmod(0o711)
    return folder


def _has_room(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK) and shutil.disk_usage(folder).free > _NEEDED


def _remove_abandoned(parent: Path) -> None:
    """Remove the folders of test runs that were killed."""
    for folder in parent.glob(f"{_PREFIX}*"):
        if not psutil.pid_exists(int(folder.name.removeprefix(_PREFIX).split("-")[0])):
            shutil.rmtree(folder, ignore_errors=True)
