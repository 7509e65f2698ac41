"""Says what a backtest found: for people, and as JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.backtest.ledger import AGAIN_WITHIN, PastAlert, Totals, totals
from alerts.backtest.replaying import Replay, Span
from ioc_core.durations import format_duration


@dataclass(frozen=True, slots=True)
class Report:
    """A finished backtest. Instants are shown in `zone`; `notes`: in which respects it isn't what really was."""

    rule: str
    span: Span
    replay: Replay
    notes: Sequence[str]
    zone: ZoneInfo

    def totals(self) -> Totals:
        """Return what the alerts add up to."""
        return totals(self.replay.ledger.alerts, self.replay.until, self.zone)

    def text(self) -> Iterator[str]:
        """Yield the lines for people."""
        span, replay = self.span, self.replay
        yield (
            f"{self.rule}: {self._local(span.start)} to {self._local(span.end)} ({self.zone}), "
            f"step {format_duration(span.step)}, {replay.evaluations:,} evaluations"
        )
        yield from (f"warning: {line}" for line in self._warnings())
        for alert in replay.ledger.alerts:
            yield from self._alert(alert)
        found = self.totals()
        yield f"alerts           {found.alerts}"
        yield f"ended before for {replay.ledger.forgotten}"
        yield f"firing           {format_duration(found.firing)} in all, the longest {format_duration(found.longest)}"
        yield f"began again      {found.began_again} within {format_duration(AGAIN_WITHIN)} after their end"
        yield f"pages            {found.pages} if each is told alone: begun, graver, ended"
        yield from (f"begun on {day}  {number}" for day, number in found.per_day.items())

    def json(self) -> str:
        """Return the same as one JSON object; instants in RFC 3339, durations in seconds."""
        replay, found = self.replay, self.totals()
        return json.dumps(
            {
                "rule": self.rule,
                "from": self._iso(self.span.start),
                "to": self._iso(self.span.end),
                "step_seconds": self.span.step.total_seconds(),
                "until": self._iso(replay.until),
                "complete": not replay.stopped,
                "evaluations": replay.evaluations,
                "failed_evaluations": replay.failures,
                "warnings": list(self._warnings()),
                "alerts": [self._entry(alert) for alert in replay.ledger.alerts],
                "totals": {
                    "alerts": found.alerts,
                    "ended_before_for": replay.ledger.forgotten,
                    "firing_seconds": found.firing.total_seconds(),
                    "longest_seconds": found.longest.total_seconds(),
                    "began_again": found.began_again,
                    "pages": found.pages,
                    "begun_per_day": {day.isoformat(): number for day, number in found.per_day.items()},
                },
            },
            ensure_ascii=False,
            indent=2,
        )

    def _warnings(self) -> Iterator[str]:
        yield from self.notes
        replay = self.replay
        held = sum(alert.begin == self.span.start for alert in replay.ledger.alerts)
        if held:
            yield f"{held} held at the start already: they may have begun before it"
        if replay.failures:
            yield f"{replay.failures} evaluations failed, alerts stayed as they were; the first {replay.first_failure}"
        if replay.stopped:
            yield f"stopped at {self._local(replay.until)}, because {replay.stopped}: what is here ends there"

    def _alert(self, alert: PastAlert) -> Iterator[str]:
        end = "goes on" if alert.end is None else self._local(alert.end)
        if alert.firing_at is None:
            fired = "pending, goes on"
        else:
            lasted = format_duration(self._fired_for(alert))
            fired = f"firing {self._local(alert.firing_at)}  end {end}  {lasted}"
        yield f"P{alert.severity}  begin {self._local(alert.begin)}  {fired}"
        labels = ", ".join(f"{name}={value!r}" for name, value in sorted(alert.labels.items()))
        yield f"    {alert.summary}  {{{labels}}}"

    def _entry(self, alert: PastAlert) -> dict[str, object]:
        return {
            "labels": dict(alert.labels),
            "severity": alert.severity,
            "summary": alert.summary,
            "begin": self._iso(alert.begin),
            "firing_at": self._iso(alert.firing_at),
            "end": self._iso(alert.end),
            "firing_seconds": self._fired_for(alert).total_seconds(),
            "pages": alert.pages,
        }

    def _fired_for(self, alert: PastAlert) -> timedelta:
        return alert.fired_for(self.replay.until)

    def _local(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(sep=" ", timespec="seconds")[:19]

    def _iso(self, at: datetime | None) -> str | None:
        return None if at is None else at.astimezone(self.zone).isoformat()
