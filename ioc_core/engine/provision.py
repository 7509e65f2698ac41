"""The role and the database that the centre uses on its embedded cluster."""

import asyncpg

SUPERUSER = "postgres"
ROLE = "ioc"
DATABASE = "ioc"
_TIMEOUT = 20.0


async def provision(admin_url: str, *, password: str, update_timescaledb: bool) -> None:
    """Makes the role (no superuser; may create roles and databases, and read statistics) and its database.

    Changes nothing when both are there. `update_timescaledb`: the server's extension is newer than the database's.

    Raises: asyncpg.PostgresError.
    """
    admin = await asyncpg.connect(admin_url, timeout=_TIMEOUT, command_timeout=_TIMEOUT)
    try:
        if await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", ROLE) is None:
            secret = await admin.fetchval("SELECT quote_literal($1)", password)
            async with admin.transaction():
                await admin.execute(f"CREATE ROLE {ROLE} LOGIN CREATEROLE CREATEDB PASSWORD {secret}")
                await admin.execute(f"GRANT pg_monitor, pg_signal_backend TO {ROLE}")
        if await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE) is None:
            await admin.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE} TEMPLATE template0")
    finally:
        await admin.close(timeout=_TIMEOUT)
    if update_timescaledb:
        await _update_timescaledb(admin_url)


async def _update_timescaledb(admin_url: str) -> None:
    """Has to be the first command of its session: the old version's module may be gone already."""
    database = await asyncpg.connect(
        admin_url, database=DATABASE, timeout=_TIMEOUT, statement_cache_size=0, command_timeout=120.0
    )
    try:
        await database.execute("ALTER EXTENSION timescaledb UPDATE")
    except asyncpg.UndefinedObjectError:
        return  # the database doesn't use it yet
    finally:
        await database.close(timeout=_TIMEOUT)
