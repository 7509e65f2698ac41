"""Does a rule's condition hold for a subject, given what was seen of it? Hysteresis and the no-data policy. Pure.

A rule with `fire_when` returns a row for every subject, well or not: what isn't there, or has no value, is silent.
What comes of it (`for`, `keep_firing_for`) is alerts/state.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.rule import NoData, When
from alerts.state import Episode, State

FORGET_AFTER = timedelta(days=7)
"""What has been silent for so long under `no_data: alert` isn't expected any more: its alert ends."""


class Sight(StrEnum):
    """What an evaluation saw of a subject."""

    FIRES = "fires"  # fire_when holds
    CLEARS = "clears"  # clear_when holds
    BETWEEN = "between"  # neither
    SILENT = "silent"  # no row, or no value


@dataclass(frozen=True, slots=True)
class Silence:
    """That a subject has no data: since when, and whether its condition held when it fell silent."""

    since: datetime
    held: bool


@dataclass(slots=True)
class Judged:
    """What an evaluation makes of every subject it saw or missed.

    `holds`: fingerprint → whether its condition holds. The others are what has to be remembered of subjects: `silent`
    since this evaluation, `heard` again, `met` for the first time, `forgotten`.
    """

    holds: dict[str, bool] = field(default_factory=dict)
    silent: dict[str, Silence] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)


def sight_of(when: When, value: float | None) -> Sight:
    """Return what a row with `value` is (None: there is no row, or no value in it)."""
    if value is None:
        return Sight.SILENT
    if when.fire.holds(value):
        return Sight.FIRES
    return Sight.CLEARS if when.clear is None or when.clear.holds(value) else Sight.BETWEEN


def holds(sight: Sight, held: bool, no_data: NoData) -> bool:
    """Return whether the condition holds now; `held`: the alert fired, and its condition held, until now."""
    match sight:
        case Sight.FIRES:
            return True
        case Sight.CLEARS:
            return False
        case Sight.BETWEEN:
            return held
        case Sight.SILENT:
            return no_data is NoData.ALERT or (no_data is NoData.KEEP and held)


def held_by(episode: Episode | None) -> bool:
    """Return whether an alert fires because its condition holds (not by `keep_firing_for` alone)."""
    return episode is not None and episode.state is State.FIRING and episode.absent_since is None


def judge(
    when: When,
    values: Mapping[str, float | None],
    live: Mapping[str, Episode],
    known: Mapping[str, Silence | None],
    now: datetime,
) -> Judged:
    """Return what an evaluation at `now` makes of every subject.

    `values`: of the rows; `live`: episodes that aren't over; `known`: subjects that are remembered (all that ever had
    a value under `no_data: alert`, those that fire without data under `keep`), with their silence if they are silent.
    """
    judging = _Judging(when, known, now)
    for mark in {**values, **live, **known}:
        judging.add(mark, sight_of(when, values.get(mark)), held_by(live.get(mark)))
    return judging.judged


@dataclass(slots=True)
class _Judging:
    when: When
    known: Mapping[str, Silence | None]
    now: datetime
    judged: Judged = field(default_factory=Judged)

    def add(self, mark: str, sight: Sight, held: bool) -> None:
        no_data, silence = self.when.no_data, self.known.get(mark)
        if no_data is NoData.ALERT and silence is not None:
            held = silence.held  # it may fire for its silence alone
        expected = True
        if sight is Sight.SILENT:
            expected = self._note_silence(mark, silence, held)
        elif silence is not None:
            self.judged.heard.add(mark)
        elif no_data is NoData.ALERT and mark not in self.known:
            self.judged.met.add(mark)
        self.judged.holds[mark] = expected and holds(sight, held, no_data)

    def _note_silence(self, mark: str, silence: Silence | None, held: bool) -> bool:
        """Return whether data of it is expected at all."""
        match self.when.no_data:
            case NoData.OK:
                return True
            case NoData.KEEP:
                if held and silence is None:
                    self.judged.silent[mark] = Silence(self.now, held)
                elif silence is not None and not held:
                    self.judged.forgotten.add(mark)
                return True
            case NoData.ALERT:
                if mark not in self.known:
                    return False  # it never had a value: an empty row, or an alert of before the policy
                if silence is None:
                    self.judged.silent[mark] = Silence(self.now, held)
                elif self.now - silence.since >= FORGET_AFTER:
                    self.judged.forgotten.add(mark)
                    return False
                return True
