"""What a report says of the other systems, as entries of `POST /v1/events`: counters that grow, and registers. Pure.

A document exchanged is one sent or one received by a unit, so the sum of both counters over all units, which begin the
period with 0, is the report's figure at its end.
"""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
from msgspec import Raw

from ioc_core.catalogue import Catalogue, Unit, UnitKind
from simulator.dossiers.mix import NO_FRONT_DESK
from simulator.replay.apportion import apportion
from simulator.replay.report import Report
from simulator.seeding import random_of
from simulator.workclock import WorkClock

DOCUMENTS = {"documents_sent_total": 2.0, "documents_received_total": 5.0}
"""The counters of documents, and how many of each there are beside the other."""
_KINDS = (UnitKind.DEPARTMENT, UnitKind.DISTRICT)
_SPREAD = 0.45
_DAYS_PER_REGISTER = 30
_encoder = msgspec.json.Encoder()


def document_totals(report: Report, catalogue: Catalogue, seed: int) -> dict[tuple[str, str], int]:
    """Return what each counter of documents comes to, by metric and unit; they add up to the report's documents."""
    units = [unit for kind in _KINDS for unit in catalogue.units_on(report.first, kind) if _takes_part(unit, report)]
    keys = [(metric, unit.code) for unit in units for metric in DOCUMENTS]
    sizes = {unit.code: random_of(seed, "documents", unit.code).lognormvariate(0.0, _SPREAD) for unit in units}
    parts = apportion(report.documents, [DOCUMENTS[metric] * sizes[code] for metric, code in keys])
    return dict(zip(keys, parts, strict=True))


def _takes_part(unit: Unit, report: Report) -> bool:
    return unit.valid_on(report.last) and unit.code not in NO_FRONT_DESK


def samples(report: Report, catalogue: Catalogue, clock: WorkClock, seed: int) -> list[Raw]:
    """Return every sample in the order of time: counters at 0 and at each working day's end, registers monthly."""
    totals = document_totals(report, catalogue, seed)
    days = [report.first + timedelta(number) for number in range((report.last - report.first).days + 1)]
    closings = [periods[-1][1] for day in days if (periods := clock.periods(day))]
    begin = clock.midnight(report.first)
    worked = clock.between(begin, closings[-1])
    found = [_sample(clock, begin, metric, 0, unit=unit) for metric, unit in totals]
    for number, closing in enumerate(closings, start=1):
        done = clock.between(begin, closing)
        found += [
            _sample(clock, closing, metric, total * done // worked, unit=unit)
            for (metric, unit), total in totals.items()
        ]
        if number % _DAYS_PER_REGISTER == 0 or number == len(closings):
            found += _registers(report, clock, closing, _province(catalogue))
    return found


def _registers(report: Report, clock: WorkClock, at: int, unit: str) -> Iterator[Raw]:
    yield _sample(clock, at, "mail_accounts", report.mail_accounts, unit=unit)
    for holder, number in report.certificates.items():
        yield _sample(clock, at, "certificates_valid", number, unit=unit, holder=holder)
    for level, number in report.services.items():
        yield _sample(clock, at, "online_services", number, unit=unit, level=level)


def _province(catalogue: Catalogue) -> str:
    return next((unit.code for unit in catalogue.units.values() if unit.kind is UnitKind.PROVINCE), "")


def _sample(clock: WorkClock, at: int, metric: str, value: int, **labels: str) -> Raw:
    entry = {"type": "sample", "observed_at": clock.local(at).isoformat(), "metric": metric, "value": value}
    return Raw(_encoder.encode(entry | {"labels": labels}))
