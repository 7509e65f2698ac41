"""What a simulated province is like: every share, volume and weight, frozen. A scenario is one instance."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ioc_core.catalogue import ProcedureLevel, ServiceMode

ChannelShares = tuple[float, float, float]
"""Shares of counter, online and public post; they add up to 1."""


def _frozen(values: Mapping[str, float]) -> Mapping[str, float]:
    return MappingProxyType(dict(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How many units have which bad habit, and how often it shows."""

    slow_units: int = 11
    slow_share: float = 0.13  # of their dossiers end late
    late_share: float = 0.0015  # of everybody else's
    entry_units: int = 4  # finish in time, tell the system late
    entry_share: float = 0.09
    hesitant_units: int = 3  # leave online dossiers lying
    hesitant_share: float = 0.08
    unaccepted_share: float = 0.001
    bulk_units: int = 2  # enter a day's counter dossiers at once, before closing
    silent_units: int = 2  # some days nothing is entered at all
    silent_share: float = 0.15
    chronic_share: float = 0.06  # of the late ones are late by days, not hours
    late_hours: float = 3.4  # working hours late, median
    late_spread: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperShares:
    """What share of dossiers has digitised papers, papers used again, papers from the store; population data used.

    From the store <= used again <= digitised, and from the store <= population.
    """

    digitised: float = 0.70
    reused: float = 0.35
    from_store: float = 0.15
    population: float = 0.60


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A province's year in numbers. Shares are of dossiers unless said otherwise."""

    name: str
    dossiers_per_working_day: float = 1000.0
    off_day_factor: float = 0.30  # online filings on a day off, against a working day's
    weekday_factors: tuple[float, ...] = (1.15, 1.05, 1.0, 0.95, 0.85, 1.0, 1.0)
    after_break_factor: float = 1.15  # first working day after three days off or more
    level_shares: Mapping[ProcedureLevel, float] = field(
        default_factory=lambda: MappingProxyType(
            {ProcedureLevel.COMMUNE: 0.78, ProcedureLevel.DISTRICT: 0.0, ProcedureLevel.PROVINCE: 0.22}
        )
    )
    channel_shares: Mapping[ServiceMode | None, ChannelShares] = field(
        default_factory=lambda: MappingProxyType(
            {
                ServiceMode.FULL: (0.27, 0.70, 0.03),
                ServiceMode.PARTIAL: (0.62, 0.33, 0.05),
                ServiceMode.INFORMATION: (0.95, 0.0, 0.05),
                None: (0.95, 0.0, 0.05),
            }
        )
    )
    procedure_weights: Mapping[str, float] = field(default_factory=lambda: _frozen(PROCEDURE_WEIGHTS))
    field_units: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType(FIELD_UNITS))
    unmapped_share: float = 0.004  # resolved by an office that the catalogue doesn't know
    refuse_share: float = 0.02  # of online filings, at the door
    automatic_share: float = 0.15  # of fully online filings, accepted by the system within minutes
    supplement_share: float = 0.05
    unanswered_share: float = 0.10  # of supplement requests
    fee_share: float = 0.5  # of online dossiers with a fee pay after a request, the rest when filing
    withdraw_share: float = 0.006
    correction_share: float = 0.004
    post_return_share: float = 0.12
    papers: PaperShares = PaperShares()
    habits: Habits = Habits()


PROCEDURE_WEIGHTS: Mapping[str, float] = {
    "1.001193": 9.0, "1.000894": 4.5, "1.000656": 4.0, "1.004884": 1.5, "1.004873": 8.0, "2.000635": 11.0,
    "1.004859": 3.0, "2.000815": 14.0, "2.000884": 7.0, "2.001019": 0.4, "1.004222": 7.0, "1.004194": 6.0,
    "1.002755": 2.0, "1.001612": 3.5, "2.000720": 1.5, "1.001570": 1.0, "1.001266": 1.0, "1.012753": 3.0,
    "1.013225": 2.5, "1.013227": 0.5, "1.001776": 2.5, "1.001731": 1.5, "1.001699": 1.0, "1.014027": 2.5,
    "1.011607": 1.0, "1.010803": 1.5, "3.000182": 0.6,
    "1.012756": 14.0, "1.012784": 6.0, "2.000488": 15.0, "1.002809": 14.0, "1.014748": 9.0, "1.000703": 4.0,
    "2.002041": 6.0, "2.001583": 4.0, "2.002043": 2.0, "2.001610": 1.0, "1.014199": 1.5, "2.000033": 3.0,
    "1.005092": 4.0, "1.012289": 2.0, "1.004616": 2.0, "2.001827": 2.5,
}  # fmt: skip
"""How often a procedure is asked for, within its level; a procedure that isn't named weighs 0.3."""

OTHER_PROCEDURE_WEIGHT = 0.3

FIELD_UNITS: Mapping[str, tuple[str, ...]] = {
    "LLTP": ("CAT",), "LS": ("STP",), "DN": ("STC",), "DT": ("STC", "BQLKCN", "BQLKKT"), "DD": ("SNNMT",),
    "XD": ("SXD",), "DB": ("CAT", "SXD"), "VL": ("SNV",), "VBCC": ("SGDDT",), "KCB": ("SYT",), "DP": ("SYT",),
    "ATTP": ("SNNMT", "SYT", "SCT"), "XTTM": ("SCT",), "BVTV": ("SNNMT",), "TY": ("SNNMT",), "MT": ("SNNMT",),
    "TNN": ("SNNMT",), "VH": ("SVHTTDL",), "DL": ("SVHTTDL",), "QC": ("SVHTTDL",), "XB": ("SVHTTDL",),
    "KHCN": ("SKHCN",), "HNQT": ("SNGV",),
}  # fmt: skip
"""Which departments resolve the province-level procedures of a field; other fields go to any department."""

PRESENT = Scenario(name="present")
"""Đắk Lắk as it is now: two levels, most dossiers at communes, more than half of them filed online."""
