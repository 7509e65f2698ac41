"""The figures of field reports: facts, exact to the unit. A replay of a report must come out with them."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from ioc_core.catalogue import ServiceLevel
from ioc_core.events import Channel
from simulator.replay.apportion import apportion


class Filed(StrEnum):
    """How a report of that time tells dossiers apart: at the counter, or online by the level of the service."""

    COUNTER = "counter"
    LEVEL_3 = "level3"
    LEVEL_4 = "level4"

    @property
    def channel(self) -> Channel:
        """`KenhThucHien` of such a dossier."""
        return Channel.COUNTER if self is Filed.COUNTER else Channel.ONLINE

    @property
    def service_level(self) -> ServiceLevel | None:
        """The level that its procedure must have; None: any that was assessed."""
        return None if self is Filed.COUNTER else ServiceLevel(self.value)


class Report(Struct, frozen=True, kw_only=True):
    """What a province reports of the days from `first` to `last`, both included.

    `filed` and `departments` count the dossiers received, by how they were filed: in all, and at the departments
    alone; `resolved` of all are ended by the last day. The registers are as they stand on the last day:
    `certificates` by holder, `services` by level.
    """

    name: str
    title: str
    first: date
    last: date
    filed: Mapping[Filed, int]
    departments: Mapping[Filed, int]
    resolved: int
    documents: int
    mail_accounts: int
    certificates: Mapping[str, int]
    services: Mapping[str, int]

    @property
    def received(self) -> int:
        """All dossiers."""
        return sum(self.filed.values())

    @property
    def online(self) -> int:
        """Those filed online, at either level."""
        return self.received - self.filed[Filed.COUNTER]


def _filed(counter: int, level3: int, level4: int) -> Mapping[Filed, int]:
    return MappingProxyType({Filed.COUNTER: counter, Filed.LEVEL_3: level3, Filed.LEVEL_4: level4})


DAK_LAK_2020 = Report(
    name="dak-lak-2020",
    title="Đắk Lắk, 1/1–30/9/2020",
    first=date(2020, 1, 1),
    last=date(2020, 9, 30),
    # The report divides the online ones by 190,425 and says 10.61% and 6%; of all 221,942 they are 9.11% and 5.09%.
    filed=_filed(190_425, 20_215, 11_302),
    # "Departments alone: 19.5% online" is all that is said of them: 8,580 of 44,000 are exactly that.
    departments=_filed(35_420, 4_860, 3_720),
    resolved=197_552,
    documents=1_410_312,
    mail_accounts=46_016,
    certificates=MappingProxyType({"person": 3_402, "organisation": 725, "sim": 655}),
    # 1,626 online services, of which 595 of level 3 and 351 of level 4.
    services=MappingProxyType({"level1-2": 680, "level3": 595, "level4": 351}),
)
"""A province's report of nine months; public figures."""

REPORTS: Mapping[str, Report] = MappingProxyType({DAK_LAK_2020.name: DAK_LAK_2020})


def scaled(report: Report, share: float) -> Report:
    """Return the report of a province `share` times as large (0 to 1); the parts of a figure still add up."""
    departments = _part(report.departments, share)
    rest = _part({filed: report.filed[filed] - number for filed, number in report.departments.items()}, share)
    filed = {one: departments[one] + rest[one] for one in Filed}
    return Report(
        name=f"{report.name}-{share:g}",
        title=report.title,
        first=report.first,
        last=report.last,
        filed=filed,
        departments=departments,
        resolved=round(sum(filed.values()) * report.resolved / report.received),
        documents=round(report.documents * share),
        mail_accounts=report.mail_accounts,
        certificates=report.certificates,
        services=report.services,
    )


def _part(counts: Mapping[Filed, int], share: float) -> dict[Filed, int]:
    parts = apportion(round(sum(counts.values()) * share), list(counts.values()))
    return dict(zip(counts, parts, strict=True))
