"""Removes a data directory for good, also what its cluster keeps elsewhere: `python -m ioc_core.engine.remove DIR`."""

import shutil
import sys
from pathlib import Path

from ioc_core.engine.cluster import remove_cluster
from ioc_core.engine.files import is_locked
from ioc_core.errors import EngineError


def remove_data(data_dir: Path) -> None:
    """Deletes `data_dir`; does nothing when it isn't there. Raises: EngineError while a process of ours uses it."""
    held = [lock for lock in data_dir.glob("*/*.lock") if is_locked(lock)]
    if held:
        raise EngineError(f"{data_dir} is in use ({held[0]}): stop the centre first")
    for record in data_dir.glob("*/cluster.json"):
        remove_cluster(record.parent)
    shutil.rmtree(data_dir, ignore_errors=True)


if __name__ == "__main__":
    try:
        remove_data(Path(sys.argv[1]))
    except EngineError as error:
        sys.exit(str(error))
