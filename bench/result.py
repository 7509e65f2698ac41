"""What a benchmark found, and the table that shows it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One measured value beside its yardstick; `ratio` is what the budget speaks of.

    `budget`: the limit of `ratio`, or of `value` when there is no yardstick; `at_least` says on which side is good.
    """

    name: str
    value: float
    unit: str
    yardstick: str = ""
    yardstick_value: float | None = None
    budget: float | None = None
    at_least: bool = True
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Value over yardstick."""
        return None if not self.yardstick_value else self.value / self.yardstick_value

    @property
    def within(self) -> bool | None:
        """Whether the budget is kept; None when there is none."""
        if self.budget is None:
            return None
        judged = self.value if self.ratio is None else self.ratio
        return judged >= self.budget if self.at_least else judged <= self.budget


def table(results: Iterable[Result]) -> str:
    """Return the results as text, one line each."""
    head = ("what", "value", "yardstick", "ratio", "budget", "")
    lines = [head, *(_line(result) for result in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _line(result: Result) -> tuple[str, str, str, str, str, str]:
    sign = "≥" if result.at_least else "≤"
    verdict = {None: "", True: "kept", False: "MISSED"}[result.within]
    return (
        result.name,
        f"{result.value:,.4g} {result.unit}" if result.value < 100 else f"{result.value:,.0f} {result.unit}",
        "" if result.yardstick_value is None else f"{result.yardstick_value:,.0f} {result.unit} ({result.yardstick})",
        "" if result.ratio is None else f"{result.ratio:.2f}",
        "" if result.budget is None else f"{sign} {result.budget:g}",
        f"{verdict} {result.note}".strip(),
    )
