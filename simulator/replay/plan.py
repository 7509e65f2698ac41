"""One replay: everything that follows from a report, the configuration and the seed."""

from dataclasses import dataclass

from msgspec import Raw

from ioc_core import calendar_file, catalogue
from ioc_core.catalogue import Catalogue
from ioc_core.settings import Settings
from simulator.replay import registers
from simulator.replay.allocation import Cell, allocate
from simulator.replay.grid import WorkGrid
from simulator.replay.lives import LONGEST_TERM, plan_lives
from simulator.replay.report import Report
from simulator.replay.wire import ReplayWire
from simulator.workclock import WorkClock
from simulator.world import agency_of


@dataclass(frozen=True, slots=True)
class Replay:
    """A report with its dossiers shared out (`cells`)."""

    report: Report
    catalogue: Catalogue
    clock: WorkClock
    seed: int
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """Names what decides the replay's messages; two replays of one name tell the same."""
        return f"{self.report.name}/{self.seed}"

    @property
    def agency(self) -> str:
        """`madonvi` of the province."""
        return agency_of(self.catalogue)

    @property
    def begin(self) -> int:
        """The instant at which the report begins, in epoch seconds."""
        return self.clock.midnight(self.report.first)

    def wire(self) -> ReplayWire:
        """The dossiers, planned and ready to be sent; takes about a second for 200,000."""
        lives = plan_lives(self.report, self.cells, self.clock, self.seed)
        grid = WorkGrid(self.clock, self.report.first, self.report.last + LONGEST_TERM)
        return ReplayWire(self.cells, lives, grid)

    def samples(self) -> list[Raw]:
        """What the other systems report."""
        return registers.samples(self.report, self.catalogue, self.clock, self.seed)


def load_replay(settings: Settings, report: Report, *, seed: int) -> Replay:
    """Return the replay of a report with a configuration.

    Raises:
        ConfigErrors: with every wrong line of its files.
        EngineError: the catalogue doesn't know the units or procedures of that time.
    """
    held = catalogue.load(settings.config_dir)
    clock = WorkClock(calendar_file.load(settings.config_dir))
    return Replay(report, held, clock, seed, allocate(report, held))
