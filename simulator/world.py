"""One simulated province: everything that follows from the configuration, the seed, the rate and the start."""

from dataclasses import dataclass
from datetime import date

from ioc_core import calendar_file, catalogue
from ioc_core.catalogue import Catalogue, UnitKind
from ioc_core.settings import Settings
from simulator.dossiers.day import DayPlanner
from simulator.dossiers.scenario import PRESENT, Scenario
from simulator.dossiers.timeline import Timeline
from simulator.dossiers.wire import DossierWire
from simulator.igate.protocol import AGENCY
from simulator.servers.log import ServerLog
from simulator.systems.report import Report, all_series
from simulator.workclock import WorkClock


@dataclass(frozen=True, slots=True)
class World:
    """The parts share nothing but their clock: each can be asked for what it tells."""

    catalogue: Catalogue
    clock: WorkClock
    scenario: Scenario
    seed: int
    rate: float

    @property
    def name(self) -> str:
        """Names what decides the world's messages; two worlds of one name tell the same."""
        return f"{self.scenario.name}/{self.seed}/{self.rate:g}"

    @property
    def agency(self) -> str:
        """`madonvi` of the province."""
        return agency_of(self.catalogue)

    def wire(self) -> DossierWire:
        """The one-stop system's encoder."""
        return DossierWire(self.clock, self.scenario.papers)

    def timeline(self, *, first: date, start: int) -> Timeline:
        """The one-stop system from a day on."""
        planner = DayPlanner(
            catalogue=self.catalogue,
            clock=self.clock,
            scenario=self.scenario,
            seed=self.seed,
            rate=self.rate,
        )
        return Timeline(planner, self.wire(), first=first, start=start)

    def report(self, start: int) -> Report:
        """The other systems."""
        return Report(all_series(self.catalogue, self.clock, self.seed, start), self.clock)

    def server_log(self, start: int) -> ServerLog:
        """The servers."""
        return ServerLog(self.seed, start)


def agency_of(catalogue: Catalogue) -> str:
    """Return `madonvi` of the catalogue's province."""
    provinces = (unit for unit in catalogue.units.values() if unit.kind is UnitKind.PROVINCE)
    return next((unit.national_id for unit in provinces if unit.national_id), AGENCY)


def load_world(settings: Settings, *, seed: int, rate: float, scenario: Scenario = PRESENT) -> World:
    """Return the world of a configuration. Raises: ConfigErrors with every wrong line of its files."""
    return World(
        catalogue=catalogue.load(settings.config_dir),
        clock=WorkClock(calendar_file.load(settings.config_dir)),
        scenario=scenario,
        seed=seed,
        rate=rate,
    )
