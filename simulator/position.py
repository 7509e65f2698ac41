"""How far a feed has synchronised, kept in the data directory, so that a restart sends only what is new."""

from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

log = structlog.get_logger()


class Position(Struct, frozen=True):
    """Everything from `since` to `until` (epoch seconds) is accepted; `world` names what generated it.

    `last` is a key that the receiver must know if it still has what was sent (a dossier's code), or empty.
    """

    world: str
    since: int
    until: int
    last: str = ""


class PositionFile:
    """The position of one feed."""

    def __init__(self, data_dir: Path, feed: str, world: str) -> None:
        self.path = data_dir / "simulator" / f"{feed}.json"
        self.world = world

    def read(self, *, since: int) -> Position | None:
        """Return the position if it is of this world and reaches back to `since`; else None."""
        try:
            held = msgspec.json.decode(self.path.read_bytes(), type=Position)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            log.warning("position_unreadable", path=str(self.path), error=str(error))
            return None
        return held if held.world == self.world and held.since <= since else None

    def write(self, *, since: int, until: int, last: str = "") -> None:
        """Keep a position; the old one stays whole until the new one is."""
        held = Position(world=self.world, since=since, until=until, last=last)
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = self.path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(held))
        fresh.replace(self.path)

    def forget(self) -> None:
        """Start anew: the receiver doesn't have what was sent."""
        self.path.unlink(missing_ok=True)
