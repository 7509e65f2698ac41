"""How much was heard of each source, and when: counted from events (pure), added to `source_activity`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.writer.decode import Item, storable
from ioc_core.db import Connection
from ioc_core.events import EPOCH, Heartbeat, RawBlock, Rejected

_ADD = """
INSERT INTO source_activity (source, first_seen_at, last_seen_at, last_observed_at, events_total, rejected_total)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::bigint[])
ON CONFLICT (source) DO UPDATE SET
    first_seen_at = least(source_activity.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(source_activity.last_seen_at, excluded.last_seen_at),
    last_observed_at = greatest(source_activity.last_observed_at, excluded.last_observed_at),
    events_total = source_activity.events_total + excluded.events_total,
    rejected_total = source_activity.rejected_total + excluded.rejected_total
"""

# A source that no file of config/ describes; `ingest` fills in the rest for those that one does.
_HEARD_OF = """
INSERT INTO sources (name) SELECT given FROM unnest($1::text[]) AS given
WHERE NOT EXISTS (SELECT FROM sources WHERE name = given)
ON CONFLICT DO NOTHING
"""


@dataclass(slots=True)
class Tally:
    """What a batch says of one source. `facts`: events that are stored; `rejected`: those that are refused."""

    first_seen_at: datetime
    last_seen_at: datetime
    last_observed_at: datetime
    facts: int = 0
    rejected: int = 0
    accepted: bool = False  # whether anything but refused input came


def tally(items: Iterable[Item]) -> dict[str, Tally]:
    """Return what `items` say of each source. A heartbeat tells that it lives, and isn't a fact."""
    tallies: dict[str, Tally] = {}
    for item in items:
        if isinstance(item, RawBlock):
            _note(tallies, item.source, item.received_at, _newest(item)).facts += len(item.of)
        elif isinstance(item, Rejected):
            _note(tallies, item.source, item.received_at, item.observed_at, accepted=False).rejected += 1
        else:
            held = _note(tallies, item.source, item.received_at, item.observed_at)
            held.facts += not isinstance(item, Heartbeat)
    return tallies


def _newest(block: RawBlock) -> datetime:
    return EPOCH + timedelta(microseconds=max(block.at))


def _note(
    tallies: dict[str, Tally], source: str, received: datetime, observed: datetime, *, accepted: bool = True
) -> Tally:
    held = tallies.get(source)
    if held is None:
        held = tallies[source] = Tally(received, received, observed)
    elif received > held.last_seen_at:
        held.last_seen_at = received
    elif received < held.first_seen_at:
        held.first_seen_at = received
    if observed > held.last_observed_at:
        held.last_observed_at = observed
    held.accepted = held.accepted or accepted
    return held


async def add_activity(connection: Connection, tallies: Mapping[str, Tally]) -> None:
    """Add the tallies to the counters; call once for each event, in the transaction that stores it."""
    if not tallies:
        return
    names = sorted(tallies)
    rows = [
        (storable(name), t.first_seen_at, t.last_seen_at, t.last_observed_at, t.facts, t.rejected)
        for name, t in ((name, tallies[name]) for name in names)
    ]
    await connection.execute(_ADD, *map(list, zip(*rows, strict=True)))
    heard = [name for name in names if tallies[name].accepted]
    if heard:
        await connection.execute(_HEARD_OF, heard)
