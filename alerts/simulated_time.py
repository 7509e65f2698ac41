"""A clock that can be turned, for the documented views and the SQL of rules: `now()` is a setting of the session.

The views that go by the clock are made anew as temporary views of the session, which come before the real ones; in
them, and in the SQL of rules, every function that tells the present is replaced by one that reads the setting.
Nothing is changed for anybody else, and all of it is gone with the session.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import asyncpg

from alerts.query import STATEMENT_TIMEOUT, Answer, Session
from alerts.rule import Rule
from alerts.sql_text import replaced_calls

SETTING = "ioc.now"
AFTER = timedelta(microseconds=1)
"""A query runs after the instant for which it was due, so `late_at < now()` holds when somebody wakes at `late_at`."""
_NOW = "pg_temp.simulated_now()"

_CLOCKS: Mapping[str, str] = MappingProxyType(
    {
        "now": _NOW,
        "transaction_timestamp": _NOW,
        "statement_timestamp": _NOW,
        "clock_timestamp": _NOW,
        "current_timestamp": _NOW,
        "localtimestamp": f"({_NOW})::timestamp",
        "current_date": f"({_NOW})::date",
        "current_time": f"({_NOW})::timetz",
        "localtime": f"({_NOW})::time",
    }
)
"""Everything in PostgreSQL's SQL that tells the present; `timeofday()` gives text and is nobody's."""

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {_NOW} RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT current_setting('{SETTING}')::timestamptz $$
"""

_VIEWS = """
SELECT c.oid::int8 AS id, c.relname AS name, pg_get_viewdef(c.oid) AS sql,
       ARRAY(SELECT DISTINCT d.refobjid::int8 FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid
             WHERE r.ev_class = c.oid AND d.classid = 'pg_rewrite'::regclass
               AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid) AS reads
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
"""


@dataclass(frozen=True, slots=True)
class View:
    """A view of the database: its definition, and the ids of the relations that it reads."""

    id: int
    name: str
    sql: str
    reads: tuple[int, ...]


def at_simulated_time(sql: str) -> str:
    """Return `sql` with every function that tells the present replaced; lines stay where they were."""
    return replaced_calls(sql, _CLOCKS)


def by_the_clock(views: Mapping[int, View], instead: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (name, definition) of the temporary views that are needed, each after those that it reads.

    A view is made anew when it tells the time, has another definition in `instead`, or reads one that is made anew.
    """
    made: dict[int, tuple[str, str]] = {}
    looked: set[int] = set()

    def look(view: View) -> None:
        if view.id in looked:
            return
        looked.add(view.id)
        for other in view.reads:
            if other in views:
                look(views[other])
        sql = at_simulated_time(instead.get(view.name, view.sql.rstrip().rstrip(";")))
        if sql != view.sql.rstrip().rstrip(";") or any(other in made for other in view.reads):
            made[view.id] = (view.name, sql)

    for view in views.values():
        look(view)
    return list(made.values())


async def simulate(connection: "asyncpg.Connection[asyncpg.Record]", instead: Mapping[str, str] | None = None) -> None:
    """Make the views of this session go by the setting; `instead`: view → what it is to be, in this session.

    Raises:
        asyncpg.PostgresError: the role may not make temporary objects, or a definition of `instead` is wrong.
    """
    rows = await connection.fetch(_VIEWS)
    views = {row["id"]: View(row["id"], row["name"], row["sql"], tuple(row["reads"])) for row in rows}
    async with connection.transaction():
        await connection.execute(f"SET {SETTING} = 'epoch'")
        await connection.execute(_FUNCTION)
        for name, sql in by_the_clock(views, instead or {}):
            await connection.execute(f"CREATE TEMP VIEW {name} AS {sql}")
            await connection.execute(f"GRANT SELECT ON pg_temp.{name} TO ioc_rules")


class SimulatedSession(Session):
    """A session that was made to `simulate`, and asks as of the instant that `clock` gives."""

    def __init__(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        clock: Callable[[], datetime],
        timeout: timedelta = STATEMENT_TIMEOUT,
    ) -> None:
        super().__init__(connection, timeout)
        self._clock = clock
        self._rewritten: dict[str, str] = {}

    async def ask(self, rule: Rule) -> Answer:
        """Return what `rule` finds as of now. Raises: as `Session.ask`."""
        now = self._clock().astimezone(UTC) + AFTER
        await self.connection.execute(f"SET {SETTING} = '{now.isoformat()}'")
        wake = None if rule.wake is None else self._simulated(rule.wake)
        return await super().ask(replace(rule, expr=self._simulated(rule.expr), wake=wake))

    def _simulated(self, sql: str) -> str:
        if sql not in self._rewritten:
            self._rewritten[sql] = at_simulated_time(sql)
        return self._rewritten[sql]
