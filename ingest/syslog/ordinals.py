"""Tells identical messages of one connection apart."""

from collections import OrderedDict
from hashlib import blake2b

_REMEMBERED = 4096


class Ordinals:
    """Counts how often each of the last distinct messages came; RFC 3164 has whole seconds, so two identical
    lines of one second are two events. A sender that repeats everything on a new connection counts anew: same ids."""

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    def next(self, message: bytes) -> int:
        """How many identical messages came before: 0 for the first."""
        key = blake2b(message, digest_size=16).digest()
        count = self._counts.pop(key, 0)
        self._counts[key] = count + 1
        if len(self._counts) > self._remembered:
            self._counts.popitem(last=False)
        return count
