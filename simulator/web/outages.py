"""How each simulated portal and system is at an instant: well, failing, slow, hanging or defaced. Pure."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from simulator.episodes import Episodes
from simulator.seeding import random_of

MINUTE = 60


class State(StrEnum):
    """How a page answers."""

    WELL = "well"
    FAILING = "failing"  # 5xx
    SLOW = "slow"  # seconds late, but right
    HANGING = "hanging"  # later than anybody waits
    DEFACED = "defaced"  # at once, 200, and somebody else's words


FAULTS = {State.FAILING.value: 5.0, State.HANGING.value: 3.0, State.SLOW.value: 3.0, State.DEFACED.value: 0.4}
FAULTS_PER_DAY = 0.6
WEAK_FAULTS_PER_DAY = 14.0
WEAK_SHARE = 0.05
FAULT_SECONDS = (2 * MINUTE, 9 * MINUTE)
WATCHED_SYSTEMS = (
    "igate",
    "idesk",
    "vnpt-ioffice",
    "imail",
    "vilis",
    "ecabinet",
    "videoconference",
    "national-portal",
    "national-document-axis",
    "online-payment",
    "feedback-1022",
)
"""Systems with a front door here."""
SYSTEM_SLOT = 45 * MINUTE
SYSTEM_SECONDS = (3 * MINUTE, 6 * MINUTE)


class PortalFaults:
    """The faults of every unit's portal; a few weak ones fail many times a day, the others every other day."""

    def __init__(self, seed: int, units: Iterable[str]) -> None:
        self._episodes = {unit: self._of(seed, unit) for unit in units}

    def __contains__(self, unit: str) -> bool:
        return unit in self._episodes

    def at(self, unit: str, instant: int) -> State:
        """How the portal of `unit` is at `instant` (epoch seconds)."""
        episode = self._episodes[unit].at(instant)
        return State.WELL if episode is None else State(episode.kind)

    def _of(self, seed: int, unit: str) -> Episodes:
        weak = random_of(seed, "weak-portal", unit).random() < WEAK_SHARE
        return Episodes(
            seed,
            f"portal/{unit}",
            per_day=WEAK_FAULTS_PER_DAY if weak else FAULTS_PER_DAY,
            seconds=FAULT_SECONDS,
            kinds=FAULTS,
        )


class SystemOutages:
    """Of all systems one goes down in every three quarters of an hour, for some minutes."""

    def __init__(self, seed: int, systems: Sequence[str]) -> None:
        self._seed = seed
        self._systems = tuple(systems)

    def __contains__(self, system: str) -> bool:
        return system in self._systems

    def at(self, instant: int) -> str | None:
        """The system that is down at `instant` (epoch seconds), if one is."""
        slot = instant // SYSTEM_SLOT
        rng = random_of(self._seed, "system-outage", slot)
        system = rng.choice(self._systems)
        length = rng.randint(*SYSTEM_SECONDS)
        start = slot * SYSTEM_SLOT + rng.randrange(SYSTEM_SLOT - length)
        return system if start <= instant < start + length else None
