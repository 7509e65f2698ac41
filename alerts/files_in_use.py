"""Writes down which configuration of rules and routes is in use, and why a newer one isn't."""

from collections.abc import Sequence
from datetime import datetime

from ioc_core.db import Pool

_WRITE = "UPDATE rule_files SET loaded_at = $1, refused_at = $2, problems = $3"


async def write_files(pool: Pool, loaded_at: datetime, refused: tuple[datetime, Sequence[str]] | None) -> None:
    """Keep when the files in use were taken over, and since when and for which problems newer ones are refused."""
    refused_at, problems = refused or (None, ())
    await pool.execute(_WRITE, loaded_at, refused_at, list(problems))
