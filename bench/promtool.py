"""Random timelines through our `for` and `keep_firing_for`, and through Prometheus' own (`promtool test rules`)."""

import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from alerts.rule import Hold
from alerts.state import Episode, State, step
from bench.result import Result

TICK = timedelta(seconds=15)
LONGEST = 6
"""Ticks of `for` and of `keep_firing_for`, less one."""
_TIMELINES = 2000
_TICKS = 60
_SEED = 20261120
_START = datetime(2026, 11, 20, tzinfo=UTC)
_WITHIN = 600.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """In which evaluations the condition holds, one each `TICK`; `hold` and `keep` in ticks."""

    hold: int
    keep: int
    presence: Sequence[bool]

    def firing(self) -> list[bool]:
        """Return after which evaluations our alert fires."""
        holds = Hold(self.hold * TICK, self.keep * TICK)
        episode: Episode | None = None
        fires = []
        for index, present in enumerate(self.presence):
            transition = step(episode, present, _START + index * TICK, holds)
            if transition is not None:
                episode = transition.episode
            fires.append(episode is not None and episode.state is State.FIRING)
        return fires


def timelines(count: int, ticks: int, dice: random.Random) -> list[Timeline]:
    """Return random timelines: some restless, some with long stretches, since both find other mistakes."""
    found = []
    for _ in range(count):
        turns, present, presence = dice.choice([0.5, 0.3, 0.15, 0.05]), dice.random() < 0.5, []
        for _ in range(ticks):
            present ^= dice.random() < turns
            presence.append(present)
        found.append(Timeline(dice.randrange(LONGEST), dice.randrange(LONGEST), presence))
    return found


def differences(cases: Sequence[Timeline], folder: Path) -> list[str]:
    """Return what Prometheus objects to when it is told of each evaluation which of our alerts fire.

    Raises:
        FileNotFoundError: there is no promtool (Debian's package prometheus).
    """
    promtool = shutil.which("promtool")
    if promtool is None:
        raise FileNotFoundError("promtool isn't there: it is in Debian's package prometheus")
    (folder / "rules.yaml").write_text(_rules(), encoding="utf-8")
    (folder / "test.yaml").write_text(_tests(cases), encoding="utf-8")
    done = subprocess.run(
        [promtool, "test", "rules", "test.yaml"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_WITHIN,
        check=False,
    )
    said = done.stdout + done.stderr
    objections = [line.strip() for line in said.splitlines() if line.strip().startswith("alertname:")]
    return objections or ([] if done.returncode == 0 else [said])


def _rules() -> str:
    lines = ["groups:\n  - name: g\n    interval: 15s\n    rules:\n"]
    for hold, keep in product(range(LONGEST), repeat=2):
        times = f"for: {hold * 15}s, keep_firing_for: {keep * 15}s"
        lines.append(f"      - {{alert: A{hold}{keep}, expr: 'x{hold}{keep} > 0', {times}}}\n")
    return "".join(lines)


def _tests(cases: Sequence[Timeline]) -> str:
    """One test for all timelines: each is a series of the metric that the rule with its times looks at."""
    parts = ["rule_files: [rules.yaml]\nevaluation_interval: 15s\ntests:\n  - interval: 15s\n    input_series:\n"]
    firing: dict[tuple[str, int], list[int]] = {}
    for number, case in enumerate(cases):
        name = f"{case.hold}{case.keep}"
        values = " ".join("1" if present else "0" for present in case.presence)
        parts.append(f"      - {{series: 'x{name}{{case=\"{number}\"}}', values: '{values}'}}\n")
        for tick, fires in enumerate(case.firing()):
            firing.setdefault((name, tick), []).extend([number] if fires else [])
    parts.append("    alert_rule_test:\n")
    for (name, tick), numbers in firing.items():
        expected = ", ".join(f'{{exp_labels: {{case: "{number}"}}}}' for number in numbers)
        parts.append(f"      - {{eval_time: {tick * 15}s, alertname: A{name}, exp_alerts: [{expected}]}}\n")
    return "".join(parts)


async def measure() -> list[Result]:
    """Return how often the two differ over a hundred thousand evaluations."""
    started = time.perf_counter()
    cases = timelines(_TIMELINES, _TICKS, random.Random(_SEED))
    with tempfile.TemporaryDirectory(prefix="ioc-promtool-") as folder:
        found = differences(cases, Path(folder))
    note = f"{_TIMELINES:,} timelines, {_TIMELINES * _TICKS:,} evaluations, {time.perf_counter() - started:.0f} s"
    return [
        Result(
            "for, keep_firing_for: differences from Prometheus", len(found), "", budget=0, at_least=False, note=note
        )
    ]
