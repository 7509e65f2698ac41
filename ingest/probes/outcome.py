"""What one look at a target found, and the clock of its phases."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from msgspec import Struct

from ioc_core.errors import IocError


class Outcome(Struct, frozen=True):
    """Success or the reason (Vietnamese, for screens), and what was measured; seconds."""

    success: bool
    duration_seconds: float
    phases: dict[str, float] = {}
    status_code: int | None = None
    certificate_not_after: datetime | None = None
    error: str | None = None


class ProbeFailure(IocError):
    """The target did not answer as expected; the message is for people at the screens."""


class ProbeNotPermitted(IocError):
    """This host does not let us probe in this way: nothing is known of the target."""


class Stopwatch:
    """Measures phases one after another; a phase that comes again adds up."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.perf_counter() - self._began

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure what happens inside, also when it fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + time.perf_counter() - began

    def failure(
        self, error: str, *, status_code: int | None = None, certificate_not_after: datetime | None = None
    ) -> Outcome:
        """The outcome of a look that failed now."""
        return Outcome(
            success=False,
            duration_seconds=self.seconds,
            phases=self.phases,
            status_code=status_code,
            certificate_not_after=certificate_not_after,
            error=error,
        )
