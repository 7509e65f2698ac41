"""What people may do with an alert: a table of acts, and what holds whatever they do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from ioc_core.alert_lifecycle import (
    Change,
    Handling,
    acknowledge,
    assign,
    close,
    next_timer,
    reopen,
    run_out,
    snooze,
    unacknowledge,
    unsnooze,
)
from ioc_core.errors import InputError

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
H = timedelta(hours=1)
PENDING = Handling(state="pending")
FIRING = Handling(state="firing")
RESOLVED = Handling(state="resolved")
TAKEN = replace(FIRING, acknowledged_by="lan", acknowledged_at=NOW - H)
TAKEN_2H = replace(TAKEN, acknowledged_until=NOW + 2 * H)
LAPSED = replace(TAKEN, acknowledged_until=NOW)
ASSIGNED = replace(FIRING, assigned_to="hai", assigned_at=NOW - H)
SNOOZED = replace(FIRING, snoozed_by="lan", snoozed_at=NOW - H, snoozed_until=NOW + H)
SNOOZED_TAKEN = replace(SNOOZED, acknowledged_by="hai", acknowledged_at=NOW - H)
CLOSED = replace(FIRING, state="closed", closed_by="lan", closed_at=NOW - H, close_reason="bảo trì")
CLOSED_2H = replace(CLOSED, closed_until=NOW + 2 * H)

Act = Callable[..., Change | None]


def by(who: str, act: Act, **said: Any) -> Act:
    return partial(act, actor=who, **said)


ACTS = [
    ("anybody takes on what fires", FIRING, by("lan", acknowledge), "acknowledged"),
    ("what doesn't fire yet can be taken on", PENDING, by("lan", acknowledge), "acknowledged"),
    ("taking on twice changes nothing", TAKEN, by("lan", acknowledge), None),
    ("taking on for longer is an act", TAKEN_2H, by("lan", acknowledge, until=NOW + 3 * H), "acknowledged"),
    ("taking on without an end is an act", TAKEN_2H, by("lan", acknowledge), "acknowledged"),
    ("what somebody has isn't taken on by another", TAKEN, by("hai", acknowledge), InputError("conflict", "")),
    ("unless he takes it over and says why", TAKEN, by("hai", acknowledge, take_over=True, note="đổi ca"),
     "acknowledged from lan"),
    ("a takeover without a reason is refused", TAKEN, by("hai", acknowledge, take_over=True), InputError("empty", "")),
    ("what ran out is free", LAPSED, by("hai", acknowledge), "acknowledged"),
    ("taking on wakes what was put off", SNOOZED, by("lan", acknowledge), "acknowledged"),
    ("until must be ahead", FIRING, by("lan", acknowledge, until=NOW), InputError("past", "")),
    ("until isn't in years", FIRING, by("lan", acknowledge, until=NOW + timedelta(days=367)), InputError("far", "")),
    ("what is over isn't taken on", RESOLVED, by("lan", acknowledge), InputError("resolved", "")),
    ("what is closed isn't taken on", CLOSED, by("lan", acknowledge), InputError("closed", "")),
    ("whoever has it lets it go", TAKEN, by("lan", unacknowledge), "unacknowledged from lan, stirs"),
    ("another lets it go only with a reason", TAKEN, by("hai", unacknowledge), InputError("empty", "")),
    ("and with a reason he does", TAKEN, by("hai", unacknowledge, note="lan nghỉ"), "unacknowledged from lan, stirs"),
    ("letting go what nobody has changes nothing", FIRING, by("lan", unacknowledge), None),
    ("letting go what is put off tells nobody", SNOOZED_TAKEN, by("hai", unacknowledge), "unacknowledged from hai"),
    ("an alert is given to somebody", FIRING, partial(assign, person="hai"), "assigned from hai"),
    ("giving it to the same one changes nothing", ASSIGNED, partial(assign, person="hai"), None),
    ("it is taken from him", ASSIGNED, partial(assign, person=None), "assigned"),
    ("what is closed is given to nobody", CLOSED, partial(assign, person="hai"), InputError("closed", "")),
    ("an alert is put off", FIRING, by("lan", snooze, until=NOW + H), "snoozed"),
    ("putting off until the same instant changes nothing", SNOOZED, by("hai", snooze, until=NOW + H), None),
    ("putting off until another is an act", SNOOZED, by("hai", snooze, until=NOW + 2 * H), "snoozed"),
    ("nothing is put off into the past", FIRING, by("lan", snooze, until=NOW - H), InputError("past", "")),
    ("what was put off is woken", SNOOZED, unsnooze, "unsnoozed, stirs"),
    ("what somebody has is woken silently", SNOOZED_TAKEN, unsnooze, "unsnoozed"),
    ("waking what is awake changes nothing", FIRING, unsnooze, None),
    ("what fires is closed with a reason", TAKEN_2H, by("lan", close, reason="bảo trì"), "closed, stirs"),
    ("closing needs a reason", FIRING, by("lan", close, reason=" "), InputError("empty", "")),
    ("what doesn't fire yet isn't closed", PENDING, by("lan", close, reason="x"), InputError("pending", "")),
    ("closing twice changes nothing", CLOSED, by("lan", close, reason="bảo trì"), None),
    ("what another closed isn't closed again", CLOSED, by("hai", close, reason="x"), InputError("closed", "")),
    ("what is over isn't closed", RESOLVED, by("lan", close, reason="x"), InputError("resolved", "")),
    ("what was closed is opened again", CLOSED_2H, reopen, "reopened, stirs"),
    ("what is open stays so", FIRING, reopen, None),
    ("what ended by its rule isn't opened by hand", RESOLVED, reopen, InputError("resolved", "")),
]  # fmt: skip


@pytest.mark.parametrize(("alert", "act", "expected"), [row[1:] for row in ACTS], ids=[row[0] for row in ACTS])
def test_act(alert: Handling, act: Act, expected: str | InputError | None) -> None:
    if isinstance(expected, InputError):
        with pytest.raises(InputError) as refused:
            act(alert, now=NOW)
        assert refused.value.reason == expected.reason
        return
    assert said(act(alert, now=NOW)) == expected


def said(change: Change | None) -> str | None:
    if change is None:
        return None
    return change.kind + (f" from {change.person}" if change.person else "") + (", stirs" if change.stirs else "")


TIMES = [
    ("an acknowledgement runs out and is news", LAPSED, ["ack_expired from lan, stirs"], FIRING),
    ("one of an alert that is put off is no news", replace(LAPSED, snoozed_until=NOW + H),
     ["ack_expired from lan"], replace(FIRING, snoozed_until=NOW + H)),
    ("a snooze runs out and is news", replace(SNOOZED, snoozed_until=NOW - H), ["unsnoozed, stirs"], FIRING),
    ("both late: told when the second one has run out", replace(LAPSED, snoozed_until=NOW - H),
     ["unsnoozed, stirs", "ack_expired from lan, stirs"], FIRING),
    ("a closed alert is opened again", replace(CLOSED, closed_until=NOW), ["reopened, stirs"],
     replace(CLOSED, state="firing", reopened_at=NOW)),
    ("nothing runs out before its time", TAKEN_2H, [], TAKEN_2H),
    ("nothing runs out of what is over", replace(LAPSED, state="resolved"), [], replace(LAPSED, state="resolved")),
]  # fmt: skip


@pytest.mark.parametrize(("alert", "expected", "after"), [row[1:] for row in TIMES], ids=[row[0] for row in TIMES])
def test_what_runs_out(alert: Handling, expected: list[str], after: Handling) -> None:
    changes = run_out(alert, NOW)
    assert [said(change) for change in changes] == expected
    assert (changes[-1].after if changes else alert) == after


WHO = st.sampled_from(["lan", "hai", "mai"])
AHEAD = st.integers(-1, 5).map(lambda hours: NOW + hours * H)
ANY_ACT = st.one_of(
    st.builds(partial, st.just(acknowledge), actor=WHO, until=st.none() | AHEAD, take_over=st.booleans(),
              note=st.sampled_from(["", "x"])),
    st.builds(partial, st.just(unacknowledge), actor=WHO, note=st.sampled_from(["", "x"])),
    st.builds(partial, st.just(assign), person=st.none() | WHO),
    st.builds(partial, st.just(snooze), actor=WHO, until=AHEAD),
    st.just(unsnooze),
    st.builds(partial, st.just(close), actor=WHO, reason=st.sampled_from(["", "x"]), until=st.none() | AHEAD),
    st.just(reopen),
)  # fmt: skip


@given(acts=st.lists(st.tuples(st.integers(0, 2), ANY_ACT), max_size=12), pending=st.booleans())
def test_whatever_people_do(acts: list[tuple[int, Act]], pending: bool) -> None:
    alert, now = (PENDING if pending else FIRING), NOW
    for hours, act in acts:
        now += hours * H
        for change in run_out(alert, now):
            alert = change.after
        due = next_timer(alert)
        assert due is None or due > now, "what ran out has run out"
        quiet = alert.is_quiet(now) or alert.state == "closed"
        try:
            done = act(alert, now=now)
        except InputError:
            continue
        if done is None:
            continue
        again = partial(act, now=now)(done.after)
        assert again is None, "doing the same again changes nothing"
        after = done.after
        assert done.after != alert
        if quiet and after.state == "firing" and not after.is_quiet(now):
            assert done.stirs, "what was quiet and isn't any more is told of"
        if done.stirs:
            assert after.state == "closed" or not after.is_quiet(now)
        assert (after.acknowledged_by is None) == (after.acknowledged_at is None)
        assert (after.snoozed_until is None) == (after.snoozed_by is None)
        if after.state == "closed":
            assert after.closed_by and after.close_reason
            assert next_timer(after) == after.closed_until
        else:
            assert after.closed_until is None
        assert set(asdict(after)) == set(Handling.__struct_fields__)
        alert = after
