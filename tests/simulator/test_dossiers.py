"""The dossiers of a synthetic province: how many, where, when, and what becomes of them."""

from collections import Counter
from datetime import date, timedelta

import pytest

from ioc_core.catalogue import Catalogue
from ioc_core.dossier import ENDING
from ioc_core.errors import InputError
from ioc_core.events import Channel, DossierStatus
from simulator.dossiers.day import DayPlanner, DossierPlan, layers_of
from simulator.dossiers.scenario import PRESENT, Scenario
from simulator.dossiers.steps import Step
from simulator.workclock import HOUR, WorkClock
from tests.simulator.conftest import FIRST_DAY, SEED

Weeks = list[list[DossierPlan]]


def _day(number: int) -> date:
    return FIRST_DAY + timedelta(number)


def _all(weeks: Weeks) -> list[DossierPlan]:
    return [plan for day in weeks for plan in day]


def _at(plan: DossierPlan, instant: int) -> Step | None:
    return next((step for step in reversed(plan.steps) if step.told <= instant), None)


def test_two_planners_of_one_seed_plan_the_same_day(shipped: Catalogue, clock: WorkClock, planner: DayPlanner) -> None:
    again = DayPlanner(catalogue=shipped, clock=clock, scenario=PRESENT, seed=SEED, rate=1.0)
    assert again.plan(FIRST_DAY) == planner.plan(FIRST_DAY)


def test_another_seed_plans_another_day(shipped: Catalogue, clock: WorkClock, planner: DayPlanner) -> None:
    other = DayPlanner(catalogue=shipped, clock=clock, scenario=PRESENT, seed=SEED + 1, rate=1.0)
    assert {plan.code for plan in other.plan(FIRST_DAY)} != {plan.code for plan in planner.plan(FIRST_DAY)}


def test_another_scenario_plans_another_day(shipped: Catalogue, clock: WorkClock, planner: DayPlanner) -> None:
    quiet = Scenario(name="quiet", dossiers_per_working_day=100)
    other = DayPlanner(catalogue=shipped, clock=clock, scenario=quiet, seed=SEED, rate=1.0)
    assert len(other.plan(FIRST_DAY)) * 5 < len(planner.plan(FIRST_DAY))


def test_a_working_day_brings_about_a_thousand_dossiers(weeks: Weeks, clock: WorkClock) -> None:
    working = [len(day) for number, day in enumerate(weeks) if clock.is_working_day(_day(number))]
    assert len(working) == 25
    assert sum(working) / len(working) == pytest.approx(1000, rel=0.05)


def test_a_day_off_brings_online_filings_only(weeks: Weeks, clock: WorkClock) -> None:
    off = [day for number, day in enumerate(weeks) if not clock.is_working_day(_day(number))]
    assert {plan.filing.channel for day in off for plan in day} == {Channel.ONLINE}
    assert 100 < sum(map(len, off)) / len(off) < 250


@pytest.mark.parametrize(
    ("day", "why"), [(date(2026, 9, 2), "national day"), (date(2026, 2, 17), "Tết"), (date(2026, 4, 30), "30/4")]
)
def test_nothing_is_filed_at_a_counter_on_a_holiday(planner: DayPlanner, day: date, why: str) -> None:
    assert {plan.filing.channel for plan in planner.plan(day)} == {Channel.ONLINE}, why


def test_a_swapped_saturday_is_a_working_day(planner: DayPlanner) -> None:
    plans = planner.plan(date(2026, 8, 22))
    assert len(plans) > 700
    assert Channel.COUNTER in {plan.filing.channel for plan in plans}


def test_counters_take_dossiers_in_working_hours_only(weeks: Weeks, clock: WorkClock) -> None:
    counter = [plan for plan in _all(weeks) if plan.filing.channel is not Channel.ONLINE]
    assert counter
    assert all(clock.is_open(plan.filing.filed) for plan in counter)


def test_the_portal_is_used_in_the_evening(weeks: Weeks, clock: WorkClock) -> None:
    online = [plan for plan in _all(weeks) if plan.filing.channel is Channel.ONLINE]
    evening = [plan for plan in online if 18 <= clock.local(plan.filing.filed).hour < 23]
    assert 0.15 < len(evening) / len(online) < 0.40


def test_codes_are_unique_and_in_the_national_form(weeks: Weeks) -> None:
    codes = [plan.code for plan in _all(weeks)]
    assert len(set(codes)) == len(codes)
    prefix, stamp, number = codes[0].split("-")
    assert (prefix.count("."), stamp, len(number)) == (3, "261005", 4)


def test_every_commune_and_most_departments_take_part(weeks: Weeks, shipped: Catalogue) -> None:
    units = Counter(plan.filing.profile.unit.code for plan in _all(weeks))
    communes = [unit.code for unit in shipped.units_on(FIRST_DAY) if unit.kind == "commune"]
    assert len(communes) == 102
    assert set(communes) <= units.keys()
    assert len(units.keys() - set(communes)) >= 10


def test_steps_are_told_in_order_and_never_before_they_happen(weeks: Weeks) -> None:
    for plan in _all(weeks):
        told = [step.told for step in plan.steps]
        assert told == sorted(told), plan.code
        assert all(step.told >= step.at for step in plan.steps), plan.code
        assert all(a.at <= b.at for a, b in zip(plan.steps, plan.steps[1:], strict=False)), plan.code


def test_a_life_begins_with_its_record_and_ends(weeks: Weeks) -> None:
    for plan in _all(weeks):
        first, last = plan.steps[0], plan.steps[-1]
        online = plan.filing.channel is Channel.ONLINE
        assert first.status is (DossierStatus.REGISTERED if online else DossierStatus.ACCEPTED)
        assert first.renewed
        assert last.status in ENDING, plan.code
        assert last.record.finished is not None, plan.code


def test_all_ten_statuses_occur(weeks: Weeks) -> None:
    assert {step.status for plan in _all(weeks) for step in plan.steps} == set(DossierStatus)


def test_clerks_work_in_working_hours(weeks: Weeks, clock: WorkClock) -> None:
    finished = [step for plan in _all(weeks) for step in plan.steps if step.status is DossierStatus.PROCESSED]
    in_hours = sum(clock.is_open(step.at) or clock.is_open(step.at - 1) for step in finished)
    assert in_hours == len(finished)


def test_a_few_percent_end_late_and_some_only_look_late(weeks: Weeks) -> None:
    late = entry = ended = 0
    for plan in _all(weeks):
        step = next((step for step in plan.steps if step.status is DossierStatus.PROCESSED), None)
        if step is None or step.record.due is None or step.record.finished is None:
            continue
        ended += 1
        late += step.record.finished > step.record.due
        entry += step.record.finished <= step.record.due < step.told
    assert 0.008 < late / ended < 0.04
    assert 0.001 < entry / ended < 0.015


def test_bad_habits_belong_to_few_units(weeks: Weeks) -> None:
    late: Counter[str] = Counter()
    for plan in _all(weeks):
        step = next((step for step in plan.steps if step.status is DossierStatus.PROCESSED), None)
        if step is not None and step.record.due is not None and step.at > step.record.due:
            late[plan.filing.profile.unit.code] += 1
    worst = sum(count for _, count in late.most_common(16))
    assert worst / late.total() > 0.8


def test_what_is_open_stays_readable(weeks: Weeks, clock: WorkClock) -> None:
    """At any instant some twenty dossiers are overdue in about ten units: a wall, not a flood."""
    overdue: list[int] = []
    units: list[int] = []
    soon: list[int] = []
    begin = clock.midnight(_day(24))
    alive = [plan for plan in _all(weeks) if plan.steps[-1].told > begin]
    for day in range(24, 33):
        for hour in (9, 14, 21):
            now = clock.midnight(_day(day)) + hour * HOUR
            states = [(plan, step) for plan in alive if (step := _at(plan, now)) is not None]
            running = [
                (plan, step.record.due)
                for plan, step in states
                if step.status in {DossierStatus.ACCEPTED, DossierStatus.IN_PROCESS} and step.record.due is not None
            ]
            late = [plan for plan, due in running if due < now]
            overdue.append(len(late))
            units.append(len({plan.filing.profile.unit.code for plan in late}))
            soon.append(sum(now <= due and clock.between(now, due) <= 8 * HOUR for _, due in running))
    assert 14 <= sum(overdue) / len(overdue) <= 30
    assert max(overdue) <= 45
    assert 7 <= sum(units) / len(units) <= 14
    assert 50 <= sum(soon) / len(soon) <= 160


def test_few_online_dossiers_wait_longer_than_eight_hours(weeks: Weeks, clock: WorkClock) -> None:
    waits = [
        clock.between(plan.steps[0].at, plan.steps[1].at)
        for plan in _all(weeks)
        if plan.filing.channel is Channel.ONLINE
    ]
    assert 0.001 < sum(wait > 8 * HOUR for wait in waits) / len(waits) < 0.01


def test_a_supplement_moves_the_due_date_by_what_was_waited(weeks: Weeks, clock: WorkClock) -> None:
    waits = [wait for plan in _all(weeks) for wait in plan.steps[-1].record.waits if wait.answered is not None]
    assert len(waits) > 200
    for wait in waits:
        assert wait.answered is not None
        assert wait.due_after is not None
        moved = clock.between(wait.due_before, wait.due_after)
        assert moved == clock.between(wait.asked, wait.answered)


def test_a_unit_that_enters_its_day_at_once_tells_nothing_in_working_hours_before(
    weeks: Weeks, clock: WorkClock
) -> None:
    told = [
        clock.local(step.told)
        for plan in _all(weeks)
        if plan.filing.profile.bulk
        for step in plan.steps
        if clock.is_open(step.at)
    ]
    assert told
    assert all((at.hour, at.minute) >= (16, 40) for at in told)


def test_a_silent_unit_has_working_days_without_any_filing(weeks: Weeks, clock: WorkClock) -> None:
    silent = {plan.filing.profile.unit.code for plan in _all(weeks) if plan.filing.profile.silent}
    assert len(silent) == 2
    for code in silent:
        filing_days = {
            clock.day_of(plan.filing.filed) for plan in _all(weeks) if plan.filing.profile.unit.code == code
        }
        working = {_day(number) for number in range(35) if clock.is_working_day(_day(number))}
        assert working - filing_days


def test_a_higher_rate_adds_dossiers_and_keeps_those_of_the_lower(shipped: Catalogue, clock: WorkClock) -> None:
    plans = [
        {
            plan.code: plan
            for plan in DayPlanner(catalogue=shipped, clock=clock, scenario=PRESENT, seed=SEED, rate=rate).plan(
                FIRST_DAY
            )
        }
        for rate in (0.5, 1.0, 2.5)
    ]
    half, whole, more = plans
    assert half.items() <= whole.items() <= more.items()
    assert len(half) == pytest.approx(len(whole) / 2, rel=0.15)
    assert len(more) == pytest.approx(len(whole) * 2.5, rel=0.15)


@pytest.mark.parametrize("rate", [0.0, -1.0, 101.0, float("nan")])
def test_a_rate_that_makes_no_sense_is_refused(rate: float) -> None:
    with pytest.raises(InputError, match="rate"):
        layers_of(rate)


def test_a_province_of_before_the_reform_files_with_its_districts(shipped: Catalogue, clock: WorkClock) -> None:
    """A scenario may lie in the past: units are those of its day."""
    day = date(2020, 3, 2)
    planner = DayPlanner(catalogue=shipped, clock=clock, scenario=PRESENT, seed=SEED, rate=0.2)
    units = {profile.unit for profile in planner.mix(day).profiles()}
    assert units
    assert all(unit.valid_on(day) for unit in units)
