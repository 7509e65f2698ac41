"""Papers, fees and proved accounts of the synthetic province, as ingest reads them."""

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from ingest.decoders.national_dossier import Sender, decode_records
from ingest.rejections import Edge
from ioc_core.catalogue import Catalogue
from ioc_core.events import DossierEvent
from simulator.dossiers.day import DossierPlan
from simulator.dossiers.papers import papers
from simulator.dossiers.scenario import PaperShares
from simulator.dossiers.wire import DossierWire
from simulator.workclock import WorkClock

Weeks = list[list[DossierPlan]]
NOW = datetime(2027, 6, 1, tzinfo=UTC)
FIELDS = ("papers_digitised", "papers_reused", "papers_from_store", "population_data")


def _read(shipped: Catalogue, wire: DossierWire, plan: DossierPlan) -> list[DossierEvent]:
    """Every record of a dossier, through the real decoder."""
    sender = Sender(
        edge=Edge("igate", "dvcqg", NOW), agency="000.00.00.H15", catalogue=shipped, zone=ZoneInfo("Asia/Ho_Chi_Minh")
    )
    bodies = [wire.record(plan, step) for step in plan.steps if step.renewed]
    return [result.outcome for result in decode_records(bodies, sender) if isinstance(result.outcome, DossierEvent)]


def test_the_shares_are_the_scenarios(shipped: Catalogue, clock: WorkClock, weeks: Weeks) -> None:
    wire = DossierWire(clock)
    plans = [plan for day in weeks[:4] for plan in day]
    last = [_read(shipped, wire, plan)[-1] for plan in plans]
    shares = [sum(getattr(event, field) for event in last) / len(last) for field in FIELDS]
    assert shares == pytest.approx([0.70, 0.35, 0.15, 0.60], abs=0.02)
    assert all(event.papers_reused or not event.papers_from_store for event in last)
    assert all(event.papers_digitised or not event.papers_reused for event in last)
    fees = {plan.filing.procedure.fee_vnd: event.fee_vnd for plan, event in zip(plans, last, strict=True)}
    assert len(fees) > 3
    assert all(said == (fee or None) for fee, said in fees.items())


def test_every_record_of_a_dossier_says_the_same(shipped: Catalogue, clock: WorkClock, weeks: Weeks) -> None:
    wire = DossierWire(clock)
    told = [_read(shipped, wire, plan) for plan in islice(weeks[0], 200)]
    assert max(map(len, told)) > 2
    for events in told:
        assert len({tuple(getattr(event, field) for field in FIELDS) for event in events}) == 1


def test_a_scenario_may_have_other_shares() -> None:
    shares = PaperShares(digitised=1.0, reused=0.0, from_store=0.0, population=0.0)
    found = [papers(f"H15-{number}", number, shares) for number in range(500)]
    assert {one["HoSoCoThanhPhanSoHoa"] for one in found} == {"1"}
    assert {one["TaiKhoanDuocXacThucVoiVNeID"] for one in found} == {"0"}


def test_chance_is_the_dossiers_own() -> None:
    shares = PaperShares()
    assert papers("H15-1", 1, shares) == papers("H15-1", 1, shares)
    assert len({str(papers("H15-1", person, shares)) for person in range(50)}) > 3
