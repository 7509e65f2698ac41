"""The time before which a table of facts has nothing any more, as retention has written it down."""

from datetime import datetime

from ioc_core.db.pool import Connection

_FLOORS = "SELECT table_name, floor FROM retention_floors"


async def read_floors(connection: Connection) -> dict[str, datetime]:
    """Return the floor of every table that retention has looked at."""
    return {row["table_name"]: row["floor"] for row in await connection.fetch(_FLOORS)}
