"""What the other systems report: the catalogue's metrics and labels, in range, counters that never fall."""

from collections import defaultdict
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec import Raw

from ioc_core.catalogue import Catalogue, MetricKind
from simulator.systems.report import Report, all_series
from simulator.workclock import DAY, HOUR, WorkClock

START = int(datetime(2026, 11, 19, 8, 0, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def report(shipped: Catalogue, clock: WorkClock) -> Report:
    """All series of the default seed."""
    return Report(all_series(shipped, clock, 766, START), clock)


def _decoded(samples: list[Raw]) -> list[dict[str, object]]:
    return [msgspec.json.decode(sample) for sample in samples]


def test_every_series_is_of_the_catalogue(report: Report, shipped: Catalogue) -> None:
    for series in report.series:
        metric = shipped.metrics[series.metric]
        assert set(series.labels) == set(metric.labels), series.metric
        if "unit" in series.labels:
            assert shipped.unit_by_code(series.labels["unit"]) is not None
        if "system" in series.labels:
            assert series.labels["system"] in shipped.systems


def test_no_series_stands_twice(report: Report) -> None:
    keys = [(series.metric, *sorted(series.labels.items())) for series in report.series]
    assert len(set(keys)) == len(keys)


def test_the_systems_of_the_field_reports_are_all_heard_of(report: Report, shipped: Catalogue) -> None:
    told = {series.metric for series in report.series}
    ours = {"igate", "vnpt-ioffice", "web-portals", "ioc"}  # told by dossiers, probes, or the centre itself
    silent = [
        system.code
        for system in shipped.systems.values()
        if system.code not in ours and not told.intersection(system.measures)
    ]
    assert silent == []


def test_values_lie_in_their_metrics_ranges(report: Report, shipped: Catalogue) -> None:
    for at in range(START - 3 * DAY, START, 3 * HOUR + 7):
        for sample in _decoded(report.at(at)):
            metric = shipped.metrics[str(sample["metric"])]
            value = sample["value"]
            assert isinstance(value, (int, float))
            assert metric.minimum is None or value >= metric.minimum, sample
            assert metric.maximum is None or value <= metric.maximum, sample


def test_counters_never_fall_and_do_rise(report: Report, shipped: Catalogue) -> None:
    counters = [series for series in report.series if shipped.metrics[series.metric].kind is MetricKind.COUNTER]
    seen: defaultdict[int, list[float]] = defaultdict(list)
    for at in range(START - 3 * DAY, START, 1200):
        for index, sample in enumerate(_decoded(report.at(at))):
            seen[index].append(float(str(sample["value"])))
    for index, series in enumerate(report.series):
        if series in counters:
            assert seen[index] == sorted(seen[index]), series
            assert seen[index][-1] > seen[index][0], series


def test_lines_are_up_but_not_always(report: Report) -> None:
    down = up = 0
    links = Report([series for series in report.series if series.metric == "link_up"], report._clock)
    for at in range(START - 20 * DAY, START, 600):
        for sample in _decoded(links.at(at)):
            up += sample["value"] == 1.0
            down += sample["value"] == 0.0
    assert 0 < down / (up + down) < 0.005


def test_the_past_comes_by_the_hour_in_order_and_ends_before_the_present(report: Report) -> None:
    since = START - 2 * DAY
    hours = list(report.past(since, START))
    assert len(hours) == report.hours(since, START) == 47
    times = [{sample["observed_at"] for sample in _decoded(hour)} for hour in hours]
    assert all(len(time) == 1 for time in times)
    flat = [int(str(time.pop())) for time in times]
    assert flat == sorted(flat)
    assert since < flat[0]
    assert flat[-1] < START
    daily = next(series for series in report.series if series.cadence == DAY)
    count = sum(sample["metric"] == daily.metric for hour in hours for sample in _decoded(hour))
    assert count == 2 * sum(series.metric == daily.metric for series in report.series)


def test_the_same_seed_reports_the_same(report: Report, shipped: Catalogue, clock: WorkClock) -> None:
    again = Report(all_series(shipped, clock, 766, START), clock)
    other = Report(all_series(shipped, clock, 767, START), clock)
    assert report.at(START) == again.at(START)
    assert report.at(START) != other.at(START)
