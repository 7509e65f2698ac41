"""Which rules tests have seen beginning and ending. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from alerts.rule import Rule

TRANSITIONS = ("firing", "resolved")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Rule → the transitions that a check expected and found."""

    seen: dict[str, tuple[str, ...]]

    @property
    def percent(self) -> float:
        """How many of all transitions were seen, of a hundred."""
        return 100 * sum(map(len, self.seen.values())) / (len(TRANSITIONS) * len(self.seen)) if self.seen else 100.0

    def lines(self) -> list[str]:
        """Return a line for each rule that isn't covered whole, and one for all."""
        missing = [
            f"  {rule}: never seen {' or '.join(name for name in TRANSITIONS if name not in seen)}"
            for rule, seen in self.seen.items()
            if len(seen) < len(TRANSITIONS)
        ]
        whole = len(self.seen) - len(missing)
        return [*missing, f"coverage {self.percent:.0f} %: {whole} of {len(self.seen)} rules seen firing and resolved"]


def coverage(rules: Sequence[Rule], seen: Collection[tuple[str, str]]) -> Coverage:
    """Return what was seen of each of `rules`."""
    return Coverage({rule.alert: tuple(t for t in TRANSITIONS if (rule.alert, t) in seen) for rule in rules})
