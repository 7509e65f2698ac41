"""YAML files that an operator edits: plain data, the line of every place in it, and errors that name both."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from ioc_core.errors import ConfigError, ConfigErrors

Location = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)

MERGE_TAG = "tag:yaml.org,2002:merge"
SHOWN_VALUE_LENGTH = 60
SUBJECT = re.compile(r"^\w+ should\b")
"""How pydantic begins a message: the value is already named before it."""


@dataclass(frozen=True, slots=True)
class YamlSource:
    """One parsed file: `data` is built of dict, list, str, int, float, bool, date, datetime and None."""

    file: str
    data: object
    lines: Mapping[Location, int]

    def line(self, location: Sequence[str | int] = ()) -> int:
        """The line (from 1) of a place such as `("rules", 3, "for")`, or of the nearest parent present."""
        return self.lines[self._known(location)]

    def error(self, location: Sequence[str | int], reason: str, *, show_value: bool = True) -> ConfigError:
        """A `ConfigError` at that place, naming the path and, if it is a scalar, the value found there."""
        what = dotted(location)
        if show_value:
            found, value = self._value(location)
            if found and not isinstance(value, (dict, list)):
                what = f"{what} {shown(value)}"
        return ConfigError(file=self.file, line=self.line(location), what=what, reason=reason)

    def _known(self, location: Sequence[str | int]) -> Location:
        # pydantic puts the names of union members between the keys of the data: those are stepped over.
        known: Location = ()
        for part in location:
            if (*known, part) in self.lines:
                known = (*known, part)
        return known

    def _value(self, location: Sequence[str | int]) -> tuple[bool, object]:
        value = self.data
        for part in location:
            children = dict(enumerate(value)) if isinstance(value, list) else value
            if not isinstance(children, dict) or part not in children:
                return False, None
            value = children[part]
        return True, value


def load(path: Path) -> YamlSource:
    """The parsed file. Raises: ConfigErrors when it can't be read or isn't YAML (UTF-8, one document)."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigErrors([ConfigError(file=str(path), line=None, what="file", reason=reason)]) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigErrors([_not_utf8(path, raw, error.start)]) from error
    return parse(text, str(path))


def _not_utf8(path: Path, raw: bytes, position: int) -> ConfigError:
    line = raw.count(b"\n", 0, position) + 1
    what = f"byte 0x{raw[position]:02x}"
    return ConfigError(file=str(path), line=line, what=what, reason="is not UTF-8")


def parse(text: str, file: str) -> YamlSource:
    """The parsed text; `file` is the name that errors show.

    Raises: ConfigErrors for broken YAML, several documents, duplicate keys (all of them), merge keys,
    aliases that contain themselves, and tags other than YAML's own.
    """
    reader = YAML(typ="safe", pure=True)
    try:
        root = reader.compose(text)
        builder = _Builder(file, reader.constructor.construct_object)
        data = None if root is None else builder.build(root, (), ())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        reason = " ".join(str(part) for part in (error.context, error.problem) if part) or "broken"
        raise ConfigErrors([ConfigError(file=file, line=line, what="YAML", reason=reason)]) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"character U+{error.character:04X}"
        raise ConfigErrors([ConfigError(file=file, line=line, what=what, reason="is not printable")]) from error
    if builder.errors:
        raise ConfigErrors(builder.errors)
    return YamlSource(file=file, data=data, lines={(): 1} | builder.lines)


def validate(model: type[ModelT], source: YamlSource, location: Sequence[str | int] = ()) -> ModelT:
    """The part of the file at `location`, checked by a pydantic model.

    Raises: ConfigErrors with every wrong place, by line.
    """
    found, value = source._value(location)
    if not found:
        raise ConfigErrors([source.error(location, "is missing")])
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ConfigErrors(sorted(_details(source, tuple(location), error), key=_line_of)) from error


def dotted(location: Sequence[str | int]) -> str:
    """`("rules", 3, "for")` as an operator would write it: `rules[3].for`; the whole file is `file`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "file"


def shown(value: object) -> str:
    """A value as an error shows it: quoted text, everything cut to a readable length."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= SHOWN_VALUE_LENGTH else f"{text[: SHOWN_VALUE_LENGTH - 1]}…"


class _Builder:
    """Walks the node tree once: data and lines out, duplicate keys and other refusals into `errors`."""

    def __init__(self, file: str, construct: Callable[..., object]) -> None:
        self.file = file
        self.lines: dict[Location, int] = {}
        self.errors: list[ConfigError] = []
        self._construct = construct

    def build(self, node: Node, location: Location, parents: tuple[int, ...]) -> object:
        self.lines.setdefault(location, node.start_mark.line + 1)
        if id(node) in parents:
            self._refuse(node, dotted(location), "contains itself")
            return None
        inside = (*parents, id(node))
        if isinstance(node, MappingNode):
            return self._mapping(node, location, inside)
        if isinstance(node, SequenceNode):
            return [self.build(item, (*location, index), inside) for index, item in enumerate(node.value)]
        return self._construct(node)

    def _mapping(self, node: MappingNode, location: Location, inside: tuple[int, ...]) -> dict[str | int, object]:
        mapping: dict[str | int, object] = {}
        first_lines: dict[str | int, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            line = key_node.start_mark.line + 1
            if key in mapping:
                self._refuse(key_node, f"key {shown(key)}", f"appears twice, first in line {first_lines[key]}")
                continue
            first_lines[key] = line
            self.lines[(*location, key)] = line
            mapping[key] = self.build(value_node, (*location, key), inside)
        return mapping

    def _key(self, node: Node) -> str | int | None:
        if node.tag == MERGE_TAG:
            self._refuse(node, "key '<<'", "merge keys are not accepted: write the values out")
            return None
        key = self._construct(node) if isinstance(node, ScalarNode) else None
        if isinstance(key, str) or (isinstance(key, int) and not isinstance(key, bool)):
            return key
        what = f"key {shown(node.value)}" if isinstance(node, ScalarNode) else "key"
        self._refuse(node, what, "must be text or a whole number")
        return None

    def _refuse(self, node: Node, what: str, reason: str) -> None:
        line = node.start_mark.line + 1
        self.errors.append(ConfigError(file=self.file, line=line, what=what, reason=reason))


def _details(source: YamlSource, location: Location, error: ValidationError) -> Iterator[ConfigError]:
    for detail in error.errors(include_url=False):
        place = location + detail["loc"]
        yield source.error(place, _reason(detail), show_value=detail["type"] != "extra_forbidden")


def _reason(detail: ErrorDetails) -> str:
    if detail["type"] == "missing":
        return "is missing"
    if detail["type"] == "extra_forbidden":
        return "unknown key"
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = SUBJECT.sub("must", message)
    return message[:1].lower() + message[1:]


def _line_of(error: ConfigError) -> int:
    return error.line or 0
