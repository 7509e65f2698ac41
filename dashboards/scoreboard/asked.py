"""What the scoreboard's address asks for. Pure."""

from typing import NamedTuple

from dashboards.links import SCOREBOARD, link


class Asked(NamedTuple):
    """What the address asks for: `month` is empty for the running one; `unit`, `indicator` empty for none."""

    month: str = ""
    unit: str = ""
    indicator: str = ""
    peers: str = ""

    def address(self, **changes: str) -> str:
        """Return the address of the page with some of this changed."""
        return link(SCOREBOARD, **self._replace(**changes)._asdict())
