"""The indicators that can be counted: one type each way of counting, with its parameters. How: docs/scoreboard.md."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ioc_core.catalogue import ServiceMode

Feed = Literal["register", "dossiers", "both", "series", "nothing"]
ElectronicResult = Literal["ignored", "where_needed", "always"]
Act = Literal["refuse", "ask", "resolve", "publish"]

Text = Annotated[str, Field(min_length=1, max_length=300)]
MetricName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", max_length=200)]
WorkingDays = Annotated[int, Field(ge=0, le=60)]
Modes = Annotated[frozenset[ServiceMode], Field(min_length=1)]


class Indicator(BaseModel):
    """What every indicator has. `full_at` is in per cent; `fed_by` is `nothing` where a province can't feed it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: Text
    maximum: Annotated[float, Field(gt=0, le=100)]
    full_at: Annotated[float, Field(gt=0, le=100)]
    fed_by: Feed


class Announced(Indicator):
    """1.1: procedures whose announcing decision came in time before the act took effect."""

    id: Literal["1.1"]
    fed_by: Literal["register", "nothing"]
    working_days_before_effect: WorkingDays


class Published(Indicator):
    """1.2: procedures published in time after the decision."""

    id: Literal["1.2"]
    fed_by: Literal["register", "nothing"]
    publish_within_working_days: WorkingDays


class FromRegister(Indicator):
    """1.3 complete, 3.5a integrated for online payment: counted in the register alone."""

    id: Literal["1.3", "3.5a"]
    fed_by: Literal["register", "nothing"]


class Synchronised(Indicator):
    """1.4: dossiers at the national portal; both are counters with the label `unit`."""

    id: Literal["1.4"]
    fed_by: Literal["both", "nothing"]
    synchronised: MetricName
    reported: MetricName


class FromDossiers(Indicator):
    """Those that dossiers alone feed, without parameters."""

    id: Literal["2.1", "3.6", "4.1", "4.3", "4.4", "4.5b"]
    fed_by: Literal["dossiers", "nothing"]


class OnlineOffered(Indicator):
    """3.1: procedures that are an online service."""

    id: Literal["3.1"]
    fed_by: Literal["register", "nothing"]
    modes: Modes


class OnlineUsed(Indicator):
    """3.2: online services that had an online dossier."""

    id: Literal["3.2"]
    fed_by: Literal["both", "nothing"]
    modes: Modes


class FiledOnline(Indicator):
    """3.3: dossiers filed online."""

    id: Literal["3.3"]
    fed_by: Literal["dossiers", "nothing"]
    electronic_result: ElectronicResult


class FullyOnline(Indicator):
    """Since 2026: dossiers handled fully online, of procedures that can be."""

    id: Literal["3.full"]
    fed_by: Literal["dossiers", "nothing"]
    modes: Modes
    electronic_result: ElectronicResult


class ProceduresUsed(Indicator):
    """3.5b paid online, 4.5a population data: procedures of which a dossier did it."""

    id: Literal["3.5b", "4.5a"]
    fed_by: Literal["both", "nothing"]


class Digitised(Indicator):
    """4.2: dossiers with scanned papers and an electronic result."""

    id: Literal["4.2"]
    fed_by: Literal["dossiers", "nothing"]
    electronic_result: ElectronicResult


class CertifiedCopies(Indicator):
    """4.5c: electronic certified copies; `procedures` are the codes of certifying."""

    id: Literal["4.5c"]
    fed_by: Literal["dossiers", "nothing"]
    procedures: Annotated[frozenset[str], Field(min_length=1)]


class Limits(BaseModel):
    """How many working days each act on citizens' feedback may take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    refuse: WorkingDays
    ask: WorkingDays
    resolve: WorkingDays
    publish: WorkingDays


class FeedbackInTime(Indicator):
    """5.2: feedback handled in time."""

    id: Literal["5.2"]
    fed_by: Literal["series", "nothing"]
    handled: MetricName
    limits_working_days: Limits


class FeedbackLiked(Indicator):
    """5.3: feedback handled in time and not disliked."""

    id: Literal["5.3"]
    fed_by: Literal["series", "nothing"]
    handled: MetricName
    disliked: MetricName
    limits_working_days: Limits


class ProceduresLiked(Indicator):
    """5.4: dossiers neither late nor disliked."""

    id: Literal["5.4"]
    fed_by: Literal["both", "nothing"]
    disliked: MetricName


AnyIndicator = Annotated[
    Announced
    | Published
    | FromRegister
    | Synchronised
    | FromDossiers
    | OnlineOffered
    | OnlineUsed
    | FiledOnline
    | FullyOnline
    | ProceduresUsed
    | Digitised
    | CertifiedCopies
    | FeedbackInTime
    | FeedbackLiked
    | ProceduresLiked,
    Field(discriminator="id"),
]
