"""The dossiers of one local day, each with its whole life: a function of seed, scenario, rate and day alone. Pure."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from msgspec import Struct

from ioc_core.catalogue import Catalogue, Procedure, ProcedureLevel
from ioc_core.errors import InputError
from ioc_core.events import Channel
from simulator.dossiers.curve import DayCurve
from simulator.dossiers.life import LifePlanner
from simulator.dossiers.mix import Mix, Profile, build_mix
from simulator.dossiers.scenario import Scenario
from simulator.dossiers.steps import Filing, Step
from simulator.seeding import poisson, random_of
from simulator.workclock import WorkClock

CHANNELS = (Channel.COUNTER, Channel.ONLINE, Channel.POST)
UNKNOWN_OFFICES = (
    "Chi nhánh Văn phòng Đăng ký đất đai khu vực VII",
    "Tổ công tác liên ngành giải phóng mặt bằng",
    "Đội Thuế liên cụm xã số 4",
)
"""Offices that a one-stop system names although no catalogue knows them."""


class DossierPlan(Struct, frozen=True):
    """One dossier and everything that will be told of it."""

    code: str
    filing: Filing
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of traffic: a whole province's worth, of which `share` is kept."""

    number: int
    share: float


def layers_of(rate: float) -> tuple[Layer, ...]:
    """Return the layers of a traffic `rate`: a higher rate adds dossiers, and keeps those of the lower.

    Raises:
        InputError: the rate isn't above 0 and at most 100.
    """
    if not 0 < rate <= 100:
        raise InputError("rate", f"rate: must be above 0 and at most 100, got {rate:g}")
    whole = math.ceil(rate)
    return tuple(Layer(number, min(1.0, rate - number)) for number in range(whole))


class DayPlanner:
    """Plans days of one scenario. Two planners of the same arguments plan the same dossiers."""

    def __init__(self, *, catalogue: Catalogue, clock: WorkClock, scenario: Scenario, seed: int, rate: float) -> None:
        self.scenario = scenario
        self.clock = clock
        self.seed = seed
        self.layers = layers_of(rate)
        self._catalogue = catalogue
        self._lives = LifePlanner(scenario, clock)
        self._mix_between = lru_cache(maxsize=32)(self._build_mix)

    def plan(self, day: date) -> list[DossierPlan]:
        """Return the dossiers filed on `day`, in the order of their filing."""
        plans = [plan for layer in self.layers for plan in self._layer(day, layer)]
        return sorted(plans, key=lambda plan: (plan.steps[0].told, plan.code))

    def mix(self, day: date) -> Mix:
        """Return who files what with whom on `day`."""
        return self._mix_between(day)

    def _build_mix(self, day: date) -> Mix:
        return build_mix(self._catalogue, self.scenario, self.seed, day)

    def _layer(self, day: date, layer: Layer) -> list[DossierPlan]:
        rng = random_of(self.seed, self.scenario.name, "dossiers", day.toordinal(), layer.number)
        kept = random_of(self.seed, self.scenario.name, "kept", day.toordinal(), layer.number)
        filings = self._filings(rng, day)
        numbers: dict[str, int] = {}
        plans: list[DossierPlan] = []
        stamp = f"{day:%y%m%d}"
        for filing in filings:
            prefix = filing.profile.prefix
            number = numbers[prefix] = numbers.get(prefix, 0) + 1
            steps = self._lives.plan(rng, filing)
            if kept.random() < layer.share:
                code = f"{prefix}-{stamp}-{layer.number * 1000 + number:04d}"
                plans.append(DossierPlan(code=code, filing=filing, steps=steps))
        return plans

    def _filings(self, rng: Random, day: date) -> list[Filing]:
        mix = self.mix(day)
        curve = DayCurve(self.clock, day)
        silent = {
            profile.unit.code
            for profile in mix.profiles()
            if curve.working and profile.silent and self._is_silent(profile, day)
        }
        filings: list[Filing] = []
        for _ in range(poisson(rng, self._volume(day, working=curve.working))):
            profile, procedure = mix.pick(rng)
            channel = self._channel(rng, procedure, working=curve.working)
            if channel is None or profile.unit.code in silent:
                continue
            filings.append(
                Filing(
                    filed=curve.draw(rng, channel),
                    channel=channel,
                    profile=profile,
                    procedure=procedure,
                    office_text=self._office(rng, profile, procedure),
                    person=rng.randrange(10**8),
                )
            )
        return sorted(filings, key=lambda filing: filing.filed)

    def _is_silent(self, profile: Profile, day: date) -> bool:
        return random_of(self.seed, "silence", profile.unit.code, day.toordinal()).random() < profile.silent

    def _volume(self, day: date, *, working: bool) -> float:
        """Filings drawn on `day`; on a day off those of the counter and the post are drawn in vain."""
        scenario = self.scenario
        if not working:
            return scenario.dossiers_per_working_day * scenario.off_day_factor
        factor = scenario.weekday_factors[day.weekday()]
        before = [day - timedelta(days) for days in (1, 2, 3)]
        if not any(self.clock.is_working_day(other) for other in before):
            factor *= scenario.after_break_factor
        return scenario.dossiers_per_working_day * factor

    def _channel(self, rng: Random, procedure: Procedure, *, working: bool) -> Channel | None:
        shares = self.scenario.channel_shares[procedure.service_mode]
        channel = rng.choices(CHANNELS, weights=shares)[0]
        return channel if working or channel is Channel.ONLINE else None

    def _office(self, rng: Random, profile: Profile, procedure: Procedure) -> str:
        if procedure.level is ProcedureLevel.PROVINCE and rng.random() < self.scenario.unmapped_share * 4:
            return rng.choice(UNKNOWN_OFFICES)
        return profile.text
