"""Mirrors the catalogues and the working calendar of config/ into the database, for joins and for SQL's clock."""

from ioc_core.calendar import WorkingCalendar
from ioc_core.catalogue import Catalogue
from ioc_core.clock_rules import ClockRules
from ioc_core.db.pool import Connection

_LOCK = 0x10C_0002

_UNITS = """
INSERT INTO units (code, kind, name, short_name, parent, valid_from, valid_to, predecessors, latitude, longitude,
                   national_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (code) DO UPDATE SET
    kind = excluded.kind, name = excluded.name, short_name = excluded.short_name, parent = excluded.parent,
    valid_from = excluded.valid_from, valid_to = excluded.valid_to, predecessors = excluded.predecessors,
    latitude = excluded.latitude, longitude = excluded.longitude, national_id = excluded.national_id
"""

_PROCEDURES = """
INSERT INTO procedures (code, name, field_code, field_name, level, statutory_time, statutory_unit, fee_vnd,
                        service_level, service_mode, needs_paper_result, department, for_citizens, online_payment,
                        complete, decided_on, effective_on, published_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT (code) DO UPDATE SET
    name = excluded.name, field_code = excluded.field_code, field_name = excluded.field_name,
    level = excluded.level, statutory_time = excluded.statutory_time, statutory_unit = excluded.statutory_unit,
    fee_vnd = excluded.fee_vnd, service_level = excluded.service_level, service_mode = excluded.service_mode,
    needs_paper_result = excluded.needs_paper_result, department = excluded.department,
    for_citizens = excluded.for_citizens, online_payment = excluded.online_payment, complete = excluded.complete,
    decided_on = excluded.decided_on, effective_on = excluded.effective_on, published_on = excluded.published_on
"""

_LISTED = "UPDATE procedures SET listed = code = ANY($1) WHERE listed <> (code = ANY($1))"

_SYSTEMS = """
INSERT INTO systems (code, name, owner, security_level, contact, depends_on) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (code) DO UPDATE SET
    name = excluded.name, owner = excluded.owner, security_level = excluded.security_level,
    contact = excluded.contact, depends_on = excluded.depends_on
"""


_RULES = "UPDATE clock_rules SET due_soon = $1, acceptance_seconds = $2"


async def sync_catalogue(
    connection: Connection, catalogue: Catalogue, calendar: WorkingCalendar, rules: ClockRules
) -> None:
    """Make units, procedures, systems, working_periods and clock_rules say what config/ says, in one transaction.

    Rows that config/ no longer has stay (facts may point at them), procedures not `listed` any more; working periods
    are made anew, and a trigger then makes SQL's clock anew.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        await connection.executemany(
            _UNITS,
            [
                (
                    *(u.code, u.kind.value, u.name, u.short_name, u.parent, u.valid_from, u.valid_to),
                    *(list(u.predecessors), u.latitude, u.longitude, u.national_id),
                )
                for u in catalogue.units.values()
            ],
        )
        await connection.executemany(
            _PROCEDURES,
            [
                (
                    *(p.code, p.name, p.field_code, p.field_name, p.level, p.statutory_time, p.statutory_unit),
                    *(p.fee_vnd, p.service_level, p.service_mode, p.needs_paper_result, p.department, p.for_citizens),
                    *(p.online_payment, p.complete, p.decided_on, p.effective_on, p.published_on),
                )
                for p in catalogue.procedures.values()
            ],
        )
        await connection.execute(_LISTED, list(catalogue.procedures))
        await connection.executemany(
            _SYSTEMS,
            [
                (s.code, s.name, s.owner, s.security_level, s.contact, list(s.depends_on))
                for s in catalogue.systems.values()
            ],
        )
        await _working_periods(connection, calendar)
        await connection.execute(_RULES, rules.due_soon_seconds, rules.acceptance_seconds)


async def _working_periods(connection: Connection, calendar: WorkingCalendar) -> None:
    periods = calendar.periods(calendar.first_day, calendar.last_day)
    held = await connection.fetch("SELECT start_at, end_at, worked_before FROM working_periods ORDER BY start_at")
    wanted = [(p.start_at, p.end_at, float(p.cumulative_seconds)) for p in periods]
    if [tuple(row) for row in held] == wanted:
        return
    await connection.execute("DELETE FROM working_periods")
    await connection.copy_records_to_table(
        "working_periods", records=wanted, columns=("start_at", "end_at", "worked_before")
    )
