"""The contact ways of people, as channels of the receivers `person:NAME`; and what is wrong with them, by line."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from alerts.channels import CHANNELS
from alerts.channels.outcome import Channel, ChannelDisabledError, Surroundings
from alerts.escalation.calls import receiver_of
from alerts.receivers import Receivers
from alerts.route_file import Routing
from ioc_core.errors import ConfigError, ConfigErrors
from ioc_core.oncall import OnCall, Way
from ioc_core.oncall.oncall_file import FILE
from ioc_core.yaml_source import Location, YamlSource, load


def with_people(
    receivers: Receivers, config_dir: Path, routing: Routing, oncall: OnCall, around: Surroundings
) -> Receivers:
    """Return the receivers and, as further ones, the people of config/oncall.yaml.

    Raises:
        ConfigErrors: a way can't be a channel, a policy's receiver isn't in `routing`, or a receiver escalates by a
            policy that isn't there.
    """
    source = load(config_dir / FILE) if oncall.people or oncall.policies else None
    errors = list(_wrong_policies(routing, oncall))
    channels: dict[tuple[str, str], Channel] = dict(receivers.channels)
    disabled = dict(receivers.disabled)
    notices = list(receivers.notices)
    limits = dict(receivers.limits)
    if source is not None:
        errors.extend(_wrong_receivers(source, routing, oncall))
        errors.extend(_wrong_kinds(source, oncall))
    if errors:
        raise ConfigErrors(sorted(errors, key=lambda error: (error.file, error.line or 0)))
    for index, person in enumerate(oncall.people.values()):
        assert source is not None
        for place, way in enumerate(person.ways):
            key = (receiver_of(person.name), f"{way.kind}/{place}")
            location: Location = ("people", index, "ways", place)
            kind = CHANNELS[_type_of(oncall, way.kind)]
            try:
                model = _model(source, oncall, way, location)
                channels[key] = kind.make(model, around)
                if (rate := getattr(model, "rate", None)) is not None:
                    limits[f"person: {way.kind}"] = rate  # people share what sends
            except ChannelDisabledError as error:
                disabled[key] = str(error)
                line = source.line(location)
                notices.append(f"{source.file}:{line}: {way.kind} of {person.name} is disabled: {error}")
    return Receivers(channels, disabled, tuple(notices), limits)


def _type_of(oncall: OnCall, kind: str) -> str:
    return str(oncall.ways[kind].get("type"))


def _model(source: YamlSource, oncall: OnCall, way: Way, location: Location) -> BaseModel:
    kind = CHANNELS[_type_of(oncall, way.kind)]
    key, value = (kind.address, way.address) if way.address else (f"{kind.address}_env", way.variable)
    try:
        return kind.model.model_validate({**oncall.ways[way.kind], key: value})
    except ValidationError as error:
        raise ConfigErrors(
            [_wrong_setting(source, way, location, key, detail) for detail in _details(error)]
        ) from error


def _wrong_setting(source: YamlSource, way: Way, location: Location, key: str, detail: ErrorDetails) -> ConfigError:
    """What is wrong with the address is the person's; anything else is the kind's."""
    place = location if detail["loc"][:1] in {(), (key,)} else ("ways", way.kind, *detail["loc"])
    unknown = detail["type"] == "extra_forbidden"
    reason = "unknown key" if unknown else detail["msg"].removeprefix("Value error, ")
    return source.error(place, reason, show_value=not unknown)


def _details(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False)


def _wrong_kinds(source: YamlSource, oncall: OnCall) -> Iterator[ConfigError]:
    for kind, raw in oncall.ways.items():
        if raw.get("type") not in CHANNELS:
            yield source.error(("ways", kind, "type"), f"must be one of {', '.join(CHANNELS)}")


def _wrong_policies(routing: Routing, oncall: OnCall) -> Iterator[ConfigError]:
    for receiver, escalation in routing.escalations.items():
        if escalation.policy not in oncall.policies:
            known = ", ".join(sorted(oncall.policies)) or "none"
            what = f"receiver {receiver!r} escalates by {escalation.policy!r}"
            reason = f"is no policy of {FILE}: there are {known}"
            yield ConfigError(file=escalation.file, line=escalation.line, what=what, reason=reason)


def _wrong_receivers(source: YamlSource, routing: Routing, oncall: OnCall) -> Iterator[ConfigError]:
    for index, policy in enumerate(oncall.policies.values()):
        for number, step in enumerate(policy.steps):
            for place, target in enumerate(step.whom):
                if target.kind == "receiver" and target.name not in routing.receivers:
                    location = ("policies", index, "steps", number, "whom", place, "receiver")
                    yield source.error(location, f"is no receiver: there are {', '.join(sorted(routing.receivers))}")
