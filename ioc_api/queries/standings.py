"""How a dossier stands, in SQL: its word, and the same as conditions that indexes can answer."""

from collections.abc import Sequence

from ioc_api.queries.conditions import Conditions
from ioc_api.queries.moment import Moment
from ioc_core.dossier import Standing

OPEN = frozenset(
    {
        Standing.REGISTERED,
        Standing.UNACCEPTED,
        Standing.WAITING,
        Standing.OVERDUE,
        Standing.DUE_SOON_1,
        Standing.DUE_SOON_2,
        Standing.DUE_SOON_3,
        Standing.RUNNING,
    }
)
_TIERS = (Standing.DUE_SOON_3, Standing.DUE_SOON_2, Standing.DUE_SOON_1)
_NOT_LATE = "(d.late_at IS NULL OR d.late_at >= {now})"
_FIXED: dict[Standing, str] = {
    Standing.REGISTERED: "d.is_open AND d.accepted_at IS NULL AND (d.accept_by IS NULL OR d.accept_by >= {now})",
    Standing.UNACCEPTED: "d.is_open AND d.accepted_at IS NULL AND d.accept_by < {now}",
    Standing.OVERDUE: "d.is_open AND d.late_at < {now}",
    Standing.WAITING: f"d.is_open AND d.waiting_for_citizen AND {_NOT_LATE}",
    Standing.EARLY: "d.ended_at IS NOT NULL AND d.lateness = 1 AND NOT d.entered_late",
    Standing.ON_TIME: "d.ended_at IS NOT NULL AND d.lateness = 2 AND NOT d.entered_late",
    Standing.LATE: "d.ended_at IS NOT NULL AND d.lateness = 3",
    Standing.ENTERED_LATE: "d.ended_at IS NOT NULL AND d.entered_late",
    Standing.REFUSED: "d.ended_at IS NOT NULL AND d.accepted_at IS NULL",
    Standing.UNMEASURED: "d.ended_at IS NOT NULL AND d.accepted_at IS NOT NULL AND d.lateness IS NULL",
}
"""The same as `dossier_standing` (migration 0050): only what was accepted has a term, waits, or is entered late."""


class Standings:
    """The SQL of standings at one moment, whose values are parameters of one statement."""

    def __init__(self, where: Conditions, at: Moment) -> None:
        self._where = where
        self._at = at
        self.now = where.parameter(at.now)
        self.clock = f"{where.parameter(at.clock)}::double precision"

    @property
    def word(self) -> str:
        """The standing of a row `d`, as text."""
        due_soon = self._where.parameter(list(self._at.due_soon))
        return (
            "dossier_standing(d.accepted_at, d.ended_at, d.lateness, d.entered_late, d.waiting_since, d.late_at,"
            f" d.late_clock, d.accept_by, {self.now}, {self.clock}, {due_soon})"
        )

    def is_one(self, standing: Standing) -> str:
        """The condition that a row `d` has this standing."""
        fixed = _FIXED.get(standing)
        if fixed is not None:
            return f"({fixed.format(now=self.now)})"
        running = f"d.is_open AND NOT d.waiting_for_citizen AND {_NOT_LATE.format(now=self.now)}"
        if standing is Standing.RUNNING:
            far = f"d.late_clock IS NULL OR d.late_clock > {self._reaches(0)}"
            return f"({running} AND d.accepted_at IS NOT NULL AND ({far}))"
        tier = _TIERS.index(standing)
        # The clock of `late_at` is cut to the second: a term that isn't over is less than one behind.
        beyond = self._reaches(tier + 1) if tier + 1 < len(_TIERS) else f"{self.clock} - 1"
        return f"({running} AND d.late_clock <= {self._reaches(tier)} AND d.late_clock > {beyond})"

    def is_any(self, standings: Sequence[Standing]) -> str:
        """The condition that a row `d` has one of these standings; at least one."""
        any_of = " OR ".join(self.is_one(standing) for standing in standings)
        return f"(d.is_open AND ({any_of}))" if OPEN.issuperset(standings) else f"({any_of})"

    def _reaches(self, tier: int) -> str:
        """The clock up to which a term is in a tier or a more urgent one; 0 is tier 3."""
        return f"{self._where.parameter(self._at.tiers[tier])}::double precision"
