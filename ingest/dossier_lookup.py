"""`TraCuuHoSo`: a dossier as last synced, written in the national protocol's words."""

from zoneinfo import ZoneInfo

from ingest.database import Database
from ingest.decoders.national_fields import local_text
from ioc_core.db import Connection

_SELECT = """
SELECT code, procedure_code, procedure_name, field_code, field_name, channel, status, filed_at, due_at, finished_at,
       returned_at, resolving_text, paid_online
FROM dossiers WHERE code = $1 AND source = $2
"""
_DEADLINE = 5.0


async def find_dossier(database: Database, code: str, source: str, zone: ZoneInfo) -> dict[str, str] | None:
    """The dossier `code` if `source` synced it; no personal data is known, so none is told.

    Raises:
        StorageError: the database is away.
    """
    async with database.connection() as connection:
        return await _row(connection, code, source, zone)


async def _row(connection: Connection, code: str, source: str, zone: ZoneInfo) -> dict[str, str] | None:
    row = await connection.fetchrow(_SELECT, code, source, timeout=_DEADLINE)
    if row is None:
        return None
    texts = {
        "MaHoSo": row["code"],
        "MaTTHC": row["procedure_code"],
        "TenTTHC": row["procedure_name"],
        "MaLinhVuc": row["field_code"],
        "TenLinhVuc": row["field_name"],
        "KenhThucHien": row["channel"],
        "TrangThaiHoSo": row["status"],
        "DonViXuLy": row["resolving_text"],
    }
    times = {
        "NgayTiepNhan": row["filed_at"],
        "NgayHenTra": row["due_at"],
        "NgayKetThucXuLy": row["finished_at"],
        "NgayTra": row["returned_at"],
    }
    found = {key: "" if value is None else str(value) for key, value in texts.items()}
    return found | {key: local_text(at, zone) for key, at in times.items()}
