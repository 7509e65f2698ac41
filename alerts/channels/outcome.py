"""What a channel says of one attempt, and what a channel is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from alerts.message import Message
from ioc_core.errors import IocError


@dataclass(frozen=True, slots=True)
class Ok:
    """The other side has accepted it."""


@dataclass(frozen=True, slots=True)
class Temporary:
    """It may be accepted later; `retry_after`: when the other side said how much later."""

    reason: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Permanent:
    """It will never be accepted as it is."""

    reason: str


Outcome = Ok | Temporary | Permanent


class Channel(Protocol):
    """A way to tell people. `send` never raises for what the other side does."""

    async def send(self, message: Message) -> Outcome:
        """Return how the attempt went, within the channel's own deadline."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


class ChannelDisabledError(IocError):
    """The channel can't be used because a setting it names isn't there; says which."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a channel is made from beside its configuration."""

    environment: Mapping[str, str]
    timezone: ZoneInfo


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """A kind of channel: the shape of its configuration, how to make one, and what an operator should know of it.

    `make` raises ChannelDisabledError. `notices` lists what works, but less well than it could. `address` is the key
    that says whom it reaches: a person's contact way is a channel of this kind with another address.
    """

    model: type[BaseModel]
    make: Callable[[BaseModel, Surroundings], Channel]
    notices: Callable[[BaseModel, Surroundings], list[str]]
    address: str
