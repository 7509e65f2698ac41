"""Waiting between attempts: longer each time, never in step with other processes, never longer than told."""

import asyncio
import random


class Backoff:
    """Delays that double from `first` to `longest` seconds, each shortened at random by up to half."""

    def __init__(self, *, first: float = 0.1, longest: float = 5.0) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def reset(self) -> None:
        """Begin anew, after a success."""
        self._next = self._first

    def delay(self) -> float:
        """Return the next delay in seconds."""
        delay = self._next * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        self._next = min(self._next * 2, self._longest)
        return delay

    async def wait(self, stop: asyncio.Event) -> bool:
        """Wait for the next delay; return False at once when `stop` is set."""
        try:
            await asyncio.wait_for(stop.wait(), self.delay())
        except TimeoutError:
            return True
        return False
