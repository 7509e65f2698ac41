"""Small private files of the embedded servers: written whole or not at all, readable by their owner alone."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from ioc_core.errors import EngineError


def write_private(path: Path, text: str, *, mode: int = 0o600, gid: int | None = None) -> None:
    """Replaces `path` atomically and durably; `gid` is the group that `mode` speaks of."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if gid is not None:
                os.fchown(file.fileno(), -1, gid)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in `folder` survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def secret_in(path: Path) -> str:
    """The secret kept in `path` (mode 0600), made at the first call: 192 random bits, safe inside a URL.

    Raises: EngineError when the file belongs to somebody else or is empty.
    """
    try:
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24) + "\n")
        secret = path.read_text(encoding="utf-8").strip()
    except PermissionError as error:
        owner = path.parent.stat().st_uid
        raise EngineError(f"{path}: only uid {owner} may read it, this process has uid {os.geteuid()}") from error
    if not secret:
        raise EngineError(f"{path}: is empty; restore it from the backup")
    return secret


def read_tail(path: Path, *, limit: int = 2000) -> str:
    """The last `limit` bytes of a log, or an empty text when there is none; a link is not followed."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - limit))
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""


def is_locked(path: Path) -> bool:
    """Whether a living process holds the lock on `path`."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.asynccontextmanager
async def exclusive(path: Path) -> AsyncIterator[None]:
    """Holds the lock on `path` against other processes; waits until the caller's own deadline cancels it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.02)
        yield
    finally:
        os.close(descriptor)
