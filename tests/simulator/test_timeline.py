"""What the one-stop system tells over time: repeatable, complete, in order, and accepted by ingest's decoder."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest

from ingest.decoders.national_dossier import Sender, decode_records, decode_steps
from ingest.rejections import Edge
from ioc_core import dossier_clock
from ioc_core.catalogue import Catalogue
from ioc_core.dossier import Dossier, tell
from ioc_core.dossier import story as story_of
from ioc_core.events import DossierEvent, DossierStatus
from simulator.dossiers.scenario import PRESENT
from simulator.dossiers.timeline import Kind, Message, Past, Timeline
from simulator.dossiers.wire import DossierWire
from simulator.workclock import DAY, HOUR, WorkClock
from simulator.world import World
from tests.conftest import CONFIG
from tests.simulator.conftest import SEED

CLOCK = dossier_clock.load(CONFIG)
FIRST = date(2026, 11, 16)
START = int(datetime(2026, 11, 19, 8, 0, tzinfo=UTC).timestamp())  # Thursday 15:00 in the province


def _events(world: World, bodies: Iterable[msgspec.Raw], at: int, *, records: bool) -> list[DossierEvent]:
    now = datetime.fromtimestamp(at, UTC)
    edge = Edge(source="igate-sim", port="dvcqg", received_at=now)
    sender = Sender(
        edge=edge, agency=world.agency, catalogue=world.catalogue, zone=world.clock.calendar.rules.timezone
    )
    decode = decode_records if records else decode_steps
    outcomes = [result.outcome for result in decode(bodies, sender)]
    rejected = [outcome for outcome in outcomes if not isinstance(outcome, DossierEvent)]
    assert rejected == []
    return [outcome for outcome in outcomes if isinstance(outcome, DossierEvent)]


def _past(timeline: Timeline, after: int = 0) -> list[Past]:
    return [past for day in timeline.past(after) for past in day]


def _story(world: World) -> tuple[list[Past], list[Message]]:
    timeline = world.timeline(first=FIRST, start=START)
    return _past(timeline), list(timeline.until(START + 2 * DAY))


def _fingerprint(world: World, story: tuple[list[Past], list[Message]]) -> str:
    wire = DossierWire(world.clock)
    digest = hashlib.sha256()
    past, messages = story
    for item in past:
        digest.update(wire.record(item.plan, item.current))
        for step in item.steps:
            digest.update(wire.step(item.plan, step))
    for message in messages:
        digest.update(f"{message.at} {message.kind} {message.code} ".encode() + bytes(message.body))
    return digest.hexdigest()


@pytest.fixture(scope="module")
def world(shipped: Catalogue, clock: WorkClock) -> World:
    """A quarter of the province's traffic."""
    return World(catalogue=shipped, clock=clock, scenario=PRESENT, seed=SEED, rate=0.25)


@pytest.fixture(scope="module")
def story(world: World) -> tuple[list[Past], list[Message]]:
    """Ten days of past and two days of real time."""
    return _story(world)


def test_the_same_seed_and_start_tell_the_same(world: World, story: tuple[list[Past], list[Message]]) -> None:
    assert _fingerprint(world, story) == _fingerprint(world, _story(world))


def test_another_seed_tells_something_else(world: World, story: tuple[list[Past], list[Message]]) -> None:
    other = World(catalogue=world.catalogue, clock=world.clock, scenario=world.scenario, seed=world.seed + 1, rate=1.0)
    assert _fingerprint(world, story) != _fingerprint(other, _story(other))


def test_real_time_in_many_ticks_is_the_same_as_in_one(world: World) -> None:
    ticks = world.timeline(first=FIRST, start=START)
    _past(ticks)
    many = [message for tick in range(1, 7201) for message in ticks.until(START + tick)]
    once = world.timeline(first=FIRST, start=START)
    _past(once)
    assert many == list(once.until(START + 7200))


def test_the_past_ends_where_real_time_begins(story: tuple[list[Past], list[Message]]) -> None:
    past, messages = story
    assert all(step.told <= START for item in past for step in item.steps)
    assert min(message.at for message in messages) > START
    assert [message.at for message in messages] == sorted(message.at for message in messages)


def test_every_step_of_every_dossier_is_told_once(world: World, story: tuple[list[Past], list[Message]]) -> None:
    """Past and real time together: nothing left out, nothing twice (the automatic job's steps aside)."""
    past, messages = story
    wire = DossierWire(world.clock)
    told = Counter(bytes(wire.step(item.plan, step)) for item in past for step in item.steps)
    told.update(bytes(message.body) for message in messages if message.kind is Kind.STEP)
    planner = world.timeline(first=FIRST, start=START)._planner
    days = [FIRST + timedelta(number) for number in range(6)]
    expected = Counter(
        bytes(wire.step(plan, step))
        for day in days
        for plan in planner.plan(day)
        for step in plan.steps
        if step.told <= START + 2 * DAY
    )
    assert expected - told == Counter()
    assert all(b"t\xe1\xbb\xb1 \xc4\x91\xe1\xbb\x99ng" in body for body in told - expected)


def test_a_dossier_is_created_before_anything_else_is_told_of_it(
    story: tuple[list[Past], list[Message]],
) -> None:
    past, messages = story
    known = {item.plan.code for item in past}
    for message in messages:
        if message.kind is Kind.CREATE:
            assert message.code not in known
            known.add(message.code)
        else:
            assert message.code in known


def test_an_event_comes_every_few_seconds_at_any_hour(shipped: Catalogue, clock: WorkClock) -> None:
    whole = World(catalogue=shipped, clock=clock, scenario=PRESENT, seed=SEED, rate=1.0)
    timeline = whole.timeline(first=date(2026, 11, 16), start=START)
    _past(timeline)
    messages = list(timeline.until(START + DAY))
    gaps = [b.at - a.at for a, b in pairwise(messages)]
    assert max(gaps) <= 120
    by_hour = Counter((message.at - START) // HOUR for message in messages)
    assert min(by_hour[hour] for hour in range(23)) > 400


def test_ingest_accepts_every_record_and_every_step(world: World, story: tuple[list[Past], list[Message]]) -> None:
    past, messages = story
    wire = DossierWire(world.clock)
    records = _events(world, [wire.record(item.plan, item.current) for item in past], START, records=True)
    _events(world, [wire.step(item.plan, step) for item in past for step in item.steps], START, records=False)
    for message in messages:
        _events(world, [message.body], message.at, records=message.kind is not Kind.STEP)
    mapped = [event for event in records if event.resolving_unit is not None]
    plans = {item.plan.code: item.plan for item in past}
    assert 0.98 < len(mapped) / len(records) < 1.0
    assert all(event.resolving_unit == plans[event.code].filing.profile.unit.code for event in mapped)
    assert all(event.receiving_unit == plans[event.code].filing.profile.receiver for event in records)
    assert all(event.procedure_code in world.catalogue.procedures for event in records)


def test_nothing_looks_overdue_in_passing(world: World, story: tuple[list[Past], list[Message]]) -> None:
    """In the first synchronisation the record comes first, so that no dossier is ever taken for an open late one."""
    past, _ = story
    wire = DossierWire(world.clock)
    now = datetime.fromtimestamp(START, UTC)
    for item in past:
        events = _events(world, [wire.record(item.plan, item.current)], START, records=True)
        events += _events(world, [wire.step(item.plan, step) for step in item.steps], START, records=False)
        states: list[Dossier] = []
        for event in events:
            states.append(tell(states[-1] if states else None, event))
        final = states[-1]
        assert final.status is item.current.status, item.plan.code
        if not _overdue(final, now):
            assert not any(_overdue(state, now) for state in states), item.plan.code


def _overdue(dossier: Dossier, now: datetime) -> bool:
    told = story_of(dossier)
    late_at = CLOCK.judge(dossier, told).late_at
    return told.ended_at is None and late_at is not None and late_at < now


def test_the_centre_ends_in_the_state_of_the_one_stop_system(
    world: World, story: tuple[list[Past], list[Message]]
) -> None:
    """Every message merged as it is told: status, due date and result times are the plan's."""
    past, messages = story
    wire = DossierWire(world.clock)
    states: dict[str, Dossier] = {}

    def take(events: list[DossierEvent]) -> None:
        for event in events:
            states[event.code] = tell(states.get(event.code), event)

    for item in past:
        take(_events(world, [wire.record(item.plan, item.current)], START, records=True))
        take(_events(world, [wire.step(item.plan, step) for step in item.steps], START, records=False))
    for message in messages:
        take(_events(world, [message.body], message.at, records=message.kind is not Kind.STEP))
    planner = world.timeline(first=FIRST, start=START)._planner
    compared = 0
    for number in range(6):
        for plan in planner.plan(FIRST + timedelta(number)):
            last = next((step for step in reversed(plan.steps) if step.told <= START + 2 * DAY), None)
            if last is None:
                continue
            state = states[plan.code]
            due = None if last.record.due is None else datetime.fromtimestamp(last.record.due, UTC)
            assert (state.status, state.due_at) == (last.status, due), plan.code
            assert (state.finished_at is None) == (last.record.finished is None), plan.code
            assert (state.returned_at is None) == (last.record.returned is None), plan.code
            compared += 1
    assert compared > 700


def test_a_restart_tells_only_what_is_new(world: World, story: tuple[list[Past], list[Message]]) -> None:
    first = {item.plan.code: item for item in story[0]}
    later = START + 3 * HOUR
    news = _past(world.timeline(first=FIRST, start=later), after=START)
    assert news
    assert all(START < step.told <= later for item in news for step in item.steps)
    assert all(item.known == (item.plan.code in first) for item in news)
    told: defaultdict[str, int] = defaultdict(int)
    for message in story[1]:
        if message.at <= later and message.kind is not Kind.STEP:
            told[message.code] += 1
    assert set(told) <= {item.plan.code for item in news}


def test_citizens_are_plainly_synthetic(world: World, story: tuple[list[Past], list[Message]]) -> None:
    item = next(item for item in story[0] if item.current.status is DossierStatus.REGISTERED)
    record = msgspec.json.decode(DossierWire(world.clock).record(item.plan, item.current))
    assert record["ChuHoSo"].startswith("Công dân mô phỏng ")
    assert record["Email"].endswith("@example.com")
    assert record["SoDienThoai"].startswith("00")
    assert record["MaDoiTuong"].startswith("0000")
