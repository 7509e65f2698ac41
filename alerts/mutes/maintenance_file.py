"""Reads config/maintenance.ics: windows in which systems or units are worked on, or every wrong place by line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event

from ioc_core import label_matchers
from ioc_core.errors import ConfigError, ConfigErrors, InputError
from ioc_core.label_matchers import LabelMatcher
from ioc_core.silences import MAINTENANCE, Silence

FILE = "maintenance.ics"
AHEAD = timedelta(hours=26)
"""Windows are reckoned so far ahead, anew each hour."""
_MATCHER = "X-IOC-MATCHER"
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}\Z")


@dataclass(frozen=True, slots=True)
class Maintenance:
    """The windows of the file. `text`: its content, found right; empty: there is no file."""

    text: str = ""

    def windows(self, now: datetime, zone: ZoneInfo) -> tuple[Silence, ...]:
        """Return the windows that are open at `now`, or begin within a day; floating times are those of `zone`."""
        if not self.text:
            return ()
        hour = now.replace(minute=0, second=0, microsecond=0)
        return _windows(self.text, hour, zone.key)


def load_maintenance(config_dir: Path) -> Maintenance:
    """Return what the file says; without a file there are no windows. Raises: ConfigErrors with every wrong place."""
    path = config_dir / FILE
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return Maintenance()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigErrors([ConfigError(file=str(path), line=None, what="file", reason=str(error))]) from error
    try:
        calendar = Calendar.from_ical(text)
    except ValueError as error:
        raise ConfigErrors([ConfigError(file=str(path), line=None, what="iCalendar", reason=str(error))]) from error
    errors = [
        ConfigError(file=str(path), line=_line_of(text, event), what=_name(event), reason=reason)
        for event in calendar.events
        for reason in _wrong(event)
    ]
    if not errors:
        errors = [
            ConfigError(file=str(path), line=_line_of(text, event), what=_name(event), reason=reason)
            for event, reason in _unreckonable(calendar)
        ]
    if errors:
        raise ConfigErrors(sorted(errors, key=lambda error: error.line or 0))
    return Maintenance(text)


@lru_cache(maxsize=8)
def _windows(text: str, hour: datetime, zone: str) -> tuple[Silence, ...]:
    tz = ZoneInfo(zone)
    found = recurring_ical_events.of(Calendar.from_ical(text)).between(hour, hour + AHEAD)
    made = [_window(event, tz) for event in found if str(event.get("STATUS", "")).upper() != "CANCELLED"]
    return tuple(sorted(made, key=lambda window: (window.starts_at, str(window.id))))


def _window(event: Event, tz: ZoneInfo) -> Silence:
    starts_at, ends_at = _instant(event.start, tz), _instant(event.end, tz)
    units = frozenset(_listed(str(event.get("LOCATION", ""))))
    matchers = tuple(_matchers(event)) or (LabelMatcher("alertname", "", is_equal=False),)
    return Silence(
        id=uuid5(NAMESPACE_URL, f"{event.get('UID')}/{starts_at.isoformat()}"),
        kind=MAINTENANCE,
        matchers=matchers,
        scope=FILE if units else None,
        units=units or None,
        starts_at=starts_at,
        ends_at=ends_at,
        comment=str(event.get("SUMMARY", "")) or str(event.get("UID")),
        created_by=FILE,
        created_at=starts_at,
        updated_at=starts_at,
    )


def _instant(at: date, tz: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return at if at.tzinfo is not None else at.replace(tzinfo=tz)


def _matchers(event: Event) -> Iterator[LabelMatcher]:
    """Systems of CATEGORIES, and our own property. Raises: InputError."""
    systems = _systems(event)
    if systems:
        yield LabelMatcher("system", "|".join(re.escape(code) for code in systems), is_regex=True)
    given = event.get(_MATCHER, [])
    for text in given if isinstance(given, list) else [given]:
        yield label_matchers.parse(str(text))


def _systems(event: Event) -> list[str]:
    given = event.get("CATEGORIES", [])
    groups = given if isinstance(given, list) else [given]
    return [str(code).strip() for group in groups for code in group.cats]


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _wrong(event: Event) -> Iterator[str]:
    for name, reason in event.errors:
        yield f"{name or 'a line'}: {reason}"
    if event.errors:
        return
    if not str(event.get("UID", "")):
        yield "UID is missing"
    if event.get("DTSTART") is None or (event.get("DTEND") is None and event.get("DURATION") is None):
        yield "needs DTSTART, and DTEND or DURATION"
    elif event.end <= event.start:
        yield "must end after it starts"
    codes = [*_systems(event), *_listed(str(event.get("LOCATION", "")))]
    yield from (f"{code!r} is no code of a system or unit" for code in codes if _CODE.match(code) is None)
    try:
        matchers = list(_matchers(event))
        if matchers:
            label_matchers.check(matchers)
        elif not codes:
            yield f"would mute everything: say systems (CATEGORIES), units (LOCATION) or labels ({_MATCHER})"
    except InputError as error:
        yield str(error)


def _unreckonable(calendar: Calendar) -> Iterator[tuple[Event, str]]:
    """The events whose rule of recurrence can't be followed through their first year."""
    for event in calendar.events:
        alone = Calendar()
        alone.add_component(event)
        try:
            recurring_ical_events.of(alone).between(event.start, event.start + timedelta(days=366))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            yield event, f"can't recur so: {error}"


def _name(event: Event) -> str:
    return f"VEVENT {event.get('UID', '')}".strip()


def _line_of(text: str, event: Event) -> int | None:
    uid = f"UID:{event.get('UID', '')}"
    lines = (number for number, line in enumerate(text.splitlines(), 1) if line.strip() == uid)
    return next(lines, None)
