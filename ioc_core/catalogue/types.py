"""What the catalogues are made of: units, procedures, systems and metrics, each a frozen row."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ioc_core.catalogue.periods import holds_on


class UnitKind(StrEnum):
    """What a unit is; districts exist only in history (they were abolished on 1 July 2025)."""

    PROVINCE = "province"
    DEPARTMENT = "department"
    DISTRICT = "district"
    COMMUNE = "commune"


class ProcedureLevel(StrEnum):
    """The level of government that resolves a procedure."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class ServiceLevel(StrEnum):
    """Online service in the vocabulary in force until 2022 ("mức độ 1" to "mức độ 4")."""

    LEVEL_1 = "level1"
    LEVEL_2 = "level2"
    LEVEL_3 = "level3"
    LEVEL_4 = "level4"


class ServiceMode(StrEnum):
    """Online service in the vocabulary in force since 2022: information only, một phần, toàn trình."""

    INFORMATION = "information"
    PARTIAL = "partial"
    FULL = "full"


class StatutoryUnit(StrEnum):
    """The unit in which the law states a procedure's time."""

    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    DAYS = "days"
    MONTHS = "months"


class AliasKind(StrEnum):
    """What an alias stands for."""

    UNIT = "unit"
    PROCEDURE = "procedure"


class MetricKind(StrEnum):
    """Prometheus' words: a gauge goes up and down, a counter only up (until its process restarts)."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Unit:
    """An authority. It is valid from `valid_from` to `valid_to`, both included; None is open-ended.

    `predecessors` are the codes of the units whose work it took over, wholly or in part. Degrees are WGS84.
    """

    code: str
    kind: UnitKind
    name: str
    short_name: str
    parent: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    predecessors: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    national_id: str | None = None
    population: int | None = None

    def valid_on(self, day: date) -> bool:
        """Whether the unit exists on that day."""
        return holds_on(self, day)


@dataclass(frozen=True, slots=True)
class Procedure:
    """An administrative procedure (thủ tục hành chính).

    `service_level` and `service_mode` are two vocabularies of two periods: neither is derived from the other.
    `department` is the code of the department whose field it is. What follows it is None where the register doesn't
    say: whether citizens may ask for it, whether its fee can be paid online, whether everything that must be said of
    it is published, and the days of the announcing decision, of its taking effect, and of its publication.
    """

    code: str
    name: str
    field_code: str
    field_name: str
    level: ProcedureLevel
    service_level: ServiceLevel | None
    service_mode: ServiceMode | None
    statutory_time: float
    statutory_unit: StatutoryUnit
    fee_vnd: int
    needs_paper_result: bool
    department: str | None = None
    for_citizens: bool | None = None
    online_payment: bool | None = None
    complete: bool | None = None
    decided_on: date | None = None
    effective_on: date | None = None
    published_on: date | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """What sources write (`text`) for the unit or procedure with this code, from `valid_from` to `valid_to`."""

    kind: AliasKind
    text: str
    code: str
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class System:
    """An e-government system that is watched. `security_level` is its approved level, 1 to 5.

    `owner` is a unit's code, `depends_on` are systems' codes, `measures` names of metrics; `contact` is a role.
    """

    code: str
    name: str
    name_en: str
    owner: str
    security_level: int
    contact: str
    depends_on: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric by Prometheus' conventions: base unit, and the range outside of which a value is a mistake."""

    name: str
    kind: MetricKind
    unit: str
    help_vi: str
    help_en: str
    minimum: float | None = None
    maximum: float | None = None
    labels: tuple[str, ...] = ()
