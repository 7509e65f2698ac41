"""A rotation as iCalendar (RFC 5545), for calendar clients. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from ioc_core.oncall import OnCall, Override, Rotation, shifts

BEFORE, AFTER = timedelta(days=31), timedelta(days=184)
"""How much of the past and of the future a calendar has."""
MEDIA_TYPE = "text/calendar"
_REFRESH = timedelta(hours=1)


def calendar(
    oncall: OnCall,
    rotation: Rotation,
    overrides: Sequence[Override],
    *,
    now: datetime,
    host: str,
    person: str | None = None,
) -> bytes:
    """Return the calendar of a rotation's shifts, or of one person's in it. Times are UTC.

    An event's UID says rotation and beginning: a shift that somebody else takes over is the same event with another
    name. Where nobody is on call is an event, too.
    """
    made = Calendar()
    made.add("prodid", "-//IOC//on call//VI")
    made.add("version", "2.0")
    made.add("x-wr-calname", rotation.title)
    made.add("name", rotation.title)
    made.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    for shift in shifts(rotation, now - BEFORE, now + AFTER, overrides)[1:]:  # the first began before
        if person is not None and shift.person != person:
            continue
        known = oncall.people.get(shift.person or "")
        who = "CHƯA CÓ NGƯỜI TRỰC" if shift.person is None else known.title if known is not None else shift.person
        event = Event()
        event.add("uid", f"{rotation.name}-{shift.starts_at:%Y%m%dT%H%M%SZ}@{host}")
        event.add("dtstamp", now)
        event.add("dtstart", shift.starts_at)
        event.add("dtend", shift.ends_at)
        event.add("summary", f"{rotation.title}: {who}")
        if shift.override is not None:
            event.add("description", "Đổi ca")
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    raw: bytes = made.to_ical()
    return raw
