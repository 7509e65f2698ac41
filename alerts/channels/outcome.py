"""What a channel says of one attempt, and what a channel is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import asyncpg
from pydantic import BaseModel

from alerts.message import Message
from alerts.texts import Texts
from ioc_core.errors import IocError


@dataclass(frozen=True, slots=True)
class Ok:
    """The other side has accepted it; `answer`: what it said, for people who look."""

    answer: str = field(default="", compare=False)


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
    config_dir: Path | None = None
    database: Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]] | None = None

    @property
    def texts(self) -> Texts:
        """What people read."""
        return Texts(self.timezone, self.config_dir)


def _nothing_to_say(_model: BaseModel, _around: Surroundings) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """A kind of channel: the shape of its configuration, how to make one, and what an operator should know of it.

    `make` raises ChannelDisabledError. `notices` lists what works, but less well than it could. `address` is the key
    that says whom it reaches: a person's contact way is a channel of this kind with another address.
    """

    model: type[BaseModel]
    make: Callable[[BaseModel, Surroundings], Channel]
    address: str
    notices: Callable[[BaseModel, Surroundings], list[str]] = _nothing_to_say
