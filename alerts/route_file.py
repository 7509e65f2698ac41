"""Reads config/routes.yaml: the routing tree and the receivers, or every wrong place by file and line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from alerts.channels import CHANNELS
from alerts.mutes.causes import Causes
from alerts.mutes.causes_file import CausesModel, MatcherText, causes_of
from alerts.routes import Route, Waits
from alerts.texts.source import FOLDER
from ioc_core.durations import Duration
from ioc_core.errors import ConfigError, ConfigErrors
from ioc_core.yaml_source import Location, YamlSource, load, validate

FILE = "routes.yaml"
_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)
_ALL_LABELS = ["..."]
_MIN_REPEAT = timedelta(minutes=1)


class RouteModel(BaseModel):
    """A node as written; what is left out is inherited from its parent."""

    model_config = _STRICT
    matchers: list[MatcherText] = []
    receiver: str | None = None
    group_by: list[Annotated[str, Field(pattern=r"^([a-z_][a-z0-9_]*|\.\.\.)$")]] | None = None
    group_wait: Duration | None = None
    group_interval: Duration | None = None
    repeat_interval: Annotated[Duration, Field(ge=_MIN_REPEAT)] | None = None
    flood_over: Annotated[int, Field(ge=0, le=10_000)] | None = None
    go_on: bool = Field(False, alias="continue")
    routes: list["RouteModel"] = []


class ReceiverModel(BaseModel):
    """A receiver as written; the channels are read by their own models."""

    model_config = _STRICT
    name: Annotated[str, Field(min_length=1, max_length=100)]
    channels: list[dict[str, Any]] = []
    escalate: str | None = None


class RoutesModel(CausesModel):
    """The whole file."""

    model_config = _STRICT
    route: RouteModel
    receivers: Annotated[list[ReceiverModel], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """A channel of a receiver: `name` is its kind and its place among them, `webhook/0`."""

    name: str
    kind: str
    model: BaseModel
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class EscalateConfig:
    """By which policy of config/oncall.yaml a receiver's alerts go on to people, and where that is said."""

    policy: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Routing:
    """What config/routes.yaml says."""

    root: Route
    receivers: Mapping[str, tuple[ChannelConfig, ...]]
    escalations: Mapping[str, EscalateConfig]
    causes: Causes


def load_routing(config_dir: Path) -> Routing:
    """Return the tree and the receivers. Raises: ConfigErrors with every wrong place."""
    source = load(config_dir / FILE)
    model = validate(RoutesModel, source)
    errors: list[ConfigError] = []
    receivers: dict[str, tuple[ChannelConfig, ...]] = {}
    escalations: dict[str, EscalateConfig] = {}
    for index, receiver in enumerate(model.receivers):
        location: Location = ("receivers", index)
        if receiver.name in receivers:
            errors.append(source.error((*location, "name"), "is the name of another receiver too"))
        receivers[receiver.name] = _channels(source, location, receiver, errors)
        if receiver.escalate is not None:
            line = source.line((*location, "escalate"))
            escalations[receiver.name] = EscalateConfig(receiver.escalate, source.file, line)
    causes = causes_of(source, model, errors)
    tree = _Tree(source, frozenset(receivers), errors)
    root = tree.root(model.route)
    if errors or root is None:
        raise ConfigErrors(sorted(errors, key=lambda error: error.line or 0))
    return Routing(root, receivers, escalations, causes)


def _channels(
    source: YamlSource, location: Location, receiver: ReceiverModel, errors: list[ConfigError]
) -> tuple[ChannelConfig, ...]:
    folder = Path(source.file).parent / FOLDER
    made: list[ChannelConfig] = []
    for index, raw in enumerate(receiver.channels):
        place = (*location, "channels", index)
        kind = str(raw.get("type"))
        if kind not in CHANNELS:
            reason = f"must be one of {', '.join(CHANNELS)}" if "type" in raw else "is missing"
            errors.append(source.error((*place, "type"), reason))
            continue
        try:
            model = validate(CHANNELS[kind].model, source, place)
        except ConfigErrors as error:
            errors.extend(error.errors)
            continue
        template = getattr(model, "template", None)
        if template is not None and not any(folder.glob(f"{template}.*.j2")):
            errors.append(source.error((*place, "template"), f"has no file {folder}/{template}.*.j2"))
            continue
        made.append(ChannelConfig(f"{kind}/{index}", kind, model, source.file, source.line(place)))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Tree:
    source: YamlSource
    receivers: frozenset[str]
    errors: list[ConfigError]

    def root(self, model: RouteModel) -> Route | None:
        location: Location = ("route",)
        if model.receiver is None:
            self.errors.append(self.source.error((*location, "receiver"), "is missing: the root must have one"))
            return None
        if model.matchers:
            reason = "can't stand at the root: it takes every alert"
            self.errors.append(self.source.error((*location, "matchers"), reason))
        if model.go_on:
            self.errors.append(self.source.error((*location, "continue"), "means nothing at the root"))
        above = Route(
            path="",
            receiver=model.receiver,
            group_by=("alertname",),
            waits=Waits(timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=4)),
            matchers=(),
            go_on=False,
            routes=(),
        )
        return self._route(model, above, location)

    def _route(self, model: RouteModel, above: Route, location: Location) -> Route:
        if model.receiver is not None and model.receiver not in self.receivers:
            reason = f"is no receiver: there are {', '.join(sorted(self.receivers))}"
            self.errors.append(self.source.error((*location, "receiver"), reason))
        matchers = tuple(model.matchers)
        own = Route(
            path=f"{above.path}/{{{','.join(sorted(map(str, matchers)))}}}",
            receiver=model.receiver or above.receiver,
            group_by=self._group_by(model, above, location),
            waits=Waits(
                above.waits.group_wait if model.group_wait is None else model.group_wait,
                above.waits.group_interval if model.group_interval is None else model.group_interval,
                above.waits.repeat_interval if model.repeat_interval is None else model.repeat_interval,
            ),
            matchers=matchers,
            go_on=model.go_on,
            routes=(),
            flood_over=above.flood_over if model.flood_over is None else model.flood_over or None,
        )
        below = tuple(
            self._child(child, own, (*location, "routes", index)) for index, child in enumerate(model.routes)
        )
        return replace(own, routes=below)

    def _child(self, model: RouteModel, above: Route, location: Location) -> Route:
        if not model.matchers:
            reason = "is missing: a route without one takes everything from those after it"
            self.errors.append(self.source.error((*location, "matchers"), reason))
        return self._route(model, above, location)

    def _group_by(self, model: RouteModel, above: Route, location: Location) -> tuple[str, ...] | None:
        if model.group_by is None:
            return above.group_by
        if model.group_by == _ALL_LABELS:
            return None
        if "..." in model.group_by or len(set(model.group_by)) != len(model.group_by):
            reason = "must be distinct label names, or '...' alone for every label"
            self.errors.append(self.source.error((*location, "group_by"), reason))
        return tuple(model.group_by)
