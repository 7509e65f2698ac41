"""How far each feed has come: what /healthz shows, and whether the simulator is ready."""

from dataclasses import dataclass, field
from enum import StrEnum

from simulator.metrics import BACKFILL


class Phase(StrEnum):
    """What a feed is doing."""

    WAITING = "waiting"  # for its credential, or for ingest
    BACKFILL = "backfill"
    LIVE = "live"
    DONE = "done"


@dataclass(slots=True)
class FeedProgress:
    """One feed: `done` of `total` parts of the past (days, hours) are accepted, in `entries` entries."""

    feed: str
    phase: Phase = Phase.WAITING
    done: int = 0
    total: int = 0
    entries: int = 0
    seconds: float = 0.0

    def advance(self, *, entries: int, parts: int = 0) -> None:
        """Count what ingest accepted of the past."""
        self.entries += entries
        self.done += parts
        if self.total:
            BACKFILL.labels(self.feed).set(self.done / self.total)

    def finish(self, phase: Phase, *, seconds: float) -> None:
        """The past is in; go on in `phase`."""
        self.phase, self.done, self.seconds = phase, self.total, round(seconds, 3)
        BACKFILL.labels(self.feed).set(1)


@dataclass(slots=True)
class Progress:
    """Every feed of this run, by name."""

    feeds: dict[str, FeedProgress] = field(default_factory=dict)

    def feed(self, name: str) -> FeedProgress:
        """Return the progress of one feed, made at its first use."""
        return self.feeds.setdefault(name, FeedProgress(name))

    async def check(self) -> str | None:
        """What still keeps the simulator from being ready, if anything does."""
        waiting = [
            f"{feed.feed}: {feed.phase.value} {feed.done}/{feed.total}"
            for feed in self.feeds.values()
            if feed.phase in {Phase.WAITING, Phase.BACKFILL}
        ]
        return ", ".join(waiting) or None
