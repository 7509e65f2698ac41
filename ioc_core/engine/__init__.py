"""The servers the centre brings along: PostgreSQL (with TimescaleDB where the host has it) and NATS."""

from ioc_core.engine.cluster import select_server
from ioc_core.engine.discovery import PostgresServer, find_servers, wheel_server
from ioc_core.engine.edition import Edition, EditionKind
from ioc_core.engine.nats import EmbeddedNats, find_nats_server
from ioc_core.engine.ports import free_port, is_listening
from ioc_core.engine.postgres import EmbeddedPostgres

__all__ = [
    "Edition",
    "EditionKind",
    "EmbeddedNats",
    "EmbeddedPostgres",
    "PostgresServer",
    "find_nats_server",
    "find_servers",
    "free_port",
    "is_listening",
    "select_server",
    "wheel_server",
]
