"""A private PostgreSQL cluster in the data directory, with TimescaleDB where the host has it."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil
from msgspec.structs import replace

from ioc_core.engine.account import Account, account_of, server_account
from ioc_core.engine.cluster import (
    ClusterRecord,
    base_folder,
    read_record,
    remove_cluster,
    require_match,
    write_record,
)
from ioc_core.engine.discovery import PostgresServer, find_servers
from ioc_core.engine.embedded import EmbeddedServer
from ioc_core.engine.files import read_tail, secret_in, write_private
from ioc_core.engine.initdb import initialise
from ioc_core.engine.placement import STATE_ROOT, place_cluster, reachable_server
from ioc_core.engine.process import launch_command
from ioc_core.engine.provision import DATABASE, ROLE, SUPERUSER, provision
from ioc_core.engine.tuning import configuration, machine_memory
from ioc_core.errors import EngineError

__all__ = ["EmbeddedPostgres", "PostgresServer", "find_servers"]

_NOT_YET = (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError, asyncpg.InterfaceError)


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL on 127.0.0.1, without a Unix socket, passwords by SCRAM.

    Root runs it as `postgres` (or `ioc`, made at need), because PostgreSQL refuses root; anybody else as themselves.
    Everything lies in `home`, except that root's cluster moves to a folder of its own under `state_root` when that
    account can't enter `home`; `home/cluster.json` says where it is.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": ends sessions, writes a checkpoint

    def __init__(
        self,
        home: Path,
        server: PostgresServer,
        *,
        port: int,
        state_root: Path = STATE_ROOT,
        memory: int | None = None,
        overrides: Mapping[str, str] | None = None,
    ) -> None:
        """`memory`: bytes to plan with instead of the machine's; `overrides`: PostgreSQL parameters by name."""
        super().__init__(home, port=port)
        self.server = server
        self._state_root = state_root
        self._memory = memory
        self._overrides = dict(overrides or {})
        self._programs: PostgresServer | None = None

    @property
    def url(self) -> str:
        """DSN of the role `ioc`, owner of the database `ioc`; not a superuser."""
        return self._dsn(ROLE, self.home / "password", DATABASE)

    @property
    def admin_url(self) -> str:
        """DSN of the superuser on the maintenance database: for backup, restore and repair."""
        return self._dsn(SUPERUSER, self.home / "admin-password", "postgres")

    @property
    def account(self) -> Account | None:
        """Whom the server runs as; None: as ourselves. Valid after `prepare`."""
        return account_of(self._data())

    def command(self) -> list[str]:
        base = self._base()
        if self._programs is None:
            raise EngineError(f"{self.name} in {self.home}: prepare() was not called")
        values = {
            "config_file": str(base / "postgresql.conf"),
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
        }
        argv = [str(self._programs.bin_dir / "postgres"), "-D", str(self._data())]
        for name, value in values.items():
            argv += ["-c", f"{name}={value}"]
        return launch_command(argv, lock=self.lock, port=self.port, stop_signal=self.stop_signal, account=self.account)

    def environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def remove(self) -> None:
        self.require_stopped()
        remove_cluster(self.home)

    def _prepare(self) -> None:
        record = read_record(self.home)
        if record is not None:
            require_match(self.home, record, self.server)
        if record is None or not record.initialised:
            record = self._make_cluster(record)
        account = account_of(self._data())
        if account is not None and server_account() is None:
            raise EngineError(f"{self._data()}: belongs to {account.name}: only that account or root can run it")
        self._programs = reachable_server(self.server, account, self._state_root)
        text = configuration(self.server, memory=self._memory or machine_memory(), overrides=self._overrides)
        path = base_folder(self.home, record) / "postgresql.conf"
        write_private(path, text, mode=0o640, gid=account.gid if account else None)
        self._drop_stale_pid_file()

    def _make_cluster(self, record: ClusterRecord | None) -> ClusterRecord:
        """The place is recorded before anything is made there, so an interrupted start is resumed, not repeated."""
        account = server_account()
        if record is None:
            base = place_cluster(self.home, account, self._state_root)
            record = ClusterRecord(
                postgresql=self.server.major,
                timescaledb=self.server.timescaledb,
                origin=self.server.origin,
                base="." if base == self.home else str(base),
                initialised=False,
            )
            write_record(self.home, record)
        programs = reachable_server(self.server, account, self._state_root)
        secret = secret_in(self.home / "admin-password")
        initialise(programs, base_folder(self.home, record), account=account, superuser=SUPERUSER, password=secret)
        done = replace(record, initialised=True)
        write_record(self.home, done)
        return done

    def _drop_stale_pid_file(self) -> None:
        """After a crash the number in postmaster.pid may belong to a stranger, and PostgreSQL would wait for that.

        Called with the run lock free, so no server that we launched is alive.
        """
        path = self._data() / "postmaster.pid"
        try:
            pid = int(path.read_text(encoding="ascii").splitlines()[0])
            if Path(psutil.Process(pid).cwd()) == self._data().resolve():
                raise EngineError(f"PostgreSQL in {self._data()} already runs as process {pid}, started by hand")
        except (FileNotFoundError, psutil.NoSuchProcess):
            return
        except (ValueError, IndexError, psutil.AccessDenied):
            pass
        path.unlink(missing_ok=True)

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.admin_url, timeout=5.0)
        except _NOT_YET:
            return False
        except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidPasswordError) as error:
            raise EngineError(f"another PostgreSQL answers on port {self.port}: {error}") from error
        await connection.close(timeout=5.0)
        return True

    async def _complete(self) -> None:
        record = read_record(self.home)
        if record is None:
            raise EngineError(f"{self.home}: cluster.json is missing")
        update = record.timescaledb != self.server.timescaledb
        password = await asyncio.to_thread(secret_in, self.home / "password")
        await provision(self.admin_url, password=password, update_timescaledb=update)
        if update:
            write_record(self.home, replace(record, timescaledb=self.server.timescaledb))

    def _stop_steps(self, within: float) -> Sequence[tuple[signal.Signals, float]]:
        return ((signal.SIGINT, within), (signal.SIGQUIT, 3.0))

    def _alive(self) -> bool:
        try:
            return super()._alive()
        except EngineError as error:
            logs = sorted((self._data() / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)
            tail = read_tail(logs[-1]) if logs else ""
            raise EngineError(f"{error}\n{tail}") from error

    def _base(self) -> Path:
        record = read_record(self.home)
        if record is None:
            raise EngineError(f"{self.home}: holds no database yet")
        return base_folder(self.home, record)

    def _data(self) -> Path:
        return self._base() / "cluster"

    def _dsn(self, role: str, secret: Path, database: str) -> str:
        return f"postgresql://{role}:{quote(secret_in(secret))}@127.0.0.1:{self.port}/{database}"
