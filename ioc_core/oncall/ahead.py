"""Gaps ahead: stretches that begin soon and in which nobody is on call. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ioc_core.oncall.model import OnCall, Override, Rotation
from ioc_core.oncall.rota import Shift, gaps

WARNED = timedelta(hours=24)
"""So long before a gap begins people are told of it."""
HORIZON = timedelta(days=8)
"""Beginning and end of a gap are looked for as far back and ahead."""


def watched(oncall: OnCall) -> list[Rotation]:
    """Return the rotations in which somebody should always be on call: not those that only stand in on days off."""
    stand_in = {
        other.name
        for rotation in oncall.rotations.values()
        for other in (rotation.days_off, rotation.holidays)
        if other is not None
    }
    called = {
        target.name
        for policy in oncall.policies.values()
        for step in policy.steps
        for target in step.whom
        if target.kind == "rotation"
    }
    return [rotation for name, rotation in oncall.rotations.items() if name in called or name not in stand_in]


def gaps_ahead(
    rotation: Rotation, now: datetime, overrides: Sequence[Override], within: timedelta = WARNED
) -> list[Shift]:
    """Return the gaps that are there at `now` or begin `within`; whatever is longer than the horizon is cut there."""
    found = gaps(rotation, now - HORIZON, now + max(HORIZON, within), overrides)
    return [gap for gap in found if gap.ends_at > now and gap.starts_at <= now + within]
