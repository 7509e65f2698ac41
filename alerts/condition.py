"""Conditions over a row's value, as rule files write them: `value > 90`, `value < 5 or value > 95`. Pure."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

_COMPARISON = re.compile(r"\s*value\s*(<=|>=|==|!=|<|>)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*\Z")
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
        "!=": operator.ne,
    }
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The value beside one number."""

    operator: str
    number: float

    def holds(self, value: float) -> bool:
        """Return whether `value` satisfies it."""
        return _OPERATORS[self.operator](value, self.number)


@dataclass(frozen=True, slots=True)
class Condition:
    """Comparisons: it holds when all of one of the alternatives do."""

    text: str
    alternatives: tuple[tuple[Comparison, ...], ...]

    def holds(self, value: float) -> bool:
        """Return whether `value` satisfies it."""
        return any(all(part.holds(value) for part in parts) for parts in self.alternatives)

    def numbers(self) -> frozenset[float]:
        """Return every number that a value is compared with."""
        return frozenset(part.number for parts in self.alternatives for part in parts)


def parse_condition(text: str) -> Condition:
    """Return the condition that `text` is: comparisons of `value`, joined by `and` (which binds closer) and `or`.

    Raises:
        ValueError: it is none.
    """
    alternatives = []
    for alternative in re.split(r"\bor\b", text):
        parts = [_comparison(part) for part in re.split(r"\band\b", alternative)]
        alternatives.append(tuple(parts))
    return Condition(text.strip(), tuple(alternatives))


def common_value(*conditions: Condition) -> float | None:
    """Return a value for which all of `conditions` hold, or None when there is none."""
    return next((value for value in _values(*conditions) if all(one.holds(value) for one in conditions)), None)


def _comparison(text: str) -> Comparison:
    match = _COMPARISON.match(text)
    if match is None:
        raise ValueError('is not a condition: write it like "value > 90" or "value < 5 or value > 95"')
    return Comparison(match[1], float(match[2]))


def _values(*conditions: Condition) -> Iterator[float]:
    """One value of every stretch in which none of the conditions changes: the numbers, and what lies between them."""
    numbers = sorted(set().union(*(condition.numbers() for condition in conditions)))
    yield from numbers
    yield from ((one + other) / 2 for one, other in pairwise(numbers))
    yield from (numbers[0] - 1, numbers[-1] + 1)
