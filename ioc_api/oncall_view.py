"""The rota as the API answers it, made from config/oncall.yaml and the overrides. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ioc_core.oncall import OnCall, Override, Policy, Rotation, Shift, Step, gaps, shifts
from ioc_core.oncall.ahead import HORIZON, gaps_ahead, watched
from ioc_core.oncall.overrides import Entry

Plain = dict[str, Any]


def view(
    oncall: OnCall,
    entries: Sequence[Entry],
    *,
    at: datetime,
    since: datetime,
    until: datetime,
    address: Callable[[str], str],
) -> Plain:
    """Return the fields of `OnCallView`. `entries` hold from `HORIZON` before `at`, or `since`, until as far after;
    `address` gives the address of a rotation's calendar."""
    overrides = [entry.override for entry in entries]
    warnings = [(rotation, gap) for rotation in watched(oncall) for gap in gaps_ahead(rotation, at, overrides)]
    return {
        "at": at,
        "since": since,
        "to": until,
        "rotations": [
            {**_rotation(oncall, rotation, overrides, at=at, since=since, until=until), "calendar_url": address(name)}
            for name, rotation in oncall.rotations.items()
        ],
        "people": [
            {
                "name": person.name,
                "title": person.title,
                "user": person.user,
                "ways": [way.kind for way in person.ways],
            }
            for person in oncall.people.values()
        ],
        "policies": [_policy(policy) for policy in oncall.policies.values()],
        "overrides": [plain(entry) for entry in entries if entry.ends_at > since and entry.starts_at < until],
        "warnings": [_gap(rotation, gap) for rotation, gap in warnings],
    }


def plain(entry: Entry) -> Plain:
    """Return the fields of a model `Override`."""
    return {name: getattr(entry, name) for name in entry.__struct_fields__}


def _rotation(
    oncall: OnCall,
    rotation: Rotation,
    overrides: Sequence[Override],
    *,
    at: datetime,
    since: datetime,
    until: datetime,
) -> Plain:
    around = shifts(rotation, at - HORIZON, at + HORIZON, overrides)
    now = next(shift for shift in around if shift.starts_at <= at < shift.ends_at)
    later = (shift for shift in around if shift.starts_at > at and shift.person not in {None, now.person})
    following = next(later, None)
    return {
        "name": rotation.name,
        "title": rotation.title,
        "kind": rotation.kind,
        "timezone": rotation.timezone.key,
        "members": list(rotation.members),
        "now": None if now.person is None else _shift(oncall, now),
        "next": None if following is None else _shift(oncall, following),
        "shifts": [_shift(oncall, shift) for shift in shifts(rotation, since, until, overrides)],
        "gaps": [_gap(rotation, gap) for gap in gaps(rotation, since, until, overrides)],
    }


def _shift(oncall: OnCall, shift: Shift) -> Plain:
    person = oncall.people.get(shift.person or "")
    title = person.title if person is not None else shift.person or ""
    fields = {name: getattr(shift, name) for name in ("starts_at", "ends_at", "person", "rotation", "override")}
    return {**fields, "title": title}


def _gap(rotation: Rotation, gap: Shift) -> Plain:
    return {"rotation": rotation.name, "title": rotation.title, "starts_at": gap.starts_at, "ends_at": gap.ends_at}


def _policy(policy: Policy) -> Plain:
    return {
        "name": policy.name,
        "title": policy.title,
        "steps": [_step(step) for step in policy.steps],
        "repeat": policy.repeat,
        "repeat_after_seconds": policy.repeat_after.total_seconds(),
    }


def _step(step: Step) -> Plain:
    how: str | list[str] = "all" if step.kinds is None else list(step.kinds) or "first"
    whom = [{"kind": target.kind, "name": target.name} for target in step.whom]
    return {"wait_seconds": step.wait.total_seconds(), "whom": whom, "how": how}
