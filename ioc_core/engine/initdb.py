"""Makes a PostgreSQL cluster: UTF-8, order by code point on every engine, checksums, SCRAM."""

import os
import shutil
import subprocess
from pathlib import Path

from ioc_core.engine.account import Account
from ioc_core.engine.discovery import PostgresServer
from ioc_core.engine.files import sync_folder
from ioc_core.errors import EngineError

_BUILTIN_LOCALE_MAJOR = 17  # the first PostgreSQL with a locale of its own, independent of the host's libc


def initialise(server: PostgresServer, base: Path, *, account: Account | None, superuser: str, password: str) -> None:
    """Makes `base/cluster`; does nothing when it is there, starts again when it was left half made.

    Raises: EngineError with what initdb said.
    """
    done = base / "cluster"
    if (done / "PG_VERSION").exists():
        return
    part, secret = base / "cluster.new", base / "superuser-password"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    secret.unlink(missing_ok=True)
    descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(password)
        if account is not None:
            os.chown(part, account.uid, account.gid)
            os.chown(secret, account.uid, account.gid)
        _initdb(server, part, secret=secret, superuser=superuser, account=account)
    finally:
        secret.unlink(missing_ok=True)
    part.rename(done)
    sync_folder(base)


def _initdb(server: PostgresServer, data: Path, *, secret: Path, superuser: str, account: Account | None) -> None:
    command = [str(server.bin_dir / "initdb"), "-D", str(data), "--username", superuser, "--pwfile", str(secret)]
    command += ["--auth", "scram-sha-256", "--encoding", "UTF8", "--data-checksums", *_locale(server.major)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program and arguments
            command,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C"},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"initdb of {server} in {data}: {error}") from error
    if done.returncode != 0:
        raise EngineError(f"initdb of {server} in {data} failed: {done.stderr.strip()}")


def _locale(major: int) -> list[str]:
    if major >= _BUILTIN_LOCALE_MAJOR:
        return ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    return ["--locale", "C.UTF-8"]
