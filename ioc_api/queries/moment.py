"""The instant at which dossiers are looked at, and what the working clock says then."""

from datetime import datetime

from msgspec import Struct

from ioc_core.db import Connection

_MOMENT = "SELECT working_clock($1) AS clock, due_soon FROM clock_rules"


class Moment(Struct, frozen=True):
    """`clock`: working seconds since the calendar began, at `now`.

    `due_soon`: working seconds left at which a dossier is due soon, the longest first (tiers 3, 2, 1).
    """

    now: datetime
    clock: float
    due_soon: tuple[float, float, float]

    @property
    def tiers(self) -> tuple[float, float, float]:
        """The working clock up to which a term is in tier 3, 2, 1 or a more urgent one."""
        third, second, first = self.due_soon
        return self.clock + third, self.clock + second, self.clock + first


async def moment(connection: Connection, now: datetime) -> Moment:
    """Return the moment of `now`, by the calendar and the rules that the database mirrors."""
    row = await connection.fetchrow(_MOMENT, now)
    assert row is not None  # the migration made the row of rules
    return Moment(now, row["clock"], tuple(row["due_soon"]))
