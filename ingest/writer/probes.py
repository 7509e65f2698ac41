"""Probe results into `probe_results`, and `probe_current` with since when the target has been up or down.

Two results for one target and instant: failure stays before success, then the longer duration, then by the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ioc_core.db import Connection
from ioc_core.events import ProbeResult

_INSERT = """
INSERT INTO probe_results (target, observed_at, kind, success, duration_seconds, phases, status_code,
                           certificate_not_after, error)
SELECT target, observed_at, kind, success, duration_seconds, phases::jsonb, status_code, certificate_not_after, error
FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::boolean[], $5::float8[], $6::text[], $7::int[],
            $8::timestamptz[], $9::text[])
    AS given (target, observed_at, kind, success, duration_seconds, phases, status_code, certificate_not_after, error)
ON CONFLICT (target, observed_at) DO UPDATE SET
    kind = excluded.kind, success = excluded.success, duration_seconds = excluded.duration_seconds,
    phases = excluded.phases, status_code = excluded.status_code,
    certificate_not_after = excluded.certificate_not_after, error = excluded.error
WHERE (NOT excluded.success, excluded.duration_seconds, coalesce(excluded.status_code, 0),
       coalesce(excluded.error, '') COLLATE "C")
    > (NOT probe_results.success, probe_results.duration_seconds, coalesce(probe_results.status_code, 0),
       coalesce(probe_results.error, '') COLLATE "C")
"""

_CURRENT = """
SELECT target, observed_at, success, changed_at, duration_seconds, status_code, error FROM probe_current
WHERE target = ANY ($1::text[]) ORDER BY target FOR UPDATE
"""

_UPSERT = """
INSERT INTO probe_current (target, source, kind, system, unit, observed_at, success, changed_at, duration_seconds,
                           status_code, certificate_not_after, error)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::boolean[],
                     $8::timestamptz[], $9::float8[], $10::int[], $11::timestamptz[], $12::text[])
ON CONFLICT (target) DO UPDATE SET
    source = excluded.source, kind = excluded.kind, system = excluded.system, unit = excluded.unit,
    observed_at = excluded.observed_at, success = excluded.success, changed_at = excluded.changed_at,
    duration_seconds = excluded.duration_seconds, status_code = excluded.status_code,
    certificate_not_after = excluded.certificate_not_after, error = excluded.error
"""

# The first result of the unbroken run of `success` that the result at `upto` belongs to.
_RUN_START = """
SELECT min(observed_at) FROM probe_results
WHERE target = $1 AND success = $2 AND observed_at > coalesce(
    (SELECT observed_at FROM probe_results WHERE target = $1 AND success <> $2 AND observed_at <= $3
     ORDER BY observed_at DESC LIMIT 1), '-infinity')
"""

_json = msgspec.json.Encoder()


Rank = tuple[datetime, bool, float, int, str]
"""Of two results the larger is the newer one; of one instant, the one that stays."""


def rank(probe: ProbeResult) -> Rank:
    """Return the rank of a result."""
    return probe.observed_at, not probe.success, probe.duration_seconds, probe.status_code or 0, probe.error or ""


def distinct(probes: Iterable[ProbeResult]) -> list[ProbeResult]:
    """Return one result for each target and instant, ordered by both."""
    kept: dict[tuple[str, datetime], ProbeResult] = {}
    for probe in probes:
        key = probe.target, probe.observed_at
        if key not in kept or rank(kept[key]) < rank(probe):
            kept[key] = probe
    return [kept[key] for key in sorted(kept)]


class Run(msgspec.Struct, frozen=True):
    """What is known of a target: its newest result, and since when `success` has had its value."""

    rank: Rank
    changed_at: datetime

    @property
    def observed_at(self) -> datetime:
        """When the newest result was observed."""
        return self.rank[0]

    @property
    def success(self) -> bool:
        """What the newest result says."""
        return not self.rank[1]


class Ask(msgspec.Struct, frozen=True):
    """Only the stored results can tell since when: of the run that holds the result at `upto`."""

    upto: datetime


def changed_at(current: Run | None, results: Sequence[ProbeResult]) -> datetime | Ask:
    """Return since when `success` has its newest value, once `results` (one target, by time) are stored.

    In order, the answer is known at once; a late result may split the run, or lengthen it into the past.
    """
    newest = results[-1]
    if current is None:
        others = [result.observed_at for result in results if result.success != newest.success]
        return min(r.observed_at for r in results if not others or r.observed_at > others[-1])
    success, known, since = current.success, current.observed_at, current.changed_at
    same = [r.observed_at for r in results if r.success == success]
    other = [r.observed_at for r in results if r.success != success and (r.observed_at != known or success)]
    if known in other:
        return Ask(max(newest.observed_at, known))
    last = max([*same[-1:], known])
    if other and other[-1] > last:
        return min(at for at in other if at > last)
    if other and other[-1] >= since:
        return Ask(other[-1])
    return Ask(since) if same and same[0] < since else since


async def insert_probes(connection: Connection, probes: Sequence[ProbeResult]) -> None:
    """Store results and bring `probe_current` up to date.

    Raises:
        asyncpg.PostgresError: a value that the database refuses.
    """
    if not probes:
        return
    results = distinct(probes)
    by_target: dict[str, list[ProbeResult]] = {}
    for result in results:
        by_target.setdefault(result.target, []).append(result)
    rows = await connection.fetch(_CURRENT, list(by_target))
    current = {
        row["target"]: Run(
            (
                row["observed_at"],
                not row["success"],
                row["duration_seconds"],
                row["status_code"] or 0,
                row["error"] or "",
            ),
            row["changed_at"],
        )
        for row in rows
    }
    await connection.execute(_INSERT, *_result_columns(results))
    await _settle(connection, by_target, current)


async def _settle(
    connection: Connection, by_target: Mapping[str, list[ProbeResult]], current: Mapping[str, Run]
) -> None:
    moved: list[tuple[ProbeResult, datetime]] = []
    for target, results in by_target.items():
        held = current.get(target)
        newest = results[-1]
        since = changed_at(held, results)
        replaces = held is None or rank(newest) > held.rank
        success = newest.success if replaces or held is None else held.success
        if isinstance(since, Ask):
            since = await connection.fetchval(_RUN_START, target, success, since.upto) or newest.observed_at
        if replaces:
            moved.append((newest, since))
        elif held is not None and since != held.changed_at:
            await connection.execute("UPDATE probe_current SET changed_at = $2 WHERE target = $1", target, since)
    if moved:
        await connection.execute(_UPSERT, *_current_columns(moved))


def _result_columns(results: Sequence[ProbeResult]) -> tuple[list[Any], ...]:
    rows = [
        (
            result.target,
            result.observed_at,
            result.kind,
            result.success,
            result.duration_seconds,
            _json.encode(result.phases).decode(),
            result.status_code,
            result.certificate_not_after,
            result.error,
        )
        for result in results
    ]
    return tuple(map(list, zip(*rows, strict=True)))


def _current_columns(moved: Sequence[tuple[ProbeResult, datetime]]) -> tuple[list[Any], ...]:
    rows = [
        (
            result.target,
            result.source,
            result.kind,
            result.system,
            result.unit,
            result.observed_at,
            result.success,
            since,
            result.duration_seconds,
            result.status_code,
            result.certificate_not_after,
            result.error,
        )
        for result, since in moved
    ]
    return tuple(map(list, zip(*rows, strict=True)))
