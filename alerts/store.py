"""Alert state in the database: what is live, and whole evaluations written as sets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.rows import Finding
from alerts.state import Episode, State, Step
from ioc_core.db import Connection
from ioc_core.errors import StorageError

ENGINE = "engine"
RULE, EXTERNAL = "rule", "external"
"""Where an alert comes from: a rule of ours finds it, or another system sent it."""

# A closed alert fires on as far as its rule is concerned; whether it is closed is people's to say at any moment.
_LIVE = """
SELECT id, rule, fingerprint, CASE state WHEN 'closed' THEN 'firing' ELSE state END AS state, severity, content_id,
       pending_at, firing_at, absent_since
FROM alerts WHERE state <> 'resolved' AND origin = $2 AND ($1::text IS NULL OR rule = $1)
"""

_INSERT = """
INSERT INTO alerts (fingerprint, rule, severity, labels, details, annotations, content_id, value, unit,
                    state, pending_at, firing_at, updated_at, origin)
SELECT fingerprint, $1, severity, labels::jsonb, details::jsonb, annotations::jsonb, content_id, value, unit,
       state, $2, firing_at, $2, $13
FROM unnest($3::text[], $4::smallint[], $5::jsonb[], $6::jsonb[], $7::jsonb[], $8::text[], $9::float8[], $10::text[],
            $11::text[], $12::timestamptz[])
     AS n (fingerprint, severity, labels, details, annotations, content_id, value, unit, state, firing_at)
RETURNING fingerprint, id
"""

_MOVE = """
UPDATE alerts a SET state = CASE WHEN a.state = 'closed' AND n.state = 'firing' THEN 'closed' ELSE n.state END,
                    firing_at = n.firing_at, absent_since = n.absent_since, resolved_at = n.resolved_at,
                    updated_at = $1
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[])
     AS n (id, was, state, firing_at, absent_since, resolved_at)
WHERE a.id = n.id AND CASE a.state WHEN 'closed' THEN 'firing' ELSE a.state END = n.was
"""

_REWRITE = """
UPDATE alerts a SET severity = n.severity, details = n.details, annotations = n.annotations,
                    content_id = n.content_id, value = n.value, unit = n.unit, updated_at = $1
FROM unnest($2::bigint[], $3::smallint[], $4::jsonb[], $5::jsonb[], $6::text[], $7::float8[], $8::text[])
     AS n (id, severity, details, annotations, content_id, value, unit)
WHERE a.id = n.id AND a.state <> 'resolved'
RETURNING a.id, a.state
"""

# People lock many alerts in the order of their ids as well: nobody waits for one who waits for him.
_LOCK = "SELECT FROM alerts WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE"

_HISTORY = """
INSERT INTO alert_history (alert_id, at, kind, actor, note)
SELECT id, $1, kind, $2, note FROM unnest($3::bigint[], $4::text[], $5::text[]) AS n (id, kind, note)
"""


@dataclass(frozen=True, slots=True)
class LiveAlert:
    """A live alert as the leader remembers it between evaluations."""

    id: int
    severity: int
    content_id: str
    episode: Episode


@dataclass(frozen=True, slots=True)
class Move:
    """A known alert that goes from one state to the next."""

    alert_id: int
    fingerprint: str
    was: State
    step: Step
    episode: Episode


@dataclass(frozen=True, slots=True)
class Begin:
    """An alert that wasn't live."""

    finding: Finding
    step: Step
    episode: Episode


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A live alert whose severity, value, details or text changed."""

    alert_id: int
    was: LiveAlert
    finding: Finding

    @property
    def was_severity(self) -> int:
        """The severity before."""
        return self.was.severity

    @property
    def fires(self) -> bool:
        """Whether the alert was firing already."""
        return self.was.episode.state is State.FIRING


async def live_alerts(
    connection: Connection, rule: str | None = None, *, origin: str = RULE
) -> dict[str, dict[str, LiveAlert]]:
    """Return the live alerts of one rule or of all, that rules say or that others sent: rule → fingerprint → alert."""
    found: dict[str, dict[str, LiveAlert]] = {}
    for row in await connection.fetch(_LIVE, rule, origin):
        episode = Episode(State(row["state"]), row["pending_at"], row["firing_at"], row["absent_since"])
        alert = LiveAlert(row["id"], row["severity"], row["content_id"], episode)
        found.setdefault(row["rule"], {})[row["fingerprint"]] = alert
    return found


async def begin(
    connection: Connection, rule: str, new: Sequence[Begin], now: datetime, *, origin: str = RULE
) -> dict[str, int]:
    """Insert new episodes with their history; return fingerprint → id.

    Raises:
        asyncpg.UniqueViolationError: one of them is live already.
    """
    if not new:
        return {}
    made = [item.finding for item in new]
    rows = await connection.fetch(
        _INSERT,
        rule,
        now,
        [finding.fingerprint for finding in made],
        [finding.severity for finding in made],
        [finding.labels for finding in made],
        [finding.details for finding in made],
        [finding.annotations for finding in made],
        [finding.content_id for finding in made],
        [finding.value for finding in made],
        [unit_of(finding) for finding in made],
        [item.episode.state for item in new],
        [item.episode.firing_at for item in new],
        origin,
    )
    ids = {row["fingerprint"]: row["id"] for row in rows}
    await history(connection, now, ((ids[item.finding.fingerprint], item.step, _begun(item)) for item in new))
    return ids


async def move(connection: Connection, moves: Sequence[Move], now: datetime) -> None:
    """Write state changes with their history; pending alerts that are forgotten are deleted.

    Raises:
        StorageError: one of them isn't in the state it was thought to be in (somebody else wrote).
    """
    kept = [item for item in moves if item.step is not Step.FORGOTTEN]
    gone = [item.alert_id for item in moves if item.step is Step.FORGOTTEN]
    if kept:
        status = await connection.execute(
            _MOVE,
            now,
            [item.alert_id for item in kept],
            [item.was for item in kept],
            [item.episode.state for item in kept],
            [item.episode.firing_at for item in kept],
            [item.episode.absent_since for item in kept],
            [item.episode.resolved_at for item in kept],
        )
        if status != f"UPDATE {len(kept)}":
            raise StorageError(f"{len(kept)} alerts should have changed their state, got {status}")
        told = (item for item in kept if item.step in {Step.FIRING, Step.RESOLVED})
        await history(connection, now, ((item.alert_id, item.step, "") for item in told))
    if gone:
        await connection.execute("DELETE FROM alerts WHERE id = ANY($1::bigint[]) AND state = 'pending'", gone)


async def lock(connection: Connection, alert_ids: Iterable[int]) -> None:
    """Lock these alerts until the transaction ends."""
    ids = set(alert_ids)
    if len(ids) > 1:
        await connection.execute(_LOCK, list(ids))


async def rewrite(connection: Connection, changes: Sequence[Rewrite], now: datetime) -> set[int]:
    """Write new content of live alerts; a change of severity is history. Return those that people have closed."""
    if not changes:
        return set()
    made = [item.finding for item in changes]
    written = await connection.fetch(
        _REWRITE,
        now,
        [item.alert_id for item in changes],
        [finding.severity for finding in made],
        [finding.details for finding in made],
        [finding.annotations for finding in made],
        [finding.content_id for finding in made],
        [finding.value for finding in made],
        [unit_of(finding) for finding in made],
    )
    await history(
        connection,
        now,
        (
            (item.alert_id, "severity_changed", f"P{item.was_severity} → P{item.finding.severity}")
            for item in changes
            if item.was_severity != item.finding.severity
        ),
    )
    return {row["id"] for row in written if row["state"] == "closed"}


async def history(connection: Connection, at: datetime, entries: Iterable[tuple[int, str, str]]) -> None:
    """Add (alert, kind, note) entries of the engine to the history, in order."""
    rows = list(entries)
    if rows:
        columns = ([row[index] for row in rows] for index in range(3))
        await connection.execute(_HISTORY, at, ENGINE, *columns)


def _begun(new: Begin) -> str:
    return "no data" if new.finding.no_data else ""


def unit_of(finding: Finding) -> str:
    """Return the code of the unit that the alert is about, or ''."""
    named: Mapping[str, object] = finding.labels if "unit" in finding.labels else finding.details
    unit = named.get("unit")
    return unit if isinstance(unit, str) else ""
