"""Questions of working time a second: by NumPy, by the calendar's methods, by SQL's functions; all give the same."""

import time
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import TypeVar

import numpy as np

from bench.engines import ROOT, engines
from bench.result import Result
from ioc_core import calendar_file
from ioc_core.calendar import WorkingCalendar
from ioc_core.calendar_arrays import CalendarArrays, Seconds
from ioc_core.db import Connection, connect

QUESTIONS = 1_000_000
ONE_BY_ONE = 200_000
"""Of them, those that are asked one at a time, in Python and of the index: a rate needs no more."""
ROUNDS = 3
NUMPY_BUDGET = 1_000_000.0
SQL_BUDGET = 2.0
UNIT = "questions/s"
T = TypeVar("T")

_FILL = """
INSERT INTO asked SELECT to_timestamp(since), to_timestamp(upto), amount
FROM unnest($1::float8[], $2::float8[], $3::float8[]) AS given(since, upto, amount)
"""
_SPANS = "SELECT sum(working_seconds(since, upto)) FROM asked"
_SUMS = "SELECT sum(extract(epoch FROM add_working_seconds(since, amount))) FROM asked"
_INDEX = f"""
SELECT sum(until_upto.worked - until_since.worked) FROM (SELECT * FROM asked LIMIT {ONE_BY_ONE}) few,
LATERAL (SELECT worked_before + date_part('epoch', least(since, end_at) - start_at) AS worked
         FROM working_periods WHERE start_at <= since ORDER BY start_at DESC LIMIT 1) until_since,
LATERAL (SELECT worked_before + date_part('epoch', least(upto, end_at) - start_at) AS worked
         FROM working_periods WHERE start_at <= upto ORDER BY start_at DESC LIMIT 1) until_upto
"""


async def measure() -> list[Result]:
    """Ask the same random instants of all; raise RuntimeError where two disagree."""
    calendar = calendar_file.load(ROOT / "config")
    chance = np.random.default_rng(766)
    year = 365 * 86_400
    starts = chance.integers(calendar.first_second + year, calendar.last_second - year, QUESTIONS)
    ends = chance.integers(calendar.first_second + year, calendar.last_second - year, QUESTIONS)
    amounts = chance.integers(1, 60 * calendar.day_seconds, QUESTIONS)
    arrays = CalendarArrays(calendar)
    span_rate, spans = _rate(QUESTIONS, lambda: arrays.working_seconds(starts, ends))
    sum_rate, sums = _rate(QUESTIONS, lambda: arrays.add_working(starts, amounts))
    days_rate = _business_days(calendar, starts, ends)
    note = f"numpy.busday_count, whole days only: {days_rate:,.0f}"
    results = [
        Result("working time between instants, NumPy", span_rate, UNIT, budget=NUMPY_BUDGET, note=note),
        Result("instant after working time, NumPy", sum_rate, UNIT, budget=NUMPY_BUDGET),
        _one_by_one(calendar, starts, ends, spans),
    ]
    async with engines() as running:
        connection = await connect(running.database_url, application="bench")
        try:
            await connection.execute(
                "CREATE TEMPORARY TABLE asked (since timestamptz, upto timestamptz, amount float8)"
            )
            await connection.execute(_FILL, starts.tolist(), ends.tolist(), amounts.tolist())
            return results + await _in_sql(connection, int(spans.sum()), int(sums.sum()), running.edition)
        finally:
            await connection.close()


def _one_by_one(calendar: WorkingCalendar, starts: Seconds, ends: Seconds, spans: Seconds) -> Result:
    pairs = [
        (datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
        for start, end in zip(starts[:ONE_BY_ONE].tolist(), ends[:ONE_BY_ONE].tolist(), strict=True)
    ]
    rate, answers = _rate(ONE_BY_ONE, lambda: [calendar.working_seconds(start, end) for start, end in pairs])
    _same(sum(answers), int(spans[:ONE_BY_ONE].sum()), "WorkingCalendar")
    bounds = calendar.arrays().starts
    bare = list(zip(starts[:ONE_BY_ONE].tolist(), ends[:ONE_BY_ONE].tolist(), strict=True))
    limit, _ = _rate(
        ONE_BY_ONE, lambda: [bisect_right(bounds, end) - bisect_right(bounds, start) for start, end in bare]
    )
    return Result("working time between instants, one by one", rate, UNIT, "two bisections", limit)


def _business_days(calendar: WorkingCalendar, starts: Seconds, ends: Seconds) -> float:
    rules = calendar.rules
    week = [number in rules.weekdays for number in range(7)]
    days = np.busdaycalendar(weekmask=week, holidays=sorted(rules.off))
    first, last = starts.astype("datetime64[s]").astype("datetime64[D]"), ends.astype("datetime64[s]")
    return _rate(QUESTIONS, lambda: np.busday_count(first, last.astype("datetime64[D]"), busdaycal=days))[0]


async def _in_sql(connection: Connection, spans: int, sums: int, edition: str) -> list[Result]:
    results = []
    limit = ONE_BY_ONE / (await _timed(connection, _INDEX))[0]
    for name, question, expected in (
        ("working time between instants, SQL", _SPANS, spans),
        ("instant after working time, SQL", _SUMS, sums),
    ):
        spent, answer = await _timed(connection, question)
        _same(answer, expected, question)
        yardstick = ("two look-ups in the index of periods", limit, SQL_BUDGET)
        results.append(Result(name, QUESTIONS / spent, UNIT, *yardstick, note=edition))
    return results


async def _timed(connection: Connection, question: str) -> tuple[float, int]:
    spent = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        answer = await connection.fetchval(question)
        spent.append(time.perf_counter() - started)
    return median(spent), int(answer)


def _rate(questions: int, ask: Callable[[], T]) -> tuple[float, T]:
    """Questions a second in the median round, and the answers."""
    spent = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        answers = ask()
        spent.append(time.perf_counter() - started)
    return questions / median(spent), answers


def _same(answer: int, expected: int, who: str) -> None:
    if answer != expected:
        raise RuntimeError(f"{who} gives {answer}, NumPy {expected}")
