"""What a mute is, and the alerts that can be muted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.rule import Labels


class Kind(StrEnum):
    """What mutes an alert."""

    SILENCE = "silence"  # people want it quiet
    MAINTENANCE = "maintenance"  # people work on it
    INHIBITED = "inhibited"  # another alert says it already
    DEPENDENCY = "dependency"  # what it stands on is down
    FLAPPING = "flapping"  # it began too often
    STORM = "storm"  # it follows from a source that is silent


@dataclass(frozen=True, slots=True)
class Mute:
    """One reason to keep quiet. `ref`: which silence, rule, …; `reason`: in Vietnamese; `until`: None: not by time."""

    kind: Kind
    ref: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A firing alert as mutes see it; `labels` are those of `routing_labels`."""

    alert_id: int
    labels: Labels
    unit: str
    summary: str = ""
    fingerprint: str = ""
    firing_at: datetime | None = None


Mutes = Mapping[int, Sequence[Mute]]
"""Alert → its mutes."""
