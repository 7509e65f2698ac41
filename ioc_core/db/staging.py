"""Rows of a transaction put beside the tables first, for one statement that works on all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from ioc_core.db.pool import Connection


async def stage(
    connection: Connection, name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Make the temporary table `name` (column → type) hold `rows` and nothing else until the transaction ends.

    COPY takes half the time of arrays as parameters when rows are wide. Names are constants of the caller.
    """
    listed = ", ".join(f"{column} {type_}" for column, type_ in columns.items())
    await connection.execute(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({listed}) ON COMMIT DELETE ROWS; DELETE FROM {name}"
    )
    await connection.copy_records_to_table(name, records=rows, columns=tuple(columns))
