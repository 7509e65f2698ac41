"""How often sign-in may be tried: a leaky bucket for each user name and each address, shared by all API processes."""

from datetime import datetime, timedelta

from msgspec import Struct

from ioc_core.db import Connection


class Limit(Struct, frozen=True):
    """`burst` attempts at once, then one each `refill_seconds`."""

    burst: int
    refill_seconds: float


PER_USER = Limit(burst=10, refill_seconds=60.0)
PER_ADDRESS = Limit(burst=30, refill_seconds=10.0)

FORGET_AFTER = timedelta(days=1)

_ATTEMPT = """
INSERT INTO sign_in_attempts AS a (key, level, at) VALUES ($1, 1, $2)
ON CONFLICT (key) DO UPDATE SET
    level = least(greatest(a.level - extract(epoch FROM excluded.at - a.at) / $3, 0) + 1, $4 + 1), at = excluded.at
RETURNING level
"""


def wait_seconds(level: float, limit: Limit) -> float:
    """Return how long to wait when the bucket stands at `level` after this attempt; 0 when it is allowed."""
    return max(level - limit.burst, 0.0) * limit.refill_seconds


async def attempt(connection: Connection, *, user: str, address: str, now: datetime) -> float:
    """Count an attempt before the password is looked at; return the seconds to wait, 0 when it is allowed.

    Names that don't exist are counted like those that do.
    """
    waits = []
    for key, limit in ((f"address:{address}", PER_ADDRESS), (f"user:{user}", PER_USER)):
        level = await connection.fetchval(_ATTEMPT, key, now, limit.refill_seconds, float(limit.burst))
        waits.append(wait_seconds(level, limit))
        if waits[-1] > 0:
            break
    return max(waits)


async def forgive(connection: Connection, *, user: str) -> None:
    """Forget the attempts on a name whose owner has signed in."""
    await connection.execute("DELETE FROM sign_in_attempts WHERE key = $1", f"user:{user}")
