"""A log line of a source → SecurityEvent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ingest.source_entries import LogsSource, SyslogSource
from ingest.syslog.classify import classify
from ingest.syslog.message import parse_message
from ingest.text import clean
from ioc_core.events import SecurityEvent

AHEAD = timedelta(minutes=10)
_SHORT = 300
_MESSAGE = 4000
_CUT_OFF = " […cut off]"


@dataclass(frozen=True, slots=True)
class LineReader:
    """Reads the lines of one source. `kept_for`: a time further back is a wrong clock, and ours is taken."""

    source: SyslogSource | LogsSource
    zone: ZoneInfo
    kept_for: timedelta

    def read(
        self, line: bytes, event_id: str, received_at: datetime, *, host: str | None, truncated: bool = False
    ) -> SecurityEvent:
        """The event of a line; `host` is where it came from, when the line itself doesn't say."""
        message = parse_message(line, received_at=received_at, zone=self.zone)
        finding = classify(message)
        at = message.at
        if at is None or not received_at - self.kept_for <= at <= received_at + AHEAD:
            at = received_at
        text = clean(message.text, _MESSAGE - len(_CUT_OFF)) + (_CUT_OFF if truncated else "")
        return SecurityEvent(
            source=self.source.name,
            observed_at=at,
            received_at=received_at,
            event_id=event_id,
            event_category=finding.category,
            event_severity=finding.severity,
            message=text,
            event_action=finding.action,
            event_outcome=finding.outcome,
            host_name=_short(finding.host or message.host or host),
            source_ip=finding.source_ip,
            user_name=_short(finding.user),
            rule_name=_short(finding.rule),
            process_name=_short(message.app),
            unit=self.source.unit,
            system=self.source.system,
            raw=message.raw,
        )


def _short(text: str | None) -> str | None:
    return None if text is None else clean(text, _SHORT)
