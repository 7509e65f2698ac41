"""What a leader could do with some dossiers, and what that wins. Pure.

Honest about time: by the definition an overdue dossier that is finished stays late for 2.1 in this period. Finishing
wins where a dossier would otherwise *become* late before the period's end, and it keeps a late one out of the next
period, where it would count, and be late, again.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgspec.structs import replace

from ioc_api.scoreboard.compose import Facts
from ioc_api.scoreboard.counts import NOTHING, Count, SourceCounts


class Action(StrEnum):
    """Something done to dossiers now."""

    FINISH_NOW = "finish_now"  # running ones end at this instant: in time if they aren't late yet
    ATTACH_RESULT = "attach_result"  # 4.1, 4.5c, and with digitised papers 4.2; online ones 3.full
    DIGITISE = "digitise"  # 4.2, together with an electronic result
    REUSE_PAPERS = "reuse_papers"  # 4.3
    LINK_STORE = "link_store"  # 4.4
    USE_POPULATION_DATA = "use_population_data"  # 4.5b, and the procedure in 4.5a
    PAY_ONLINE = "pay_online"  # 3.6, and the procedure in 3.5b


COLUMN_OF: dict[Action, str] = {
    Action.ATTACH_RESULT: "electronic_result",
    Action.DIGITISE: "papers_digitised",
    Action.REUSE_PAPERS: "papers_reused",
    Action.LINK_STORE: "papers_from_store",
    Action.USE_POPULATION_DATA: "population_data",
    Action.PAY_ONLINE: "paid_online",
}
"""What each action makes true."""


def altered(facts: Facts, before: Sequence[SourceCounts], after: Sequence[SourceCounts]) -> Facts:
    """Return the facts with some dossiers' counts `before` replaced by theirs `after`.

    What no source says stays unsaid: an action doesn't make an indicator measured.
    """
    gone = [replace(row, counts=_negative(row), procedures={}, said=frozenset()) for row in before]
    added = [replace(row, said=frozenset()) for row in after]
    return replace(facts, dossiers=(*facts.dossiers, *gone, *added))


def moved(before: Sequence[SourceCounts], after: Sequence[SourceCounts]) -> dict[str, float]:
    """Return by indicator how many dossiers more are in its numerator, of indicators where that changed."""
    sums: dict[str, Count] = {}
    for rows, sign in ((before, -1), (after, 1)):
        for row in rows:
            for id_, count in row.counts.items():
                sums[id_] = sums.get(id_, NOTHING) + Count(sign * count.numerator, sign * count.denominator)
    return {id_: count.numerator for id_, count in sums.items() if count.numerator}


def _negative(row: SourceCounts) -> dict[str, Count]:
    return {id_: Count(-count.numerator, -count.denominator) for id_, count in row.counts.items()}
