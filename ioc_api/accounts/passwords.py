"""Passwords: argon2id with the same work for names that don't exist, a few at a time."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from ioc_core.errors import InputError

P = ParamSpec("P")
R = TypeVar("R")

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 256
MINIMUM_DIFFERENT = 5
_AT_ONCE = 2
_WAITING = 32


class PasswordsBusyError(InputError):
    """So many people are signing in that one more would only wait."""

    def __init__(self) -> None:
        super().__init__("busy", "too many sign-ins at this moment")


class Passwords:
    """Hashes and checks passwords off the event loop, at most two at once.

    Parameters are OWASP's second choice of 2024 for argon2id: 19 MiB, 2 passes, 1 lane (about 25 ms).
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._nobody = self._hasher.hash("the password of nobody")

    def hash(self, password: str) -> str:
        """Return the PHC string of a password."""
        return self._hasher.hash(password)

    async def hash_apart(self, password: str) -> str:
        """Return the PHC string of a password without holding up the loop.

        Raises:
            PasswordsBusyError: too many are waiting.
        """
        return await self._apart(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one of the `stored` hash; with None the same work is done for nothing.

        Raises:
            PasswordsBusyError: too many are waiting.
        """
        return await self._apart(self.matches, stored, password)

    def matches(self, stored: str | None, password: str) -> bool:
        """As `verify`, here and now."""
        try:
            return self._hasher.verify(stored or self._nobody, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    async def _apart(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        if self._waiting >= _WAITING:
            raise PasswordsBusyError
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(work, *arguments, **named)
        finally:
            self._waiting -= 1


def check_new(password: str, *, name: str) -> None:
    """Refuse a password that is too easy.

    Raises:
        InputError: with the reason (`password`).
    """
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        raise InputError("password", f"a password has {MINIMUM_LENGTH} to {MAXIMUM_LENGTH} characters")
    if name.lower() in password.lower():
        raise InputError("password", "a password can't contain the user's name")
    if len(set(password)) < MINIMUM_DIFFERENT:
        raise InputError("password", f"a password needs at least {MINIMUM_DIFFERENT} different characters")
