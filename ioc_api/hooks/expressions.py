"""Expressions of mappings: sandboxed Jinja over the posted JSON, strict about names that aren't there."""

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

NAMES = frozenset({"body", "item"})
"""What expressions see: the whole body, and the part of it that is one alert."""
LONGEST_TEXT = 4000
_FAULTS = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)


class ExpressionFault(ValueError):
    """An expression is broken, or can't be evaluated for what was posted; `line` counts from 0 within it."""

    def __init__(self, reason: str, line: int = 0) -> None:
        self.line = line
        super().__init__(reason)


class Expressions:
    """Compiles once, evaluates often; the same for every hook."""

    def __init__(self) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )

    def check(self, source: str, *, template: bool = True) -> None:
        """Refuse a template (or a bare expression) that can't be compiled or asks for other names.

        Raises:
            ExpressionFault: why, and in which line of it.
        """
        try:
            tree = self._environment.parse(source if template else "{{ " + source + " }}")
            self._environment.compile(tree)
        except TemplateSyntaxError as error:
            raise ExpressionFault(error.message or "broken", error.lineno - 1) from error
        except TemplateError as error:
            raise ExpressionFault(error.message or "broken") from error
        unknown = meta.find_undeclared_variables(tree) - NAMES
        if unknown:
            raise ExpressionFault(f"unknown name {', '.join(sorted(unknown))}: there are body and item")

    def text(self, source: str, names: Mapping[str, object]) -> str:
        """Return what a template says. Raises: ExpressionFault."""
        try:
            return self._environment.from_string(source).render(names).strip()[:LONGEST_TEXT]
        except _FAULTS as error:
            raise ExpressionFault(_said(error)) from error

    def value(self, source: str, names: Mapping[str, object]) -> Any:
        """Return what a bare expression is. Raises: ExpressionFault."""
        try:
            found = self._environment.compile_expression(source, undefined_to_none=False)(**names)
        except _FAULTS as error:
            raise ExpressionFault(_said(error)) from error
        if isinstance(found, Undefined):
            raise ExpressionFault(f"{source} isn't there")
        return found


def _said(error: Exception) -> str:
    message = error.message if isinstance(error, TemplateError) else str(error)
    return f"{type(error).__name__}: {message}" if not isinstance(error, TemplateError) else message or "broken"
