"""What all systems report at an instant, and their whole past, as entries of `POST /v1/events`. Pure."""

from collections.abc import Iterator

import msgspec
from msgspec import Raw

from ioc_core.catalogue import Catalogue
from simulator.systems import documents, services
from simulator.systems.series import Register, Series
from simulator.systems.shapes import moment_of
from simulator.workclock import HOUR, WorkClock

TABLES = (
    documents.add_documents,
    documents.add_mail,
    documents.add_signatures,
    documents.add_meetings,
    documents.add_registers,
    services.add_synchronisation,
    services.add_citizens,
    services.add_portals,
    services.add_network,
)
"""Each adds the series of some systems; a new table is one more line here."""

_encoder = msgspec.json.Encoder()


def all_series(catalogue: Catalogue, clock: WorkClock, seed: int, at: int) -> list[Series]:
    """Return every series of the units that exist at `at`."""
    register = Register(catalogue, catalogue.units_on(clock.day_of(at)), seed)
    for table in TABLES:
        table(register)
    return register.series


class Report:
    """Reads all series at an instant."""

    def __init__(self, series: list[Series], clock: WorkClock) -> None:
        self.series = series
        self._clock = clock
        self._heads = [
            (item, b'{"type":"sample","metric":"%b","labels":%b,"observed_at":' % (item.metric.encode(), labels))
            for item in series
            for labels in [_encoder.encode(item.labels)]
        ]

    def at(self, instant: int, *, cadence: int | None = None) -> list[Raw]:
        """Return one sample of every series; with `cadence`, only of those that are due in steps of hours."""
        moment = moment_of(self._clock, instant)
        stamp = b'%d,"value":' % instant
        return [
            Raw(head + stamp + _encoder.encode(item.shape.value(moment)) + b"}")
            for item, head in self._heads
            if cadence is None or instant % item.cadence < cadence
        ]

    def past(self, after: int, until: int) -> Iterator[list[Raw]]:
        """Yield, hour by whole hour of (after, until), the samples that were due then."""
        for instant in range(after - after % HOUR + HOUR, until, HOUR):
            yield self.at(instant, cadence=HOUR)

    def hours(self, after: int, until: int) -> int:
        """How many times `past` yields."""
        return len(range(after - after % HOUR + HOUR, until, HOUR))
