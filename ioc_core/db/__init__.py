"""PostgreSQL and TimescaleDB through asyncpg: connections and migrations."""

from ioc_core.db.migrate import applied_versions, migrate
from ioc_core.db.pool import Connection, Pool, connect, create_pool, is_transient

__all__ = ["Connection", "Pool", "applied_versions", "connect", "create_pool", "is_transient", "migrate"]
