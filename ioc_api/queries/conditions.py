"""A WHERE clause of constant fragments whose values are always parameters."""

from typing import Any


class Conditions:
    """Collects conditions and their values; `{}` in a fragment stands for the value."""

    def __init__(self) -> None:
        self._fragments: list[str] = []
        self.values: list[Any] = []

    def parameter(self, value: object) -> str:
        """Add a value; return how the statement refers to it."""
        self.values.append(value)
        return f"${len(self.values)}"

    def add(self, fragment: str, *values: object) -> None:
        """Add a condition."""
        self._fragments.append(fragment.format(*(self.parameter(value) for value in values)))

    def optional(self, fragment: str, value: object) -> None:
        """Add a condition, unless its value is None: then anything will do."""
        if value is not None:
            self.add(fragment, value)

    @property
    def sql(self) -> str:
        """The clause; empty when there are no conditions."""
        return "WHERE " + " AND ".join(self._fragments) if self._fragments else ""
