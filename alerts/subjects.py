"""What a rule remembers of its subjects, so that it misses those that fall silent; in the table `rule_subjects`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from alerts.hysteresis import Judged, Silence
from alerts.rows import LastSight
from alerts.rule import NoData, Rule
from ioc_core.db import Connection

_LOAD = """
SELECT fingerprint, labels, severity, details, seen_at, silent_since, held FROM rule_subjects
WHERE rule = $1 AND definition = $2
"""
_PUT = """
INSERT INTO rule_subjects (rule, definition, fingerprint, labels, severity, details, seen_at, silent_since, held)
SELECT $1, $2, * FROM unnest($3::text[], $4::jsonb[], $5::smallint[], $6::jsonb[], $7::timestamptz[],
                             $8::timestamptz[], $9::boolean[])
ON CONFLICT (rule, fingerprint) DO UPDATE SET
    definition = excluded.definition, labels = excluded.labels, severity = excluded.severity,
    details = excluded.details, seen_at = excluded.seen_at, silent_since = excluded.silent_since, held = excluded.held
"""
_DROP = "DELETE FROM rule_subjects WHERE rule = $1 AND fingerprint = ANY($2::text[])"
_VOID = """
DELETE FROM rule_subjects s WHERE NOT EXISTS (
    SELECT FROM unnest($1::text[], $2::text[]) AS r (rule, definition)
    WHERE r.rule = s.rule AND r.definition = s.definition)
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject that is remembered. `silence`: it has no data now."""

    last: LastSight
    silence: Silence | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What an evaluation changes of what is remembered: `first` is written before its alerts, `then` after them.

    So a process killed between them finds in the next evaluation what it needs to judge as it did before.
    """

    first: Mapping[str, Subject] = field(default_factory=dict)
    then: Mapping[str, Subject | None] = field(default_factory=dict)  # None: forgotten


def memory(judged: Judged, known: Mapping[str, Subject], sights: Mapping[str, LastSight], no_data: NoData) -> Memory:
    """Return what has to be remembered after `judged`; `sights`: of every subject that was met or fell silent now."""
    first = {mark: Subject(sights[mark]) for mark in judged.met}
    first |= {mark: Subject(sights[mark], silence) for mark, silence in judged.silent.items()}
    then: dict[str, Subject | None] = dict.fromkeys(judged.forgotten)
    for mark in judged.heard:
        then[mark] = replace(known[mark], silence=None) if no_data is NoData.ALERT else None
    return Memory(first, then)


def remember(known: dict[str, Subject], changed: Mapping[str, Subject | None]) -> None:
    """Bring `known` up to date with what was committed."""
    for mark, subject in changed.items():
        if subject is None:
            known.pop(mark, None)
        else:
            known[mark] = subject


async def load_subjects(connection: Connection, rule: Rule) -> dict[str, Subject]:
    """Return what is remembered of the subjects of `rule`, by fingerprint."""
    found = {}
    for row in await connection.fetch(_LOAD, rule.alert, rule.definition):
        last = LastSight(row["labels"], row["severity"], row["details"], row["seen_at"])
        silence = None if row["silent_since"] is None else Silence(row["silent_since"], row["held"])
        found[row["fingerprint"]] = Subject(last, silence)
    return found


async def write_subjects(connection: Connection, rule: Rule, changed: Mapping[str, Subject | None]) -> None:
    """Write what is remembered and forget what isn't."""
    gone = [mark for mark, subject in changed.items() if subject is None]
    if gone:
        await connection.execute(_DROP, rule.alert, gone)
    kept = {mark: subject for mark, subject in changed.items() if subject is not None}
    if kept:
        await connection.execute(_PUT, rule.alert, rule.definition, list(kept), *_columns(list(kept.values())))


async def void_subjects(connection: Connection, rules: Iterable[Rule]) -> None:
    """Forget the subjects of every rule that isn't one of `rules`, or was another one then."""
    named = [(rule.alert, rule.definition) for rule in rules]
    await connection.execute(_VOID, [name for name, _ in named], [definition for _, definition in named])


def _columns(subjects: Sequence[Subject]) -> Sequence[list[object]]:
    lasts, silences = [subject.last for subject in subjects], [subject.silence for subject in subjects]
    return (
        [last.labels for last in lasts],
        [last.severity for last in lasts],
        [last.details for last in lasts],
        [last.seen_at for last in lasts],
        [None if silence is None else silence.since for silence in silences],
        [silence is not None and silence.held for silence in silences],
    )
