"""What one evaluation changes: every alert's step, as sets to write. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.placing import Placed
from alerts.rows import Finding
from alerts.rule import Hold
from alerts.state import State, Step, step
from alerts.store import RULE, Begin, LiveAlert, Move, Rewrite

AT_ONCE = 1000
"""Alerts written in one transaction: a storm of one rule must not hold up a page of another."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one alert: at most one of a beginning and a move, and perhaps new content."""

    fingerprint: str
    begin: Begin | None = None
    move: Move | None = None
    rewrite: Rewrite | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The changes of one transaction."""

    rule: str
    changes: Sequence[Change]
    last: bool  # of its evaluation
    origin: str = RULE

    @property
    def begins(self) -> list[Begin]:
        """Alerts that weren't live."""
        return [change.begin for change in self.changes if change.begin is not None]

    @property
    def moves(self) -> list[Move]:
        """Live alerts whose state changes."""
        return [change.move for change in self.changes if change.move is not None]

    @property
    def rewrites(self) -> list[Rewrite]:
        """Live alerts whose content changes."""
        return [change.rewrite for change in self.changes if change.rewrite is not None]

    def known(self) -> list[int]:
        """Return the ids of the live alerts that change."""
        return [*(item.alert_id for item in self.moves), *(item.alert_id for item in self.rewrites)]

    def ended(self) -> list[int]:
        """Return the ids of alerts that are over."""
        return [move.alert_id for move in self.moves if move.step is Step.RESOLVED]

    def to_place(self, found: Mapping[str, Finding], ids: Mapping[str, int]) -> list[Placed]:
        """Return the firing alerts that receivers may have to hear of: begun, or of another severity than before."""
        placed = []
        for change in self.changes:
            alert_id = ids.get(change.fingerprint)
            if alert_id is not None and _concerns_receivers(change):
                finding = found[change.fingerprint]
                placed.append(Placed(alert_id, self.rule, finding.severity, finding.labels))
        return placed


def changes(
    live: Mapping[str, LiveAlert],
    found: Mapping[str, Finding],
    now: datetime,
    hold: Hold,
    holding: Collection[str] = (),
) -> Iterator[Change]:
    """Yield what an evaluation at `now` changes, given what is live and what the rule found.

    `holding`: fingerprints whose condition holds although nothing was found of them.
    """
    for fingerprint, finding in found.items():
        known = live.get(fingerprint)
        transition = step(known.episode if known else None, True, now, hold)
        if known is None:
            if transition is not None:
                yield Change(fingerprint, begin=Begin(finding, transition.step, transition.episode))
            continue
        move = (
            Move(known.id, fingerprint, known.episode.state, transition.step, transition.episode)
            if transition is not None
            else None
        )
        rewrite = Rewrite(known.id, known, finding) if known.content_id != finding.content_id else None
        if move or rewrite:
            yield Change(fingerprint, move=move, rewrite=rewrite)
    for fingerprint, known in live.items():
        if fingerprint in found:
            continue
        transition = step(known.episode, fingerprint in holding, now, hold)
        if transition is not None:
            move = Move(known.id, fingerprint, known.episode.state, transition.step, transition.episode)
            yield Change(fingerprint, move=move)


def batches(rule: str, all_changes: Sequence[Change]) -> Iterator[Batch]:
    """Yield the changes in transactions of at most `AT_ONCE`."""
    for start in range(0, len(all_changes), AT_ONCE):
        end = start + AT_ONCE
        yield Batch(rule, all_changes[start:end], last=end >= len(all_changes))


def remember(live: dict[str, LiveAlert], batch: Batch, ids: Mapping[str, int]) -> None:
    """Bring `live` up to date with a batch that was committed; `ids` are those of new alerts."""
    for change in batch.changes:
        mark = change.fingerprint
        if change.begin is not None:
            finding = change.begin.finding
            live[mark] = LiveAlert(ids[mark], finding.severity, finding.content_id, change.begin.episode)
            continue
        known = live[mark]
        episode = change.move.episode if change.move is not None else known.episode
        if episode.state is State.RESOLVED:
            del live[mark]
            continue
        content = change.rewrite.finding if change.rewrite is not None else known
        live[mark] = LiveAlert(known.id, content.severity, content.content_id, episode)


def _concerns_receivers(change: Change) -> bool:
    if change.begin is not None:
        return change.begin.step is Step.FIRING
    if change.move is not None and change.move.step is Step.FIRING:
        return True
    rewrite = change.rewrite
    return rewrite is not None and rewrite.fires and rewrite.was_severity != rewrite.finding.severity
