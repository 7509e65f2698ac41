"""What a rule did in a stretch of time: its alerts from begin to end, and what they add up to. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from alerts.plan import Change
from alerts.rows import Finding
from alerts.state import Step

AGAIN_WITHIN = timedelta(minutes=30)
"""What begins so soon after its end flaps: the alert should have gone on."""


@dataclass(slots=True)
class PastAlert:
    """One alert. `severity`: the gravest while it fired; `summary`: the last. `end`: None while it goes on."""

    fingerprint: str
    labels: Mapping[str, str]
    severity: int
    summary: str
    begin: datetime
    firing_at: datetime | None = None
    end: datetime | None = None
    raised: int = 0  # how often it grew graver than was told

    def fired_for(self, until: datetime) -> timedelta:
        """Return how long it fired, until `until` if it still does."""
        return timedelta() if self.firing_at is None else (self.end or until) - self.firing_at

    @property
    def pages(self) -> int:
        """How many messages tell of it when it is told of alone, repeats aside: it began, grew graver, ended."""
        return 0 if self.firing_at is None else 1 + self.raised + (self.end is not None)


@dataclass(slots=True)
class Ledger:
    """The alerts of one rule. `forgotten`: how many ended before `for` had passed, of which nothing else is kept."""

    forgotten: int = 0
    _ended: list[PastAlert] = field(default_factory=list)
    _open: dict[str, PastAlert] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._ended) + len(self._open)

    @property
    def alerts(self) -> list[PastAlert]:
        """Those that fired, and those that are pending still, in the order in which they began."""
        return sorted([*self._ended, *self._open.values()], key=lambda alert: alert.begin)

    def note(self, change: Change, now: datetime) -> None:
        """Write down what an evaluation at `now` changed of an alert."""
        if change.begin is not None:
            self._begin(change.begin.finding, change.begin.episode.pending_at, change.begin.episode.firing_at)
            return
        alert = self._open[change.fingerprint]
        if change.rewrite is not None:
            _rewrite(alert, change.rewrite.finding)
        step = None if change.move is None else change.move.step
        if step is Step.FIRING:
            alert.firing_at = now
        elif step is Step.RESOLVED:
            alert.end = now
            self._ended.append(self._open.pop(change.fingerprint))
        elif step is Step.FORGOTTEN:
            self.forgotten += 1
            del self._open[change.fingerprint]

    def _begin(self, finding: Finding, begin: datetime, firing_at: datetime | None) -> None:
        summary = finding.annotations.get("summary", "")
        self._open[finding.fingerprint] = PastAlert(
            finding.fingerprint, finding.labels, finding.severity, summary, begin, firing_at
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """What alerts add up to. `began_again`: within `AGAIN_WITHIN` after the end of the same alert."""

    alerts: int
    firing: timedelta
    longest: timedelta
    per_day: Mapping[date, int]
    began_again: int
    pages: int


def totals(alerts: Sequence[PastAlert], until: datetime, zone: tzinfo) -> Totals:
    """Return the totals of those alerts that fired; days are those of `zone`, by the instant of firing."""
    fired = [alert for alert in alerts if alert.firing_at is not None]
    lasted = [alert.fired_for(until) for alert in fired]
    days = Counter(alert.firing_at.astimezone(zone).date() for alert in fired if alert.firing_at is not None)
    ended: dict[str, datetime] = {}
    again = 0
    for alert in fired:
        before = ended.get(alert.fingerprint)
        again += before is not None and alert.begin - before <= AGAIN_WITHIN
        if alert.end is not None:
            ended[alert.fingerprint] = alert.end
    return Totals(
        alerts=len(fired),
        firing=sum(lasted, timedelta()),
        longest=max(lasted, default=timedelta()),
        per_day=dict(sorted(days.items())),
        began_again=again,
        pages=sum(alert.pages for alert in fired),
    )


def _rewrite(alert: PastAlert, finding: Finding) -> None:
    alert.summary = finding.annotations.get("summary", "")
    if alert.firing_at is None:
        alert.severity = finding.severity
    elif finding.severity < alert.severity:
        alert.severity = finding.severity
        alert.raised += 1
