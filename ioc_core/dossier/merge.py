"""The current state of a dossier, merged from messages that arrive in any order, more than once."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from ioc_core.dossier.marks import STATUSES, Mark, add, at_of, decisive, mark_of, short_id
from ioc_core.dossier.state import Dossier
from ioc_core.events import DossierEvent, dossier_content_id

Told = tuple[DossierEvent, str]
"""A message and its `dossier_content_id`."""


class HistoryNeeded(Exception):
    """A message that isn't at hand decides again; `content` is the mark that names it."""

    def __init__(self, code: str, content: int) -> None:
        super().__init__(f"{code}: the message {content:015x} decides, and isn't at hand")
        self.code = code
        self.content = content


def tell(current: Dossier | None, *events: DossierEvent) -> Dossier:
    """Return the state after some messages about one dossier.

    Raises:
        HistoryNeeded: see `merge`.
    """
    return merge(current, [(event, dossier_content_id(event)) for event in events])


def merge(current: Dossier | None, told: Sequence[Told], earlier: Iterable[Told] | None = None) -> Dossier:
    """Return the state after the messages `told`, all about one dossier; `current` itself when they say nothing new.

    The state is a function of the set of messages with their arrivals, so any order and any grouping ends in the
    same one. `earlier` are messages that were merged before, for the rare case that one of them decides again; what
    isn't kept any more of them can't decide, and leaves the fields as they are.

    Raises:
        HistoryNeeded: that case, and no `earlier` were given.
    """
    known: tuple[Mark, ...] = () if current is None else current.marks
    new = [mark_of(event, content) for event, content in told]
    marks = add(known, new)
    if current is not None and marks is known:
        return current
    bodies = _Bodies(told, new, earlier)
    last, record, step = decisive(marks)
    fields: dict[str, Any] = {
        "code": told[0][0].code,
        "marks": marks,
        "record_mark": record,
        "step_mark": step,
        "status": STATUSES[last.status],
        "effective_at": at_of(last.position),
        "told_at": at_of(last.told),
    }
    if current is None or short_id(current.content_id) != last.content:
        decides = bodies.find(last.content)
        if decides is not None:
            fields["source"], fields["content_id"] = decides[0].source, decides[1]
    if record is not None and (current is None or record != current.record_mark):
        found = bodies.find(record)
        if found is not None:
            fields.update(zip(_RECORD_FIELDS, _record_fields(found[0]), strict=True))
    if step is not None and (current is None or step != current.step_mark):
        found = bodies.find(step)
        if found is not None:
            fields["step_department"], fields["step_due_at"] = found[0].step_department, found[0].step_due_at
    return Dossier(**fields) if current is None else replace(current, **fields)


class _Bodies:
    """The messages at hand, by their mark's content."""

    def __init__(self, told: Sequence[Told], marks: Sequence[Mark], earlier: Iterable[Told] | None) -> None:
        self._all_kept = earlier is not None
        self._code = told[0][0].code
        self._found = {mark.content: one for mark, one in zip(marks, told, strict=True)}
        for one in earlier or ():
            self._found.setdefault(short_id(one[1]), one)

    def find(self, content: int) -> Told | None:
        """Return a message; None when it isn't kept any more."""
        found = self._found.get(content)
        if found is None and not self._all_kept:
            raise HistoryNeeded(self._code, content)
        return found


_RECORD_FIELDS = (
    "receiving_unit",
    "resolving_unit",
    "receiving_text",
    "resolving_text",
    "procedure_code",
    "procedure_name",
    "field_code",
    "field_name",
    "channel",
    "filed_at",
    "due_at",
    "finished_at",
    "returned_at",
    "supplements",
    "paid_online",
    "electronic_result",
    "papers_digitised",
    "papers_reused",
    "papers_from_store",
    "population_data",
    "fee_vnd",
)
_record_fields = attrgetter(*_RECORD_FIELDS)
