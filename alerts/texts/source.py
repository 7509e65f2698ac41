"""Finds the text of a part of a message in a language: an operator's in config/templates, else the shipped one."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError

from alerts.message import Message, Status
from alerts.templates import Templates
from alerts.texts.sample import sample
from alerts.texts.sandbox import LimitedEnvironment, render
from ioc_core.errors import IocError

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
PARTS = ("subject", "mail-text", "mail-html", "telegram", "text", "sms", "speech")
"""What a text is for. `mail-html` and `telegram` are HTML: what they show of a message is escaped."""
FOLDER = "templates"
_ESCAPED = re.compile(r"(^|[./])(mail-html|telegram)\.")
_LOOKED_AT: tuple[tuple[Status, int], ...] = (("firing", 1), ("firing", 12), ("resolved", 1))
_SEVERITIES = {"vi": ("khẩn cấp", "cao", "trung bình", "thấp"), "en": ("critical", "high", "medium", "low")}
# The wall's alarm colours, darker where white text stands on them.
_COLOURS = {1: "#c22a3a", 2: "#b86500", 3: "#8a7a00", 4: "#2f66d6"}
_OVER = "#3c7a4a"
_FAULTS = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)
log = structlog.get_logger(__name__)


class TextFault(IocError):
    """A text can't be rendered: where (`line` from 1; None: not known) and why."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        self.file = file
        self.line = line
        self.reason = reason
        super().__init__(f"{file}{'' if line is None else f':{line}'}: {reason}")


class Texts:
    """Renders the parts of messages; times are shown in `timezone`."""

    def __init__(self, timezone: ZoneInfo, config_dir: Path | None = None) -> None:
        self._timezone = timezone
        self._folder = None if config_dir is None else config_dir / FOLDER
        self._environment = LimitedEnvironment(
            loader=FunctionLoader(self._load),
            autoescape=lambda name: name is not None and _ESCAPED.search(name) is not None,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= Templates.filters(timezone) | {"url": in_url}

    def own(self) -> Iterator[str]:
        """Yield the names of the operator's files, in order."""
        if self._folder is not None and self._folder.is_dir():
            yield from sorted(path.name for path in self._folder.glob("*.j2"))

    def check(self, now: datetime) -> list[TextFault]:
        """Return what is wrong with the operator's files: each is rendered with messages of several kinds."""
        faults: dict[tuple[str, int | None], TextFault] = {}
        for name in self.own():
            part, language = part_of(name)
            if part is None:
                reason = (
                    f"is for no part: its name must end in .PART.j2 or .PART.LANGUAGE.j2; parts: {', '.join(PARTS)}"
                )
                faults[name, None] = TextFault(self._shown(name), None, reason)
                continue
            for status, alerts in _LOOKED_AT:
                told = sample(now, receiver="x", status=status, alerts=alerts)
                try:
                    self.render(name, told, language, told.title)
                except TextFault as fault:
                    faults.setdefault((name, fault.line), fault)
        return list(faults.values())

    def name(self, part: str, language: Language, template: str | None = None) -> str:
        """Return the file that says `part`: one called for, else the operator's for all, else the shipped one."""
        wanted = [f"{part}.{language}.j2", f"{part}.j2"]
        if template is not None:
            wanted = [f"{template}.{part}.{language}.j2", f"{template}.{part}.j2", *wanted]
        own = set(self.own())
        return next((name for name in wanted if name in own), f"shipped/{part}.{language}.j2")

    def write(self, part: str, message: Message, language: Language = "vi", template: str | None = None) -> str:
        """Return the text of `part`. A fault in the operator's file is logged, and the shipped text goes out."""
        name = self.name(part, language, template)
        title = message.title if part == "subject" else self.title(message, language, template)
        try:
            return self.render(name, message, language, title)
        except TextFault as fault:
            if name.startswith("shipped/"):
                raise
            log.warning("template_failed", template=fault.file, line=fault.line, reason=fault.reason)
            return self.render(f"shipped/{part}.{language}.j2", message, language, title)

    def title(self, message: Message, language: Language = "vi", template: str | None = None) -> str:
        """Return the part `subject`, on one line."""
        return " ".join(self.write("subject", message, language, template).split())

    def render(self, name: str, message: Message, language: Language, title: str) -> str:
        """Return the text of the file `name`. Raises: TextFault, by line."""
        named = {**names(message, language, self._local), "title": title}
        return self._guarded(name, lambda: self._environment.get_template(name), named)

    def render_source(self, source: str, named: Mapping[str, Any], file: str) -> str:
        """Return the text of a template that stands in the configuration. Raises: TextFault, lines from its start."""
        return self._guarded(file, lambda: self._environment.from_string(source), dict(named))

    def _guarded(self, name: str, find: Any, named: dict[str, Any]) -> str:
        file = self._shown(name)
        try:
            return render(find(), named).strip()
        except TemplateSyntaxError as error:
            raise TextFault(file, error.lineno, error.message or "is broken") from error
        except TemplateNotFound as error:
            raise TextFault(file, None, f"there is no template {error.message}") from error
        except _FAULTS as error:
            said = error.message if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
            raise TextFault(file, _line(error.__traceback__, name), said or type(error).__name__) from error

    def _shown(self, name: str) -> str:
        return str(self._folder / name) if self._folder is not None and "/" not in name else name

    def _local(self, at: datetime) -> str:
        return at.astimezone(self._timezone).strftime("%H:%M:%S ngày %d/%m/%Y")

    def _load(self, name: str) -> tuple[str, str, Any] | None:
        if name.startswith("shipped/"):
            source = _shipped(name.removeprefix("shipped/"))
            return None if source is None else (source, name, lambda: True)
        if self._folder is None or name not in set(self.own()):
            return None
        path = self._folder / name
        changed = path.stat().st_mtime_ns
        return path.read_text(encoding="utf-8"), name, lambda: path.exists() and path.stat().st_mtime_ns == changed


def part_of(name: str) -> tuple[str | None, Language]:
    """Return which part a file is for (None: none), and in which language (without one: Vietnamese), by its name."""
    pieces = name.removesuffix(".j2").split(".")
    language: Language = "vi"
    if pieces[-1] in LANGUAGES:
        language = "en" if pieces.pop() == "en" else "vi"
    return (pieces[-1] if pieces and pieces[-1] in PARTS else None), language


def names(message: Message, language: Language, local: Any) -> dict[str, Any]:
    """Return what texts can say: the message, and how its severity is called and coloured."""
    return {
        "message": message,
        "local": local,
        "severity_name": lambda severity: _SEVERITIES[language][severity - 1],
        "colour": _OVER if message.status == "resolved" else _COLOURS[message.severity],
    }


def in_url(value: object) -> str:
    """Return `value` fit for any part of a URL: the filter `url`."""
    return quote(str(value), safe="")


@cache
def _shipped(name: str) -> str | None:
    file = resources.files("alerts.texts").joinpath(name)
    return file.read_text(encoding="utf-8") if "/" not in name and file.is_file() else None


def _line(traceback: TracebackType | None, name: str) -> int | None:
    """The line of the innermost frame that is the template's (Jinja rewrites them)."""
    found = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename in {name, "<template>"}:
            found = traceback.tb_lineno
        traceback = traceback.tb_next
    return found
