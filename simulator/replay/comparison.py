"""A report's figures beside those that the centre gives. Pure: what the API answered is an argument."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from simulator.replay.allocation import Cell
from simulator.replay.registers import DOCUMENTS
from simulator.replay.report import Filed, Report


class Counted(Struct, frozen=True):
    """Dossiers received and resolved, as `/dossiers/summary` counts them."""

    received: int = 0
    resolved: int = 0


class Newest(Struct, frozen=True):
    """A series with its newest value, as `/series` lists it."""

    metric: str
    labels: dict[str, str]
    value: float


class Answers(Struct, frozen=True):
    """What the API said of the report's period: counts by key, those filed online by unit and level too."""

    units: Mapping[str, Counted]
    channels: Mapping[str, Counted]
    online_units: Mapping[str, Counted]
    online_levels: Mapping[str, Counted]
    series: Sequence[Newest]


class Figure(Struct, frozen=True):
    """One figure: what the report says, what the centre answers (None: nothing)."""

    name: str
    reported: float
    answered: float | None
    share: bool = False  # shown in per cent

    @property
    def agrees(self) -> bool:
        """Whether both are the same; shares to a tenth of a per cent, as reports round them."""
        if self.answered is None:
            return False
        return round(self.reported, 3) == round(self.answered, 3) if self.share else self.reported == self.answered


def compare(report: Report, cells: Sequence[Cell], answers: Answers) -> list[Figure]:
    """Return every figure of the report, with the centre's, and how many units agree one by one."""
    return [*_dossiers(report, cells, answers), *_registers(report, answers.series)]


def _dossiers(report: Report, cells: Sequence[Cell], answers: Answers) -> Iterator[Figure]:
    yield Figure("dossiers received", report.received, sum(unit.received for unit in answers.units.values()))
    yield Figure("dossiers resolved", report.resolved, sum(unit.resolved for unit in answers.units.values()))
    counter = answers.channels.get("1", Counted())
    yield Figure("filed at the counter", report.filed[Filed.COUNTER], counter.received)
    for filed in (Filed.LEVEL_3, Filed.LEVEL_4):
        level = answers.online_levels.get(filed.value, Counted())
        yield Figure(f"filed online at level {filed.value[-1]}", report.filed[filed], level.received)
    departments = {cell.unit.code for cell in cells if cell.unit.kind == "department"}
    received = sum(report.departments.values())
    online = received - report.departments[Filed.COUNTER]
    answered = sum(answers.units.get(code, Counted()).received for code in departments)
    answered_online = sum(answers.online_units.get(code, Counted()).received for code in departments)
    share = answered_online / answered if answered else None
    yield Figure("online share of the departments", online / received, share, share=True)
    planned = planned_units(cells)
    agreeing = sum(answers.units.get(code) == counted for code, counted in planned.items())
    yield Figure("units with exactly their dossiers", len(planned), agreeing)


def planned_units(cells: Iterable[Cell]) -> dict[str, Counted]:
    """Return the dossiers of each unit, as they were shared out."""
    received: Counter[str] = Counter()
    resolved: Counter[str] = Counter()
    for cell in cells:
        received[cell.unit.code] += cell.received
        resolved[cell.unit.code] += cell.resolved
    return {code: Counted(number, resolved[code]) for code, number in received.items()}


def _registers(report: Report, series: Sequence[Newest]) -> Iterator[Figure]:
    exchanged = [item.value for item in series if item.metric in DOCUMENTS]
    yield Figure("documents exchanged", report.documents, sum(exchanged) if exchanged else None)
    yield Figure("mail accounts", report.mail_accounts, _newest(series, "mail_accounts"))
    for holder, number in report.certificates.items():
        found = _newest(series, "certificates_valid", holder=holder)
        yield Figure(f"certificates: {holder}", number, found)
    services = [item.value for item in series if item.metric == "online_services"]
    yield Figure("online services", sum(report.services.values()), sum(services) if services else None)
    for level in ("level3", "level4"):
        found = _newest(series, "online_services", level=level)
        yield Figure(f"online services of {level}", report.services[level], found)


def _newest(series: Sequence[Newest], metric: str, **labels: str) -> float | None:
    fit = [item.value for item in series if item.metric == metric and labels.items() <= item.labels.items()]
    return fit[0] if fit else None
