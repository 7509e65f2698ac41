"""When the projector reads what; how it counts events a second."""

from datetime import UTC, datetime, timedelta

import pytest

from ioc_api.projector.agenda import Agenda
from ioc_api.projector.rate import Rate
from ioc_api.projector.reading import EVERYTHING, Part
from ioc_core.live import Changed, Facts

START = datetime(2026, 7, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def begun() -> Agenda:
    """An agenda whose first, full reading was at 0 s and took 10 ms."""
    agenda = Agenda()
    parts, _, _ = agenda.take(at(0))
    assert parts == EVERYTHING
    agenda.took(at(0), at(0.01))
    return agenda


def changed(*facts: Facts, seconds: float = 0.5) -> Changed:
    return Changed(frozenset(facts), at(seconds))


def test_the_first_notice_is_read_at_once() -> None:
    agenda = begun()
    agenda.note(changed(Facts.ALERTS))
    assert agenda.wait(at(0.5)) == 0
    parts, committed_at, second = agenda.take(at(0.5))
    assert parts == {Part.ALARMS}
    assert committed_at == at(0.5)
    assert not second


@pytest.mark.parametrize(
    ("took", "next_at"),
    [
        pytest.param(0.001, 0.6, id="after a quick reading, 100 ms from its start"),
        pytest.param(0.1, 0.9, id="after a slow one, four times as long"),
        pytest.param(45.0, 47.5, id="after one that hung with the database, two seconds"),
    ],
)
def test_the_next_reading_waits_in_proportion(took: float, next_at: float) -> None:
    agenda = begun()
    agenda.note(changed(Facts.DOSSIERS))
    agenda.take(at(0.5))
    agenda.took(at(0.5), at(0.5 + took))
    agenda.note(changed(Facts.DOSSIERS))
    assert agenda.wait(at(0.55)) == pytest.approx(next_at - 0.55)
    assert agenda.wait(at(next_at)) == 0


def test_notices_in_between_are_read_together_with_the_newest_commit() -> None:
    agenda = begun()
    agenda.note(changed(Facts.ALERTS, seconds=0.2))
    agenda.note(changed(Facts.PROBES, seconds=0.4))
    agenda.note(changed(Facts.SECURITY, seconds=0.3))
    parts, committed_at, _ = agenda.take(at(0.5))
    assert parts == {Part.ALARMS, Part.PROBES, Part.SECURITY}
    assert committed_at == at(0.4)


def test_samples_alone_touch_nothing_that_is_shown() -> None:
    agenda = begun()
    agenda.note(changed(Facts.SAMPLES))
    assert agenda.wait(at(0.5)) == pytest.approx(0.5)


def test_sources_are_read_each_second_and_everything_each_minute() -> None:
    agenda = begun()
    assert agenda.wait(at(0.3)) == pytest.approx(0.7)
    parts, _, second = agenda.take(at(1.0))
    assert parts == {Part.SOURCES}
    assert second
    parts, _, _ = agenda.take(at(60.0))
    assert parts == EVERYTHING


def test_a_notice_is_told_once() -> None:
    agenda = begun()
    agenda.note(changed(Facts.ALERTS))
    agenda.take(at(0.5))
    agenda.took(at(0.5), at(0.5))
    assert agenda.wait(at(0.6)) == pytest.approx(0.4), "only the second is left to wait for"


def test_a_rate_is_of_the_last_ten_seconds() -> None:
    rate = Rate()
    assert rate.update(at(0), 1000) == 0.0
    assert rate.update(at(1), 1005) == 5.0
    for second in range(2, 30):
        shown = rate.update(at(second), 1005 + 40 * (second - 1))
    assert shown == 40.0
    assert rate.update(at(30), 3) == 0.0, "a counter that fell starts anew"
    assert rate.update(at(31), 6) == 3.0
