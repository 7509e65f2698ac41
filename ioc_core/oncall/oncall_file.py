"""Reads config/oncall.yaml: people, rotations and policies, or every wrong place by file and line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ioc_core import calendar_file
from ioc_core.calendar import WorkingCalendar
from ioc_core.errors import ConfigError, ConfigErrors
from ioc_core.oncall.model import OnCall, Person, Policy, Rotation, Step, Target, Way
from ioc_core.oncall.oncall_model import OnCallModel, PolicyModel, RotationModel, StepModel, TargetModel
from ioc_core.yaml_source import Location, YamlSource, load, validate

FILE = "oncall.yaml"


def load_oncall(config_dir: Path, timezone: ZoneInfo) -> OnCall:
    """Return what the file says; a folder without it has nobody on call. `timezone`: of rotations that name none.

    Raises:
        ConfigErrors: with every wrong place, of the working calendar too when a rotation asks for days off.
    """
    path = config_dir / FILE
    if not path.exists():
        return OnCall()
    source = load(path)
    model = validate(OnCallModel, source)
    calendar = None
    if any(rotation.days_off or rotation.holidays for rotation in model.rotations):
        calendar = calendar_file.load(config_dir)
    return read(source, model, calendar, timezone)


def read(source: YamlSource, model: OnCallModel, calendar: WorkingCalendar | None, timezone: ZoneInfo) -> OnCall:
    """Return what a parsed file says. Raises: ConfigErrors with every wrong place."""
    reader = _Reader(source, model, calendar, timezone)
    reader.check()
    if reader.errors:
        raise ConfigErrors(sorted(reader.errors, key=lambda error: error.line or 0))
    return OnCall(
        people=MappingProxyType({person.name: person for person in reader.people()}),
        rotations=MappingProxyType({rotation.name: rotation for rotation in reader.rotations()}),
        policies=MappingProxyType({policy.name: policy for policy in map(_policy, model.policies)}),
        ways=MappingProxyType(dict(model.ways)),
    )


@dataclass(slots=True)
class _Reader:
    source: YamlSource
    model: OnCallModel
    calendar: WorkingCalendar | None
    timezone: ZoneInfo
    errors: list[ConfigError] = field(default_factory=list)

    def check(self) -> None:
        """Find what no single value shows: names that are unknown or twice there, hours out of order."""
        model = self.model
        self._once("people", [person.name for person in model.people])
        self._once("rotations", [rotation.name for rotation in model.rotations])
        self._once("policies", [policy.name for policy in model.policies])
        for index, person in enumerate(model.people):
            for place, way in enumerate(person.ways):
                self._known(("people", index, "ways", place, "kind"), way.kind, "kind of way", sorted(model.ways))
        for index, rotation in enumerate(model.rotations):
            self._check_rotation(("rotations", index), rotation)
        for index, policy in enumerate(model.policies):
            self._check_policy(("policies", index), policy)

    def people(self) -> Iterable[Person]:
        """The people of a file without errors."""
        for person in self.model.people:
            ways = tuple(Way(way.kind, way.address or "", way.address_env or "") for way in person.ways)
            yield Person(person.name, person.title or person.name, person.user or person.name, ways)

    def rotations(self) -> Iterable[Rotation]:
        """The rotations of a file without errors; those for days off are made first."""
        made: dict[str, Rotation] = {}
        for model in sorted(self.model.rotations, key=_leans_on_others):
            made[model.name] = Rotation(
                name=model.name,
                title=model.title or model.name,
                kind=model.kind,
                members=tuple(model.members),
                start=model.start,
                last=model.last,
                hand_overs=model.clocks,
                timezone=_zone(model.timezone or self.model.timezone) or self.timezone,
                days_off=made.get(model.days_off or ""),
                holidays=made.get(model.holidays or ""),
                calendar=self.calendar if _leans_on_others(model) else None,
            )
        return [made[model.name] for model in self.model.rotations]

    def _check_rotation(self, location: Location, rotation: RotationModel) -> None:
        people = sorted(person.name for person in self.model.people)
        for place, member in enumerate(rotation.members):
            self._known((*location, "members", place), member, "person", people)
        if list(rotation.clocks) != sorted(set(rotation.clocks)):
            self._wrong((*location, "hand_overs"), "must be different hours, the earliest first")
        first, last = rotation.first_and_last
        if last < first:
            self._wrong((*location, "last"), f"is before start, {first}")
        for key in ("days_off", "holidays"):
            name = getattr(rotation, key)
            others = {other.name: other for other in self.model.rotations if other.name != rotation.name}
            if name is None or not self._known((*location, key), name, "other rotation", sorted(others)):
                continue
            if _leans_on_others(others[name]):
                self._wrong((*location, key), "has days_off or holidays itself: name who is on call then")

    def _check_policy(self, location: Location, policy: PolicyModel) -> None:
        known = {
            "person": sorted(person.name for person in self.model.people),
            "rotation": sorted(rotation.name for rotation in self.model.rotations),
        }
        for index, step in enumerate(policy.steps):
            for place, target in enumerate(step.whom):
                for kind, names in known.items():
                    name = getattr(target, kind)
                    if name is not None:
                        self._known((*location, "steps", index, "whom", place, kind), name, kind, names)
            if isinstance(step.how, list):
                for place, kind in enumerate(step.how):
                    where = (*location, "steps", index, "how", place)
                    self._known(where, kind, "kind of way", sorted(self.model.ways))

    def _once(self, section: str, names: Sequence[str]) -> None:
        for index, name in enumerate(names):
            if name in names[:index]:
                self._wrong((section, index, "name"), "is there already")

    def _known(self, location: Location, name: str, what: str, names: Sequence[str]) -> bool:
        if name not in names:
            self._wrong(location, f"is no {what}: there are {', '.join(names) or 'none'}")
        return name in names

    def _wrong(self, location: Location, reason: str) -> None:
        self.errors.append(self.source.error(location, reason))


def _leans_on_others(rotation: RotationModel) -> bool:
    return bool(rotation.days_off or rotation.holidays)


def _zone(name: str | None) -> ZoneInfo | None:
    return None if name is None else ZoneInfo(name)


def _policy(model: PolicyModel) -> Policy:
    steps = tuple(_step(step) for step in model.steps)
    return Policy(model.name, model.title or model.name, steps, model.repeat, model.repeat_after or timedelta())


def _step(model: StepModel) -> Step:
    kinds = {"all": None, "first": ()}[model.how] if isinstance(model.how, str) else tuple(model.how)
    return Step(model.wait, tuple(map(_target, model.whom)), kinds)


def _target(model: TargetModel) -> Target:
    if model.person is not None:
        return Target("person", model.person)
    if model.rotation is not None:
        return Target("rotation", model.rotation)
    return Target("receiver", model.receiver or "")
