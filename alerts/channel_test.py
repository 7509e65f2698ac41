"""Sends a test message through channels, now and past the outbox, and says what the other side answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from alerts.channels.outcome import Channel, Ok
from alerts.receivers import Receivers
from alerts.texts.sample import sample
from ioc_core.errors import IocError

ValueT = TypeVar("ValueT")


class Tried(Struct, frozen=True):
    """How it went with one channel."""

    channel: str
    accepted: bool
    said: str


class NoSuchChannelError(IocError):
    """There is no such receiver or channel; says which there are."""


async def try_channels(
    receivers: Receivers, receiver: str, channel: str | None, *, now: datetime, console_url: str
) -> list[Tried]:
    """Send a test message by `channel`, or by every channel of `receiver`.

    Raises:
        NoSuchChannelError: nobody of that name, or the receiver has no such channel (or none at all).
    """
    channels, disabled = _wanted(receivers.channels, receiver), _wanted(receivers.disabled, receiver)
    known = sorted({name for name, _ in (*receivers.channels, *receivers.disabled)})
    if not channels and not disabled:
        raise NoSuchChannelError(f"no receiver {receiver!r} with a channel; there are: {', '.join(known) or 'none'}")
    if channel is not None:
        names = sorted({*channels, *disabled})
        if channel not in names:
            raise NoSuchChannelError(f"receiver {receiver!r} has no channel {channel!r}; it has: {', '.join(names)}")
        channels = {name: found for name, found in channels.items() if name == channel}
        disabled = {name: reason for name, reason in disabled.items() if name == channel}
    tried = [Tried(name, accepted=False, said=f"disabled: {reason}") for name, reason in disabled.items()]
    for name, found in channels.items():
        tried.append(await _try(name, found, receiver, now, console_url))
    return sorted(tried, key=lambda one: one.channel.partition("/")[2])


async def _try(name: str, channel: Channel, receiver: str, now: datetime, console_url: str) -> Tried:
    outcome = await channel.send(sample(now, receiver=receiver, console_url=console_url))
    if isinstance(outcome, Ok):
        return Tried(name, accepted=True, said=outcome.answer)
    kind = type(outcome).__name__.lower()
    return Tried(name, accepted=False, said=f"{kind}: {outcome.reason}")


def _wanted(found: Mapping[tuple[str, str], ValueT], receiver: str) -> dict[str, ValueT]:
    return {channel: value for (name, channel), value in found.items() if name == receiver}
