"""Whom a server runs as: PostgreSQL refuses root, so root hands it to an account without rights of its own."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ioc_core.errors import EngineError

_EXISTING = ("postgres", "ioc")
_CREATED = "ioc"


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged system account."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """The account PostgreSQL gets when we are root: `postgres`, else `ioc`, which is made; None when not root.

    Raises: EngineError when there is neither and `useradd` can't make one.
    """
    if os.geteuid() != 0:
        return None
    for name in _EXISTING:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    return _create(_CREATED)


def account_of(path: Path) -> Account | None:
    """The owner of `path`, or None when that is who we are (then nothing has to be changed)."""
    status = path.stat()
    if status.st_uid == os.geteuid():
        return None
    try:
        name = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        name = f"uid {status.st_uid}"
    return Account(name, status.st_uid, status.st_gid)


def can_enter(folder: Path, account: Account | None) -> bool:
    """Whether `account` may use `folder`: asked of the kernel, so that ACLs and every parent count."""
    return run_as(["/usr/bin/test", "-x", str(folder)], account) == 0


def run_as(command: list[str], account: Account | None, *, seconds: float = 10.0) -> int:
    """Exit status of a short, silent command run as `account`; 126 when the account may not execute it."""
    try:
        done = subprocess.run(  # noqa: S603 - constant commands, never input
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            timeout=seconds,
            check=False,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except (PermissionError, FileNotFoundError):
        return 126
    return done.returncode


def _create(name: str) -> Account:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if useradd is None:
        raise EngineError(f"PostgreSQL refuses to run as root: create a system user named {name} first")
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = subprocess.run(  # noqa: S603 - constant command
        [useradd, *options, "--shell", "/usr/sbin/nologin", name],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    if done.returncode != 0:
        raise EngineError(f"PostgreSQL refuses to run as root, and useradd {name} failed: {done.stderr.strip()}")
    entry = pwd.getpwnam(name)
    return Account(name, entry.pw_uid, entry.pw_gid)
