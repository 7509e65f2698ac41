"""What the rows of an evaluation mean for a rule's alerts: what is found, what holds without a row, what is missed."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from alerts.hysteresis import judge
from alerts.query import Answer, EvaluationError
from alerts.rows import Finding, LastSight, Row, finding, identity, last_sight, no_data_finding, value_of
from alerts.rule import NoData, Rule, When
from alerts.store import LiveAlert
from alerts.subjects import Memory, Subject, memory
from alerts.templates import Templates

_ROWS_AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class Reading:
    """`found`: alerts whose condition holds; `holding`: live ones whose condition holds without data, as before.

    `memory`: what has to be remembered; `silent`: live alerts that have no data since this evaluation.
    """

    found: Mapping[str, Finding]
    holding: frozenset[str] = frozenset()
    memory: Memory = field(default_factory=Memory)
    silent: tuple[int, ...] = ()


class Reader:
    """Reads the answers of one rule; remembers the last one, so that unchanged rows aren't rendered again."""

    def __init__(self, rule: Rule, templates: Templates) -> None:
        self._rule = rule
        self._templates = templates
        self._rows: dict[str, Row] = {}
        self._findings: dict[str, Finding] = {}
        self._seen_at: datetime | None = None

    async def read(
        self, answer: Answer, live: Mapping[str, LiveAlert], known: Mapping[str, Subject], now: datetime
    ) -> Reading:
        """Return what `answer` means; other tasks run in between, however many rows there are.

        Raises:
            EvaluationError: two rows are one alert, or one can't be read or rendered.
        """
        rows = await self._identified(answer)
        if self._rule.when is None:
            return Reading(await self._render(rows, rows, now))
        return await self._judged(self._rule.when, rows, live, known, now)

    async def _identified(self, answer: Answer) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        for index, record in enumerate(answer.rows):
            row: Row = dict(record)
            mark, labels = identity(self._rule, row)
            if mark in rows:
                raise EvaluationError(f"finds two rows with the labels {labels}")
            rows[mark] = row
            await _give_way(index)
        return rows

    async def _render(self, rows: dict[str, Row], wanted: Iterable[str], now: datetime) -> dict[str, Finding]:
        """Return the alerts that the wanted rows are; remember all rows."""
        found: dict[str, Finding] = {}
        for index, mark in enumerate(wanted):
            unchanged = mark in self._findings and self._rows[mark] == rows[mark]
            found[mark] = self._findings[mark] if unchanged else finding(self._rule, rows[mark], self._templates)
            await _give_way(index)
        self._rows, self._findings, self._seen_at = rows, found, now
        return dict(found)

    async def _judged(
        self,
        when: When,
        rows: dict[str, Row],
        live: Mapping[str, LiveAlert],
        known: Mapping[str, Subject],
        now: datetime,
    ) -> Reading:
        values = {mark: value_of(row) for mark, row in rows.items()}
        judged = judge(
            when,
            values,
            {mark: alert.episode for mark, alert in live.items()},
            {mark: subject.silence for mark, subject in known.items()},
            now,
        )
        sights = {mark: last_sight(self._rule, rows[mark], now) for mark in judged.met}
        sights |= {mark: self._last(mark, live, known, now) for mark in judged.silent}
        learned = memory(judged, known, sights, when.no_data)
        here = [mark for mark in rows if judged.holds[mark] and values[mark] is not None]
        found = await self._render(rows, here, now)
        holding = {mark for mark, holds in judged.holds.items() if holds and mark not in found}
        if when.no_data is NoData.ALERT:
            for mark in holding:
                subject = learned.first.get(mark) or known[mark]
                found[mark] = no_data_finding(self._rule, subject.last, self._templates)
        silent = tuple(live[mark].id for mark in judged.silent if mark in live)
        return Reading(found, frozenset(holding - set(found)), learned, silent)

    def _last(
        self, mark: str, live: Mapping[str, LiveAlert], known: Mapping[str, Subject], now: datetime
    ) -> LastSight:
        """What was last seen of a subject that fell silent; after a restart what was remembered of it before."""
        row = self._rows.get(mark)
        if row is not None and self._seen_at is not None:
            return last_sight(self._rule, row, self._seen_at)
        if mark in known:
            return replace(known[mark].last, seen_at=now)
        return LastSight({}, live[mark].severity, {}, now)


async def _give_way(index: int) -> None:
    if index % _ROWS_AT_ONCE == _ROWS_AT_ONCE - 1:
        await asyncio.sleep(0)
