"""Reads config/rules/tests/*.yaml: every timeline, or every wrong place by file and line."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from alerts.rule import Place
from alerts.rule_tests.model import KINDS, EventModel, SeriesModel, TestFileModel, TestModel
from alerts.rule_tests.timeline import Check, Timeline, Told
from ioc_core.durations import parse_duration
from ioc_core.errors import ConfigError, ConfigErrors
from ioc_core.events import DossierEvent, Event, Heartbeat, ProbeResult, Rejected, Sample, SecurityEvent, content_id
from ioc_core.yaml_source import Location, YamlSource, load, validate

FOLDER = "tests"
_TYPES: dict[str, type[Event]] = {
    "sample": Sample,
    "dossier": DossierEvent,
    "probe": ProbeResult,
    "security": SecurityEvent,
    "heartbeat": Heartbeat,
    "rejected": Rejected,
}
_USUAL: dict[str, dict[str, Any]] = {
    "probe": {"kind": "http", "duration_seconds": 0.1},
    "security": {"event_category": "authentication", "event_severity": 40, "message": "-"},
    "dossier": {"record": True},
    "rejected": {"port": "events", "detail": "", "raw": b""},
}
_RELATIVE = re.compile(r"(at)?\s*([+-])\s*(\w+)\Z")
_NUMBER = "{n}"


def load_timelines(paths: Sequence[Path], rules: Collection[str], timezone: ZoneInfo) -> tuple[Timeline, ...]:
    """Return the tests of these files, in order; a time without its offset is one of `timezone`.

    Raises:
        ConfigErrors: every wrong place in every file; a test names a rule that isn't one of `rules`.
    """
    found: list[Timeline] = []
    errors: list[ConfigError] = []
    for path in paths:
        try:
            source = load(path)
            model = validate(TestFileModel, source)
        except ConfigErrors as error:
            errors.extend(error.errors)
            continue
        reading = _File(source, frozenset(rules), timezone, errors)
        found += [reading.timeline(test, ("tests", number)) for number, test in enumerate(model.tests)]
    if errors:
        raise ConfigErrors(errors)
    return tuple(found)


class _File:
    def __init__(self, source: YamlSource, rules: frozenset[str], timezone: ZoneInfo, errors: list[ConfigError]):
        self._source = source
        self._rules = rules
        self._timezone = timezone
        self._errors = errors

    def timeline(self, test: TestModel, location: Location) -> Timeline:
        start = self._instant(test.start)
        for index, rule in enumerate(test.rules):
            if rule not in self._rules:
                self._error((*location, "rules", index), "is no rule of config/rules")
        told: list[Told] = []
        for number, event in enumerate(test.events):
            place = (*location, "events", number)
            told += self._told(event, place, start)
            if event.evaluation is not None and event.evaluation.rule not in test.rules:
                self._error((*place, "evaluation", "rule"), "is no rule of this test")
        checks: list[Check] = []
        for number, model in enumerate(test.expect):
            place = (*location, "expect", number)
            if checks and checks[-1].after >= model.at:
                self._error((*place, "at"), "isn't later than the check before")
            for index, alert in enumerate(model.alerts or ()):
                if alert.rule is None and len(test.rules) > 1:
                    self._error((*place, "alerts", index), "must name its rule: the test has several")
                elif alert.rule is not None and alert.rule not in test.rules:
                    self._error((*place, "alerts", index, "rule"), "is no rule of this test")
            checks.append(Check(start + model.at, model.at, model, self._place(place)))
        told.sort(key=lambda item: item.at)
        return Timeline(
            test.name, tuple(test.rules), start, test.interval, told, checks, self._place((*location, "name"))
        )

    def _told(self, event: EventModel, location: Location, start: datetime) -> Iterator[Told]:
        kind = next(kind for kind in KINDS if getattr(event, kind) is not None)
        place, within = self._place(location), (*location, kind)
        for number in range(event.times * event.each_time):
            at = start + event.at + number // event.each_time * event.every
            try:
                yield from (replace(told, place=place) for told in self._made(kind, event, at, start, number, within))
            except (msgspec.ValidationError, ValueError) as error:
                self._error(within, str(error))
                return

    def _made(
        self, kind: str, event: EventModel, at: datetime, start: datetime, number: int, location: Location
    ) -> Iterator[Told]:
        nowhere = Place("", 0)
        given = getattr(event, kind)
        if isinstance(given, SeriesModel):
            yield from (Told(sample.observed_at, sample, nowhere) for sample in _samples(given, at))
        elif kind not in _TYPES:
            yield Told(at, given, nowhere)
        else:
            what = self._event(kind, given, _Instance(start, at, number))
            if isinstance(what, SecurityEvent) and not what.event_id:
                name = content_id(self._source.file, str(location), str(number))
                what = msgspec.structs.replace(what, event_id=name)
            yield Told(at, what, nowhere)

    def _event(self, kind: str, given: dict[str, Any], one: "_Instance") -> Event:
        usual = {"source": "test", "observed_at": one.at, "received_at": one.at, **_USUAL.get(kind, {})}
        if kind == "security":
            usual["event_id"] = ""
        fields = {name: self._value(name, value, one) for name, value in given.items()}
        return msgspec.convert({**usual, **fields}, _TYPES[kind], strict=False)

    def _value(self, name: str, value: Any, one: "_Instance") -> Any:
        """Instants may be given relative to the start (`-9d`, `+30m`) or to the event itself (`at`, `at-2h`)."""
        if isinstance(value, datetime):
            return self._instant(value)
        if isinstance(value, list):
            return [self._value(name, item, one) for item in value]
        if isinstance(value, dict):
            return {inner: self._value("" if name == "labels" else inner, item, one) for inner, item in value.items()}
        if not isinstance(value, str):
            return value
        return one.instant(value) if _is_instant(name) else value.replace(_NUMBER, str(one.number))

    def _instant(self, value: datetime) -> datetime:
        return value.replace(tzinfo=self._timezone) if value.tzinfo is None else value

    def _place(self, location: Location) -> Place:
        return Place(self._source.file, self._source.line(location))

    def _error(self, location: Location, reason: str) -> None:
        self._errors.append(self._source.error(location, reason))


@dataclass(frozen=True, slots=True)
class _Instance:
    """One of as many as an event stands for; the first has the number 0."""

    start: datetime
    at: datetime
    number: int

    def instant(self, text: str) -> datetime | str:
        if text == "at":
            return self.at
        if (match := _RELATIVE.match(text)) is None:
            return text
        distance = parse_duration(match[3])
        return (self.at if match[1] else self.start) + (distance if match[2] == "+" else -distance)


def _is_instant(name: str) -> bool:
    return name.endswith(("_at", "_before", "_after"))


def _samples(series: SeriesModel, start: datetime) -> Iterator[Sample]:
    for number, word in enumerate(series.values.split()):
        at: datetime = start + number * _step(series)
        if word != "_":
            given = {"source": series.source, "observed_at": at, "received_at": at, "metric": series.metric,
                     "value": _number(word), "labels": series.labels}  # fmt: skip
            yield msgspec.convert(given, Sample)


def _step(series: SeriesModel) -> timedelta:
    if not series.every:
        raise ValueError("every must be more than 0s")
    return series.every


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise ValueError(f"values: {word!r} is neither a number nor _") from None
