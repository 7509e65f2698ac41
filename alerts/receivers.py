"""The channels that work, made from the configuration and the environment; and why the others don't."""

from collections.abc import Mapping
from dataclasses import dataclass

from alerts.channels import CHANNELS
from alerts.channels.outcome import Channel, ChannelDisabledError, Surroundings
from alerts.rates import Rate
from alerts.route_file import ChannelConfig, Routing


@dataclass(frozen=True, slots=True)
class Receivers:
    """`channels`: (receiver, channel name) → what sends; `disabled`: what doesn't and why; `notices`: what is less
    than it could be. Lines for people begin with file and line. `limits`: bucket of the outbox → its limit."""

    channels: Mapping[tuple[str, str], Channel]
    disabled: Mapping[tuple[str, str], str]
    notices: tuple[str, ...]
    limits: Mapping[str, Rate]

    def names(self) -> dict[str, list[str]]:
        """Return receiver → the names of its channels that work; a receiver without any isn't there."""
        found: dict[str, list[str]] = {}
        for receiver, channel in self.channels:
            found.setdefault(receiver, []).append(channel)
        return found

    async def close(self) -> None:
        """Close every channel."""
        for channel in self.channels.values():
            await channel.close()


def make_receivers(routing: Routing, around: Surroundings) -> Receivers:
    """Return the channels of every receiver; one whose secret isn't set is disabled, not an error."""
    channels: dict[tuple[str, str], Channel] = {}
    disabled: dict[tuple[str, str], str] = {}
    notices: list[str] = []
    limits: dict[str, Rate] = {}
    for receiver, configs in routing.receivers.items():
        for config in configs:
            kind = CHANNELS[config.kind]
            try:
                channels[receiver, config.name] = kind.make(config.model, around)
            except ChannelDisabledError as error:
                disabled[receiver, config.name] = str(error)
                notices.append(f"{_place(config, receiver)} is disabled: {error}")
                continue
            rate: Rate | None = getattr(config.model, "rate", None)
            if rate is not None:
                limits[f"{receiver} {config.name}"] = rate
            notices.extend(f"{_place(config, receiver)}: {notice}" for notice in kind.notices(config.model, around))
    return Receivers(channels, disabled, tuple(notices), limits)


def _place(config: ChannelConfig, receiver: str) -> str:
    return f"{config.file}:{config.line}: channel {config.name} of receiver {receiver!r}"
