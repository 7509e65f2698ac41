"""Runs timelines in a simulated centre: what was found at each check, what it lacks, and whether it could have lacked
anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerts.rule import Place, Rule
from alerts.rule_tests.centre import Setting, SimulatedCentre, eager
from alerts.rule_tests.comparing import Found, difference
from alerts.rule_tests.model import Act, ExpectedAlert, SourceModel
from alerts.rule_tests.timeline import Check, Timeline, Told
from alerts.rule_tests.world import World
from ioc_core.errors import InputError, StorageError
from ioc_core.events import Event

MOST_ROUNDS = 20_000
"""Instants at which something happens in one test: more is a mistake, such as an interval of seconds over weeks."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is wrong with a test, and where; `lines` say it."""

    place: Place
    headline: str
    lines: Sequence[str] = ()

    def __str__(self) -> str:
        return "\n".join([f"{self.place}: {self.headline}", *self.lines])


@dataclass(slots=True)
class Outcome:
    """How a test went. `seen`: (rule, what) of alerts that a check expected and found: `firing`, `resolved`."""

    timeline: Timeline
    failures: list[Failure] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Tester:
    """Runs tests of `rules`, one after another."""

    world: World
    rules: Sequence[Rule]
    setting: Setting

    async def run(self, timeline: Timeline) -> Outcome:
        """Run one test, and see whether it can fail at all."""
        outcome = Outcome(timeline)
        await self._run(timeline, self._rules_of(timeline), outcome)
        if not outcome.failures:
            reason = await self._why_vacuous(timeline)
            if reason:
                headline = f"{timeline.name}: can't fail: {reason}"
                outcome.failures.append(Failure(timeline.place, headline))
        return outcome

    async def _why_vacuous(self, timeline: Timeline) -> str:
        """Return why the test proves nothing, or '' when it does: it must fail when what it tests is broken."""
        if not timeline.expects_something:
            if await self._passes(timeline, [eager(rule) for rule in self._rules_of(timeline)]):
                return "it expects nothing to happen, and passes as well with rules that fire at once: let it fire too"
            return ""
        if timeline.told and await self._passes(replace(timeline, told=()), self._rules_of(timeline)):
            return "it passes without its events"
        return ""

    async def _passes(self, timeline: Timeline, rules: Sequence[Rule]) -> bool:
        outcome = Outcome(timeline)
        await self._run(timeline, rules, outcome, to_the_end=False)
        return not outcome.failures

    def _rules_of(self, timeline: Timeline) -> list[Rule]:
        rules = [rule for rule in self.rules if rule.alert in timeline.rules]
        if timeline.interval is None:
            return rules
        return [replace(rule, interval=timeline.interval) for rule in rules]

    async def _run(
        self, timeline: Timeline, rules: Sequence[Rule], outcome: Outcome, *, to_the_end: bool = True
    ) -> None:
        centre = SimulatedCentre(self.world, rules, self.setting)
        await centre.begin(timeline.start)
        run = _Run(centre, timeline, outcome)
        for check in timeline.checks:
            await run.until(check)
            if outcome.failures and not to_the_end:
                return


class _Run:
    """One pass through a timeline."""

    def __init__(self, centre: SimulatedCentre, timeline: Timeline, outcome: Outcome) -> None:
        self._centre = centre
        self._timeline = timeline
        self._outcome = outcome
        self._next = 0  # of what is told
        self._looked_at = timeline.start
        self._rounds = 0
        self._failed: set[str] = set()

    async def until(self, check: Check) -> None:
        """Go on to the instant of the check, and compare."""
        while True:
            due = self._due(check.at)
            self._centre.now = max(due, self._centre.now)
            await self._tell()
            for line in await self._centre.work():
                if line not in self._failed:
                    self._failed.add(line)
                    self._fail(Failure(self._timeline.place, f"{self._timeline.name}: at {self._since()}: {line}"))
            self._rounds += 1
            if self._rounds > MOST_ROUNDS:
                self._fail(
                    Failure(check.place, f"{self._timeline.name}: more than {MOST_ROUNDS:,} instants to look at")
                )
                return
            if self._due(check.at) >= check.at and self._centre.now >= check.at:
                break
        found = await self._centre.look(self._looked_at)
        self._looked_at = check.at
        self._compare(check, found)

    def _due(self, limit: datetime) -> datetime:
        """The next instant at which anything happens, at most `limit`."""
        told = self._timeline.told
        next_told = told[self._next].at if self._next < len(told) else limit
        by_itself = self._centre.due()
        return min(limit, next_told, limit if by_itself is None else by_itself)

    async def _tell(self) -> None:
        now: list[Told] = []
        told = self._timeline.told
        while self._next < len(told) and told[self._next].at <= self._centre.now:
            now.append(told[self._next])
            self._next += 1
        events: list[Event] = []
        sources: list[SourceModel] = []
        for item in now:
            if isinstance(item.what, SourceModel):
                sources.append(item.what)
            elif isinstance(item.what, Event):
                events.append(item.what)
            else:
                await self._act(item.what, item.place)
        if not events and not sources:
            return
        try:
            await self._centre.store(events, sources)
        except StorageError as error:
            self._fail(Failure(now[0].place, f"{self._timeline.name}: {error}"))

    async def _act(self, what: Act, place: Place) -> None:
        try:
            await self._centre.act(what)
        except InputError as error:
            self._fail(Failure(place, f"{self._timeline.name}: {error}"))

    def _compare(self, check: Check, found: Found) -> None:
        lines = difference(check.expected, found)
        if lines:
            local = check.at.strftime("%Y-%m-%d %H:%M:%S%z")
            self._fail(Failure(check.place, f"{self._timeline.name}: at {self._since()} ({local})", lines))
            return
        for alert in check.expected.alerts or ():
            self._outcome.seen.add((self._rule_of(alert), alert.state))

    def _rule_of(self, alert: ExpectedAlert) -> str:
        return alert.rule or self._timeline.rules[0]

    def _since(self) -> str:
        return str(self._centre.now - self._timeline.start)

    def _fail(self, failure: Failure) -> None:
        self._outcome.failures.append(failure)
