"""What people may do with an alert, and what follows from it: a state machine beside that of the rule. Pure.

A rule knows pending, firing and resolved (alerts/state.py). People take an alert on, hand it over, put it off, close
it while its condition still holds, and open it again; what they say may end by itself.
"""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from ioc_core.errors import InputError

LONGEST = timedelta(days=366)
"""Nobody takes on, puts off or closes an alert for longer with an end in mind."""

PENDING, FIRING, CLOSED, RESOLVED = "pending", "firing", "closed", "resolved"


class Handling(Struct, frozen=True, kw_only=True):
    """The part of an alert that people decide; the fields are columns of `alerts`. Instants are UTC-aware."""

    state: str
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_until: datetime | None = None
    assigned_to: str | None = None
    assigned_at: datetime | None = None
    snoozed_by: str | None = None
    snoozed_at: datetime | None = None
    snoozed_until: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    closed_until: datetime | None = None
    close_reason: str = ""
    reopened_at: datetime | None = None

    def holder(self, now: datetime) -> str | None:
        """Return who has the alert at `now`."""
        held = self.acknowledged_until is None or self.acknowledged_until > now
        return self.acknowledged_by if held else None

    def is_quiet(self, now: datetime) -> bool:
        """Whether nobody needs to be told of it at `now`: somebody has it, or it is put off."""
        snoozed = self.snoozed_until is not None and self.snoozed_until > now
        return snoozed or self.holder(now) is not None


class Change(Struct, frozen=True, kw_only=True):
    """What an act makes of an alert. `stirs`: its receivers must be told (again, or that it is over)."""

    after: Handling
    kind: str  # of its entry in the history
    note: str = ""
    until: datetime | None = None
    person: str = ""
    stirs: bool = False


def acknowledge(
    alert: Handling,
    *,
    actor: str,
    now: datetime,
    note: str = "",
    until: datetime | None = None,
    take_over: bool = False,
) -> Change | None:
    """`actor` has the alert until `until`; None: so it is already. From somebody else only by `take_over`.

    Raises:
        InputError: `resolved`, `closed`, `conflict`, `empty` (a takeover says why), `past`, `far`.
    """
    _open(alert)
    _ahead(until, now)
    holder = alert.holder(now)
    if holder == actor and alert.acknowledged_until == until:
        return None
    taken_from = ""
    if holder is not None and holder != actor:
        if not take_over:
            raise InputError("conflict", f"the alert is acknowledged by {holder}")
        _said(note, "whoever takes an alert over says why")
        taken_from = holder
    after = replace(_awake(alert), acknowledged_by=actor, acknowledged_at=now, acknowledged_until=until)
    return Change(after=after, kind="acknowledged", note=note, until=until, person=taken_from)


def unacknowledge(alert: Handling, *, actor: str, now: datetime, note: str = "") -> Change | None:
    """Nobody has the alert any more, so it is news again; None: nobody had it.

    Raises:
        InputError: `resolved`, `closed`, `empty` (whoever lets go what another has says why).
    """
    _open(alert)
    if alert.acknowledged_by is None:
        return None
    if alert.holder(now) not in {actor, None}:
        _said(note, f"{alert.acknowledged_by} has the alert: say why it is let go")
    return _let_go(alert, now, kind="unacknowledged", note=note)


def assign(alert: Handling, *, person: str | None, now: datetime, note: str = "") -> Change | None:
    """`person` is to see to the alert (None: nobody in particular); None: so it is already.

    Raises:
        InputError: `resolved`, `closed`.
    """
    _open(alert)
    if alert.assigned_to == person:
        return None
    after = replace(alert, assigned_to=person, assigned_at=None if person is None else now)
    return Change(after=after, kind="assigned", note=note, person=person or "")


def snooze(alert: Handling, *, actor: str, now: datetime, until: datetime, note: str = "") -> Change | None:
    """Nobody is told of the alert until `until`; None: so it is already.

    Raises:
        InputError: `resolved`, `closed`, `past`, `far`.
    """
    _open(alert)
    _ahead(until, now)
    if alert.snoozed_until == until:
        return None
    after = replace(alert, snoozed_by=actor, snoozed_at=now, snoozed_until=until)
    return Change(after=after, kind="snoozed", note=note, until=until)


def unsnooze(alert: Handling, *, now: datetime, note: str = "") -> Change | None:
    """The alert is news again, unless somebody has it; None: it wasn't put off.

    Raises:
        InputError: `resolved`, `closed`.
    """
    _open(alert)
    return None if alert.snoozed_until is None else _woken(alert, now, note=note)


def close(alert: Handling, *, actor: str, now: datetime, reason: str, until: datetime | None = None) -> Change | None:
    """The alert is over although its condition holds, at most until `until`; None: `actor` has just done that.

    Raises:
        InputError: `resolved`, `closed` (by somebody else), `pending`, `empty`, `past`, `far`.
    """
    _said(reason, "whoever closes an alert says why")
    _ahead(until, now)
    if alert.state == CLOSED and (alert.closed_by, alert.close_reason, alert.closed_until) == (actor, reason, until):
        return None
    _open(alert)
    if alert.state == PENDING:
        raise InputError("pending", "the alert doesn't fire yet")
    after = replace(
        _awake(alert), state=CLOSED, closed_by=actor, closed_at=now, closed_until=until, close_reason=reason,
        acknowledged_until=None,
    )  # fmt: skip
    return Change(after=after, kind="closed", note=reason, until=until, stirs=True)


def reopen(alert: Handling, *, now: datetime, note: str = "") -> Change | None:
    """A closed alert fires again, and nobody has it; None: it is open.

    Raises:
        InputError: `resolved`: its condition has ended, so it fires by itself when that comes back.
    """
    if alert.state == RESOLVED:
        raise InputError("resolved", "the alert's condition has ended; it fires by itself when it is back")
    if alert.state != CLOSED:
        return None
    after = replace(
        alert, state=FIRING, closed_until=None, reopened_at=now,
        acknowledged_by=None, acknowledged_at=None, acknowledged_until=None,
    )  # fmt: skip
    return Change(after=after, kind="reopened", note=note, stirs=True)


def next_timer(alert: Handling) -> datetime | None:
    """Return when the first of the alert's times runs out; None: none does."""
    if alert.state == RESOLVED:
        return None
    running = [at for at in (alert.acknowledged_until, alert.snoozed_until, alert.closed_until) if at is not None]
    return min(running, default=None)


def run_out(alert: Handling, now: datetime) -> list[Change]:
    """Return what ran out by `now`, in the order of time, each change upon the one before."""
    changes: list[Change] = []
    while (due := next_timer(alert)) is not None and due <= now:
        changes.append(_ended(alert, due, now))
        alert = changes[-1].after
    return changes


def _ended(alert: Handling, due: datetime, now: datetime) -> Change:
    if alert.closed_until == due:
        change = reopen(alert, now=now)
        assert change is not None, "closed_until is set only while an alert is closed"
        return change
    return _let_go(alert, now, kind="ack_expired", note="") if alert.acknowledged_until == due else _woken(alert, now)


def _let_go(alert: Handling, now: datetime, *, kind: str, note: str) -> Change:
    after = replace(alert, acknowledged_by=None, acknowledged_at=None, acknowledged_until=None)
    return Change(after=after, kind=kind, note=note, person=alert.acknowledged_by or "", stirs=not after.is_quiet(now))


def _woken(alert: Handling, now: datetime, note: str = "") -> Change:
    after = _awake(alert)
    return Change(after=after, kind="unsnoozed", note=note, stirs=not after.is_quiet(now))


def _awake(alert: Handling) -> Handling:
    return replace(alert, snoozed_by=None, snoozed_at=None, snoozed_until=None)


def _open(alert: Handling) -> None:
    if alert.state == RESOLVED:
        raise InputError("resolved", "the alert is already resolved")
    if alert.state == CLOSED:
        raise InputError("closed", f"the alert was closed by {alert.closed_by}")


def _said(text: str, why: str) -> None:
    if not text.strip():
        raise InputError("empty", why)


def _ahead(until: datetime | None, now: datetime) -> None:
    if until is None:
        return
    if until <= now:
        raise InputError("past", f"{until.isoformat()} is over")
    if until > now + LONGEST:
        raise InputError("far", f"{until.isoformat()} is more than {LONGEST.days} days ahead")
