"""Since when a target is up or down, whatever order its results come in: against an oracle that has them all."""

import random
from datetime import datetime

import pytest

from ingest.writer.probes import Ask, Run, changed_at, rank
from ioc_core.db import Pool
from ioc_core.events import ProbeResult
from tests.writer.applying import Applier, message
from tests.writer.events import at, probe


def oracle(results: list[ProbeResult]) -> tuple[datetime, bool, datetime]:
    """Return (newest, its success, since when) of one target."""
    ordered = sorted({r.observed_at: r for r in sorted(results, key=lambda r: not r.success)}.values(), key=_time)
    newest = ordered[-1]
    since = newest.observed_at
    for result in reversed(ordered):
        if result.success != newest.success:
            break
        since = result.observed_at
    return newest.observed_at, newest.success, since


def _time(result: ProbeResult) -> datetime:
    return result.observed_at


async def test_since_when_is_right_after_every_batch_in_any_order(store: Pool) -> None:
    """150 targets with a history each; their results come in random order, in batches, some of them twice."""
    made = random.Random(5)
    histories = {
        f"t{number}": [
            probe(f"t{number}", made.randrange(12), made.random() < chance, made.choice([0.1, 0.2]))
            for _ in range(made.randrange(1, 14))
        ]
        for number in range(150)
        for chance in [made.choice([0.5, 0.9])]
    }
    waiting = [result for results in histories.values() for result in (*results, *results[:2])]
    made.shuffle(waiting)
    seen: dict[str, list[ProbeResult]] = {}
    writer = Applier()
    async with store.acquire() as connection:
        for seq, start in enumerate(range(0, len(waiting), 97)):
            part = waiting[start : start + 97]
            await writer.apply(connection, [message(seq + 1, part)])
            for result in part:
                seen.setdefault(result.target, []).append(result)
            rows = await connection.fetch("SELECT target, observed_at, success, changed_at FROM probe_current")
            found = {row["target"]: (row["observed_at"], row["success"], row["changed_at"]) for row in rows}
            assert found == {target: oracle(results) for target, results in seen.items()}


UP, DOWN = True, False
HELD = Run(rank(probe("t", 10, UP)), at(5))  # up since 5, last seen at 10


def results(*given_: tuple[float, bool]) -> list[ProbeResult]:
    return [probe("t", seconds, success) for seconds, success in given_]


@pytest.mark.parametrize(
    ("held", "came", "answer"),
    [
        pytest.param(None, [(1, UP)], at(1), id="the first result ever"),
        pytest.param(None, [(1, DOWN), (2, UP), (3, UP)], at(2), id="several at first"),
        pytest.param(HELD, [(11, UP), (12, UP)], at(5), id="still up"),
        pytest.param(HELD, [(11, DOWN), (12, DOWN)], at(11), id="gone down"),
        pytest.param(HELD, [(11, DOWN), (12, UP)], Ask(at(11)), id="down and up again"),
        pytest.param(HELD, [(3, DOWN)], at(5), id="a late failure before it came up"),
        pytest.param(HELD, [(7, UP)], at(5), id="a late success within the run"),
        pytest.param(HELD, [(7, DOWN)], Ask(at(7)), id="a late failure within the run splits it"),
        pytest.param(HELD, [(4, UP)], Ask(at(5)), id="a late success before the run may lengthen it"),
        pytest.param(HELD, [(10, DOWN)], Ask(at(10)), id="a failure at the same instant counts"),
        pytest.param(HELD, [(7, DOWN), (12, DOWN)], at(12), id="late and new failures"),
    ],
)
def test_when_the_answer_is_known_without_asking(
    held: Run | None, came: list[tuple[float, bool]], answer: datetime | Ask
) -> None:
    assert changed_at(held, results(*came)) == answer


async def test_a_failure_at_the_same_instant_stays_whatever_comes_first(store: Pool) -> None:
    async with store.acquire() as connection:
        await Applier().apply(connection, [message(1, [probe("a", 1, False), probe("b", 1, True)])])
        await Applier().apply(connection, [message(2, [probe("a", 1, True), probe("b", 1, False)])])
    rows = await store.fetch("SELECT p.success, c.success FROM probe_results p JOIN probe_current c USING (target)")
    assert [tuple(row) for row in rows] == [(False, False), (False, False)]
