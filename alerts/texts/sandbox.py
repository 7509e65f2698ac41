"""Jinja for texts that an operator writes: sandboxed, and none of them takes long or grows large.

Time is limited by counting: each turn of a loop and each call of a macro is a step, the deadline is looked at with it.
What could take long or grow large within one step is bounded or isn't there.
"""

import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

from jinja2 import Template, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 65_536
"""Characters of any text within a template, and of the whole."""
MOST_STEPS = 50_000
LONGEST_TIME = 0.5
"""Seconds of the processor's time: a busy machine is not the template's fault."""

_BANNED_FILTERS = frozenset({"batch", "center", "format", "pprint", "slice", "urlize", "wordwrap", "xmlattr"})
_BANNED_METHODS = frozenset({"center", "encode", "expandtabs", "format", "format_map", "join", "ljust", "replace",
                             "rjust", "translate", "zfill"})  # fmt: skip
_WIDEST_INDENT = 40


class TooMuchError(SecurityError):
    """The template took too long, or made too much text."""


class _Budget:
    def __init__(self) -> None:
        self.steps = MOST_STEPS
        self.deadline = time.thread_time() + LONGEST_TIME

    def step(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise TooMuchError(f"takes more than {MOST_STEPS} turns of its loops")
        if time.thread_time() > self.deadline:
            raise TooMuchError(f"takes longer than {LONGEST_TIME:g} s")


_budget: ContextVar[_Budget] = ContextVar("budget")


def render(template: Template, names: dict[str, Any]) -> str:
    """Return the text. Raises: TooMuchError, and what Jinja and the template's own operations raise."""
    token = _budget.set(_Budget())
    try:
        parts, length = [], 0
        for part in template.generate(names):
            length += len(part)
            if length > LONGEST:
                raise TooMuchError(f"makes more than {LONGEST} characters")
            parts.append(part)
        return "".join(parts)
    finally:
        _budget.reset(token)


class LimitedEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox with limits; templates are rendered by `render` of this module."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name in _BANNED_FILTERS:
            del self.filters[name]
        self.filters |= {"_step": _step, "_bounded": _bounded, "indent": _indent, "join": _join, "replace": _replace}
        self.globals.pop("lipsum", None)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Refuse, beside what the sandbox refuses, methods that make long texts of short ones."""
        return not (isinstance(obj, str) and attr in _BANNED_METHODS) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Return nothing, so that `format` is refused as the other methods are."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuse operations whose result may be huge."""
        numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        if operator == "**" and not (numbers and abs(left) <= 1000 and abs(right) <= 10):
            raise TooMuchError("raises to a power that isn't small")
        if operator == "*" and not numbers and not isinstance(left, Undefined) and not isinstance(right, Undefined):
            raise TooMuchError("multiplies what isn't a number")
        if operator == "%" and isinstance(left, str):
            raise TooMuchError("formats by %: join the parts with ~")
        return _within(super().call_binop(context, operator, left, right))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for loop in list(tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock))):
            step = nodes.Filter(nodes.Const(""), "_step", [], [], None, None, lineno=loop.lineno)
            vars(loop)["body"].insert(0, nodes.Output([step], lineno=loop.lineno))
        _wrap_concatenations(tree)
        tree.set_environment(self)
        return tree


def _wrap_concatenations(node: nodes.Node) -> None:
    for name, value in node.iter_fields():
        if isinstance(value, list):
            setattr(node, name, [_wrapped(item) for item in value])
        elif isinstance(value, nodes.Node):
            setattr(node, name, _wrapped(value))


def _wrapped(node: Any) -> Any:
    if not isinstance(node, nodes.Node):
        return node
    _wrap_concatenations(node)
    if isinstance(node, nodes.Concat):
        return nodes.Filter(node, "_bounded", [], [], None, None, lineno=node.lineno)
    return node


def _within(value: Any) -> Any:
    if isinstance(value, (str, list, tuple)) and len(value) > LONGEST:
        raise TooMuchError(f"makes more than {LONGEST} characters")
    if isinstance(value, int) and value.bit_length() > 256:
        raise TooMuchError("makes a number of more than 256 bits")
    return value


# Filters that know the context are never folded into constants when the template is compiled.
@pass_context
def _step(_context: Context, value: str) -> str:
    if (budget := _budget.get(None)) is not None:
        budget.step()
    return value


@pass_context
def _bounded(_context: Context, value: Any) -> Any:
    return _within(value)


@pass_context
def _indent(_context: Context, value: str, width: int = 4, first: bool = False, blank: bool = False) -> str:
    if not 0 <= width <= _WIDEST_INDENT:
        raise TooMuchError(f"indents by more than {_WIDEST_INDENT}")
    return _text(FILTERS["indent"], value, width, first, blank)


@pass_context
def _join(context: Context, value: Iterable[Any], d: str = "", attribute: str | None = None) -> str:
    items, length = [], 0
    for item in value:
        items.append(item)
        length += len(str(item)) + len(d)
        if length > LONGEST:
            raise TooMuchError(f"makes more than {LONGEST} characters")
    return _text(FILTERS["join"], context.eval_ctx, items, d, attribute)


@pass_context
def _replace(context: Context, value: str, old: str, new: str, count: int | None = None) -> str:
    text = str(value)
    if len(text) + text.count(old) * len(new) > LONGEST:
        raise TooMuchError(f"makes more than {LONGEST} characters")
    return _text(FILTERS["replace"], context.eval_ctx, value, old, new, count)


def _text(call: Callable[..., Any], *arguments: Any) -> str:
    text: str = call(*arguments)
    return text
