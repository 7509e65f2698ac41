"""What people do in a simulated centre, and what befalls the centre itself, written as the real one writes it."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import asyncpg

from alerts.files_in_use import write_files
from alerts.query import STATEMENT_TIMEOUT, Answer, EvaluationError
from alerts.rule import Rule
from alerts.rule_tests.model import OverrideModel, RuleFilesModel, SilenceModel
from alerts.simulated_time import SimulatedSession
from ioc_core import silences
from ioc_core.db import Pool
from ioc_core.errors import InputError
from ioc_core.label_matchers import parse
from ioc_core.oncall import OnCall, Override, overrides

_SOMEBODY = "test"


async def make_silence(pool: Pool, given: SilenceModel, now: datetime, zone: ZoneInfo) -> None:
    """Make a silence that is on from `now`. Raises: InputError: it can't be."""
    wanted = silences.Wanted(
        matchers=tuple(map(parse, given.matchers)),
        starts_at=now,
        ends_at=now + given.lasts,
        comment=given.comment,
        kind=given.kind,
    )
    async with pool.acquire() as connection:
        await silences.create(connection, wanted, actor=given.by, now=now, zone=zone)


async def make_override(pool: Pool, given: OverrideModel, now: datetime, oncall: OnCall) -> None:
    """Have somebody, or nobody, be on call for a while. Raises: InputError: it can't be."""
    if given.rotation not in oncall.rotations:
        raise InputError("rotation", f"override: there is no rotation {given.rotation!r} in config/oncall.yaml")
    if given.person is not None and given.person not in oncall.people:
        raise InputError("person", f"override: there is no person {given.person!r} in config/oncall.yaml")
    begins = now + given.begins_in
    override = Override(0, given.rotation, given.person, begins, begins + given.lasts)
    async with pool.acquire() as connection:
        await overrides.create(connection, override, reason=_SOMEBODY, created_by=_SOMEBODY, now=now)


async def refuse_files(pool: Pool, given: RuleFilesModel, now: datetime) -> None:
    """Have edited files refused for these problems since `now`, or taken over when there is none."""
    await write_files(pool, now, (now, given.problems) if given.problems else None)


class FaultySession(SimulatedSession):
    """Fails to evaluate the rules that are among its `faults`: rule → what the error says."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", clock: Callable[[], datetime]) -> None:
        super().__init__(connection, clock, STATEMENT_TIMEOUT)
        self.faults: dict[str, str] = {}

    async def ask(self, rule: Rule) -> Answer:
        """Return what `rule` finds as of now. Raises: as `SimulatedSession.ask`."""
        if rule.alert in self.faults:
            raise EvaluationError(self.faults[rule.alert])
        return await super().ask(rule)
