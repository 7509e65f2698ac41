"""When a process that died may start again. Pure."""

from dataclasses import dataclass

FIRST = 0.5
LONGEST = 30.0
STEADY = 60.0


@dataclass(frozen=True, slots=True)
class Restarts:
    """How often a process died in a row, and so how long the next start waits."""

    failures: int = 0

    def died(self, *, after: float) -> "Restarts":
        """Return the count after a life of `after` seconds; a life of a minute or more begins a new row."""
        return Restarts(1 if after >= STEADY else self.failures + 1)

    @property
    def pause(self) -> float:
        """Seconds to wait before the next start: 0.5, 1, 2, … 30."""
        return min(FIRST * 2.0 ** (self.failures - 1), LONGEST) if self.failures else 0.0
