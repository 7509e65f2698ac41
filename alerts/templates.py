"""Jinja templates of annotations: sandboxed, strict about unknown names, with the filters Vietnamese text needs."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alerts.rule import Annotations

ANNOTATION_NAMES = ("summary", "headline", "description", "runbook_url")
LONGEST_TEXT = 4000
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class TemplateFault(ValueError):
    """A template is broken or can't be rendered; `line` counts from 0 within it."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        super().__init__(reason)


class Templates:
    """Compiles and renders annotations; each source is compiled once."""

    def __init__(self, timezone: ZoneInfo) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.filters |= self.filters(timezone)
        self._compiled: dict[str, Template] = {}

    @staticmethod
    def filters(timezone: ZoneInfo) -> dict[str, Callable[..., str]]:
        """Return the filters that are there beside Jinja's own; instants are shown in `timezone`."""
        return {
            "number": number,
            "duration": duration,
            "local": lambda value, form="%H:%M ngày %d/%m": value.astimezone(timezone).strftime(form),
            "date": lambda value: value.astimezone(timezone).strftime("%d/%m/%Y"),
            "severity_name": severity_name,
        }

    def check(self, source: str) -> frozenset[str]:
        """Return the names that `source` needs. Raises: TemplateFault when it can't be compiled."""
        try:
            tree = self._environment.parse(source)
            self._environment.compile(tree)
            return frozenset(meta.find_undeclared_variables(tree))
        except TemplateSyntaxError as error:
            raise TemplateFault(error.lineno - 1, error.message or "broken template") from error
        except TemplateError as error:
            raise TemplateFault(0, error.message or "broken template") from error

    def render(self, source: str, names: Mapping[str, object]) -> str:
        """Return the text. Raises: TemplateFault for an unknown name or a wrong type; the message says which."""
        template = self._compiled.get(source)
        if template is None:
            template = self._compiled[source] = self._environment.from_string(source)
        try:
            return template.render(names).strip()[:LONGEST_TEXT]
        except UndefinedError as error:
            raise TemplateFault(0, error.message or "unknown name") from error
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise TemplateFault(0, f"{type(error).__name__}: {error}") from error

    def annotations(self, sources: Annotations, names: Mapping[str, object]) -> dict[str, str]:
        """Return the rendered annotations, empty ones left out. Raises: TemplateFault, naming the annotation."""
        rendered: dict[str, str] = {}
        for name in ANNOTATION_NAMES:
            source: str = getattr(sources, name)
            if not source:
                continue
            try:
                text = self.render(source, names)
            except TemplateFault as error:
                raise TemplateFault(0, f"annotation {name}: {error}") from error
            if text:
                rendered[name] = text
        return rendered


def number(value: float, decimals: int = 0) -> str:
    """Return `value` as Vietnamese write it: 1.234,5."""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def duration(value: float | timedelta) -> str:
    """Return seconds (or a timedelta) in Vietnamese, the two largest units: `3 ngày 4 giờ`."""
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    units = ((_DAY, "ngày"), (_HOUR, "giờ"), (_MINUTE, "phút"), (1, "giây"))
    for index, (size, name) in enumerate(units):
        if seconds >= size or size == 1:
            text = f"{seconds // size} {name}"
            if size > _MINUTE and (rest := seconds % size // units[index + 1][0]):
                text += f" {rest} {units[index + 1][1]}"
            return sign + text
    raise AssertionError("unreachable: one second is the smallest unit")


def severity_name(severity: int) -> str:
    """Return the severity as the screens name it."""
    return ("khẩn cấp", "cao", "trung bình", "thấp")[severity - 1]
