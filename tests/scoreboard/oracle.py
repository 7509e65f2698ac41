"""The scoreboard's counts, slowly: one dossier at a time, by the words of the definition. Shares no code with it."""

import random
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from ioc_core.db import Connection

FLAGS = (
    "paid_online",
    "electronic_result",
    "papers_digitised",
    "papers_reused",
    "papers_from_store",
    "population_data",
)
PROVINCE = "66"
UNITS = ("22015", "24133", "STP", "VPUBND", "TTPVHCC", None, "KHONGCO")
"""Communes, a department, a department with an office, nothing, and a code that no catalogue knows."""
ABOVE = {"22015": ["66"], "24133": ["66"], "STP": ["66"], "VPUBND": ["66"], "TTPVHCC": ["VPUBND", "66"]}
SCOPES = ("66", "22015", "24133", "STP", "VPUBND", "TTPVHCC", "unmapped")
PROCEDURES = ("1.001193", "1.004884", "2.000815", "1.004222", "2.000488", "2.000033", "2.002396", "9.999999", None)
"""Free and fee-bearing, full, partial and for information, with and without a paper result; unknown; none."""


@dataclass
class Row:
    """A dossier as `dossiers` has it."""

    code: str
    source: str
    resolving_unit: str | None
    receiving_unit: str | None
    procedure_code: str | None
    filed_at: datetime | None
    accepted_at: datetime | None
    ended_at: datetime | None
    late_at: datetime | None
    lateness: int | None
    channel: int | None
    fee_vnd: int | None
    flags: dict[str, bool | None] = field(default_factory=dict)

    @property
    def unit(self) -> str | None:
        """Who has to act."""
        return self.resolving_unit if self.resolving_unit is not None else self.receiving_unit


@dataclass
class Register:
    """What the register says of a procedure."""

    mode: str | None
    fee: int
    needs_result: bool


def population(seed: int, since: datetime, until: datetime, size: int) -> list[Row]:
    """Random dossiers, many of them with times at, or a moment beside, the ends of the period.

    The source `igate` says everything, `partner` only some fields, `silent` none but what every record has.
    """
    chance = random.Random(seed)

    def instant() -> datetime:
        if chance.random() < 0.3:
            edge = chance.choice((since, until))
            return edge + chance.choice((-1, 0, 1)) * timedelta(microseconds=1)
        return since + (until - since) * chance.uniform(-1.2, 1.8)

    rows = []
    for number in range(size):
        source = chance.choice(("igate", "igate", "partner", "silent"))
        ended = instant() if chance.random() < 0.6 else None
        accepted = chance.random() < 0.9
        flags: dict[str, bool | None] = {name: chance.choice((True, False, None)) for name in FLAGS}
        if source == "partner":
            flags |= dict.fromkeys(("electronic_result", "papers_reused", "paid_online"))
        if source == "silent":
            flags = dict.fromkeys(FLAGS)
        resolving = chance.choice(UNITS)
        rows.append(
            Row(
                code=f"H15-{number:05}",
                source=source,
                resolving_unit=resolving,
                receiving_unit=chance.choice(UNITS),
                procedure_code=chance.choice(PROCEDURES),
                filed_at=instant() if chance.random() < 0.97 else None,
                accepted_at=instant() if accepted else None,
                ended_at=ended,
                late_at=instant() if accepted and chance.random() < 0.8 else None,
                lateness=chance.choice((1, 2, 3, 3, None)) if ended is not None and accepted else None,
                channel=None if source == "silent" else chance.choice((1, 2, 2, 3, None)),
                fee_vnd=chance.choice((None, 0, 0, 5000)),
                flags=flags,
            )
        )
    return rows


async def store(connection: Connection, rows: list[Row]) -> None:
    """Write the rows as the writer would."""
    names = [it.name for it in fields(Row) if it.name != "flags"]
    constant: dict[str, Any] = {"status": 4, "content_id": "x", "waiting_for_citizen": False}
    records = []
    for row in rows:
        values = {name: value for name, value in asdict(row).items() if name in names} | row.flags | constant
        told = row.filed_at or row.accepted_at or row.ended_at or datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        values |= {"effective_at": told, "told_at": told, "first_told_at": told, "is_open": row.ended_at is None}
        records.append(tuple(values.values()))
        columns = list(values)
    await connection.copy_records_to_table("dossiers", records=records, columns=columns)


def scopes_of(unit: str | None) -> list[str]:
    """The lines in which a dossier of a unit counts."""
    return [unit, *ABOVE[unit]] if unit in ABOVE and unit is not None else ["unmapped", PROVINCE]


class Oracle:
    """Numerators and denominators of a period, as lists of codes."""

    def __init__(
        self, rows: list[Row], register: dict[str, Register], since: datetime, until: datetime, results: dict[str, str]
    ) -> None:
        """`results`: how 3.3, 3.full and 4.2 are configured (ignored, where_needed, always)."""
        self.rows = [row for row in rows if row.accepted_at is not None and row.filed_at is not None]
        self.register = register
        self.since, self.until = since, until
        self.results = results

    def received(self, row: Row) -> bool:
        """NgayTiepNhan lies in the period."""
        assert row.filed_at is not None
        return self.since <= row.filed_at < self.until

    def in_progress(self, row: Row) -> bool:
        """Received or processed in the period (2.1)."""
        assert row.filed_at is not None
        return row.filed_at < self.until and (row.ended_at is None or row.ended_at >= self.since)

    def in_time(self, row: Row) -> bool:
        """Finished in time, or still running within its term at the end of the period."""
        if row.ended_at is not None and row.ended_at < self.until:
            return row.lateness in (1, 2)
        return row.late_at is None or not row.late_at < self.until

    def says(self, source: str, name: str) -> bool:
        """Whether any record of a source, of the dossiers received, states a field."""
        return any(
            (row.channel if name == "channel" else row.flags[name]) is not None
            for row in self.rows
            if row.source == source and self.received(row)
        )

    def counted(self, id_: str, scope: str) -> tuple[list[str], list[str]]:
        """Codes in the numerator and in the denominator of an indicator of dossiers."""
        numerator, denominator = [], []
        for row in self.rows:
            if scope not in scopes_of(row.unit) or not all(self.says(row.source, name) for name in self.needs(id_)):
                continue
            inside, hit = self.judge(id_, row)
            if inside:
                denominator.append(row.code)
                if hit:
                    numerator.append(row.code)
        return numerator, denominator

    def needs(self, id_: str) -> tuple[str, ...]:
        """The fields that an indicator is made of."""
        result = () if self.results.get(id_) == "ignored" else ("electronic_result",)
        return {
            "2.1": (),
            "1.4": (),
            "3.3": ("channel", *result),
            "3.full": ("channel", *result),
            "3.6": ("paid_online",),
            "4.1": ("electronic_result",),
            "4.2": ("papers_digitised", *result),
            "4.3": ("papers_reused",),
            "4.4": ("papers_from_store",),
            "4.5b": ("population_data",),
            "4.5c": ("electronic_result",),
        }[id_]

    def judge(self, id_: str, row: Row) -> tuple[bool, bool]:
        """Whether a dossier is in the denominator, and whether it would be in the numerator."""
        procedure = self.register.get(row.procedure_code or "")
        received, flags = self.received(row), row.flags
        match id_:
            case "2.1":
                return self.in_progress(row), self.in_time(row)
            case "1.4":
                return received, True
            case "3.3":
                return received, row.channel == 2 and self.result(id_, row)
            case "3.full":
                eligible = procedure is not None and procedure.mode == "full"
                return received and eligible, row.channel == 2 and self.result(id_, row)
            case "3.6":
                costs = procedure is not None and procedure.fee > 0 and row.fee_vnd != 0
                return received and costs, flags["paid_online"] is True
            case "4.1":
                needs = procedure is not None and procedure.needs_result
                return received and needs, flags["electronic_result"] is True
            case "4.2":
                return received, flags["papers_digitised"] is True and self.result(id_, row)
            case "4.3":
                return received, flags["papers_reused"] is True
            case "4.4":
                return received, flags["papers_from_store"] is True
            case "4.5b":
                return received, flags["population_data"] is True
            case "4.5c":
                return received and row.procedure_code == "2.000815", flags["electronic_result"] is True
        raise AssertionError(id_)

    def result(self, id_: str, row: Row) -> bool:
        """Whether a dossier has the electronic result that an indicator asks for."""
        procedure = self.register.get(row.procedure_code or "")
        if self.results[id_] == "ignored":
            return True
        if self.results[id_] == "where_needed" and procedure is not None and not procedure.needs_result:
            return True
        return row.flags["electronic_result"] is True

    def procedures(self, id_: str, scope: str) -> list[str]:
        """Codes of dossiers that make a procedure count in 3.2, 3.5b or 4.5a, whoever offers it."""
        name = {"3.2": "channel", "3.5b": "paid_online", "4.5a": "population_data"}[id_]
        return [
            row.code
            for row in self.rows
            if scope in scopes_of(row.unit)
            and self.received(row)
            and self.says(row.source, name)
            and (row.channel == 2 if name == "channel" else row.flags[name] is True)
        ]
