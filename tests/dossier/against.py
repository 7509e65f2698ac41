"""The product's judgement of random histories beside the oracle's."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from ioc_core import calendar_file
from ioc_core.dossier import Dossier, DossierClock, HistoryNeeded, Statutory, merge, standing, story
from ioc_core.events import DossierEvent, dossier_content_id
from tests.conftest import CONFIG
from tests.dossier.histories import STATUTORY, history
from tests.dossier.oracle import Judged, Oracle, Rules

Told = tuple[DossierEvent, str]
Fields = dict[str, Any]
CALENDAR = calendar_file.load(CONFIG)
CLOCK = DossierClock(
    CALENDAR, {code: Statutory(*term) for code, term in STATUTORY.items()}, acceptance_seconds=8 * 3600
)
ORACLE = Oracle(Rules(CALENDAR.rules, {code: (amount, unit.value) for code, (amount, unit) in STATUTORY.items()}))
DUE_SOON = (24 * 3600.0, 8 * 3600.0, 4 * 3600.0)
NAMES = tuple(field.name for field in fields(Judged))
OFFSET = timedelta(hours=7)
EARLIEST, LATEST = datetime(2015, 1, 2, tzinfo=UTC), datetime(2035, 12, 1, tzinfo=UTC)
"""Instants at which standings are asked for: in the calendar, and far enough from its end for every tier."""


def differences(seeds: Iterable[int], clock: DossierClock = CLOCK) -> list[str]:
    """What product and oracle say differently of the histories of `seeds`; a note names one that can't be judged."""
    found = []
    for seed in seeds:
        try:
            wrong = _difference(seed, clock)
        except Exception as error:
            error.add_note(f"the history of seed {seed}")
            raise
        if wrong:
            found.append(f"seed {seed}: {'; '.join(wrong)}")
    return found


def _difference(seed: int, clock: DossierClock) -> list[str]:
    dice = Random(seed)
    events = history(dice)
    messages = told(events)
    dossier = merge(None, messages)
    judged = ORACLE.judge(events)
    now = _instant(dice, judged)
    theirs, ours = of_oracle(judged, now), of_product(dossier, now, clock)
    wrong = [f"{name}: oracle {theirs[name]}, product {ours[name]}" for name in theirs if theirs[name] != ours[name]]
    if in_pieces(dice, messages) != dossier:
        wrong.append("the order of the messages matters")
    return wrong


def told(events: list[DossierEvent]) -> list[Told]:
    """The events with the ids of their contents."""
    return [(event, dossier_content_id(event)) for event in events]


def in_pieces(dice: Random, messages: list[Told]) -> Dossier:
    """The state after the same messages in another order, in groups of random size, some of them twice."""
    messages = dice.sample(messages, len(messages))
    dossier: Dossier | None = None
    start = 0
    while start < len(messages):
        end = start + dice.randint(1, 4)
        batch = messages[start:end]
        if dice.random() < 0.1:
            batch = [*batch, messages[0]]
        try:
            dossier = merge(dossier, batch)
        except HistoryNeeded:
            dossier = merge(dossier, batch, messages[:start])
        start = end
    assert dossier is not None
    return dossier


def of_oracle(judged: Judged, now: datetime) -> Fields:
    """What the oracle says, with its standing at `now`; its local times as they are in UTC."""
    found: Fields = {"standing": ORACLE.standing(judged, now.replace(tzinfo=None) + OFFSET)}
    for name in NAMES:
        value = getattr(judged, name)
        found[name] = _utc(value) if isinstance(value, datetime) else value
    found["requests"] = tuple((_utc(since), until and _utc(until)) for since, until in judged.requests)
    return found


def of_product(dossier: Dossier, now: datetime, clock: DossierClock = CLOCK) -> Fields:
    """What the product says, by the same names."""
    said = story(dossier)
    verdict = clock.judge(dossier, said)
    return {
        "status": dossier.status,
        "effective_at": dossier.effective_at,
        "told_at": dossier.told_at,
        "accepted_at": said.accepted_at,
        "ended_at": said.ended_at,
        "end_status": said.end_status,
        "requests": tuple((pause.start, pause.end) for pause in said.pauses),
        "waited_seconds": verdict.waited_seconds,
        "waiting_since": said.waiting_since,
        "deadline_at": verdict.deadline_at,
        "late_at": verdict.late_at,
        "lateness": verdict.lateness,
        "entered_at": said.entered_at,
        "entered_late": verdict.entered_late,
        "accept_by": verdict.accept_by,
        "first_told_at": said.first_told_at,
        "standing": standing(said, verdict, now=now, working_clock=clock.calendar.clock(now), due_soon=DUE_SOON).value,
    }


def _utc(local: datetime) -> datetime:
    return (local - OFFSET).replace(tzinfo=UTC)


def _instant(dice: Random, judged: Judged) -> datetime:
    """Some time after the last message that counts, or about when the dossier becomes something else."""
    moments = [at for at in (judged.late_at, judged.accept_by) if at is not None]
    if moments and dice.random() < 0.3:
        now = dice.choice(moments) + timedelta(seconds=dice.choice((-28800, -14400, -1, 0, 0, 1)))
    else:
        now = judged.told_at + timedelta(seconds=dice.choice((0, 1, 3600, 86400, 400000, 4000000)))
    return min(max(_utc(now), EARLIEST), LATEST)
