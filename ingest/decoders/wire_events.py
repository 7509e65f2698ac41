"""Events as clients write them for POST /v1/events, and their way into events of the centre."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from ingest.rejections import Edge
from ingest.text import storable
from ioc_core.catalogue import Catalogue
from ioc_core.errors import InputError
from ioc_core.events import (
    DossierEvent,
    Instant,
    MetricName,
    ProbeResult,
    Sample,
    SecurityEvent,
    Short,
    Supplement,
    content_id,
)

When = Instant | float | int
"""RFC 3339 with a zone, or seconds or milliseconds since 1970."""
_OURS = frozenset({"source", "received_at", "observed_at", "event_id"})
_MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138, as milliseconds 1973
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class WireSample(Struct, tag_field="type", tag="sample", forbid_unknown_fields=True):
    """A `Sample` without what ingest adds."""

    observed_at: When
    metric: MetricName
    value: float
    labels: dict[MetricName, Short] = {}


def _wire(kind: type[Struct], tag: str) -> type[Struct]:
    """The fields of an event of the centre, without what ingest adds, with `observed_at` as clients write it."""
    hints = get_type_hints(kind, include_extras=True)
    required: list[tuple[str, Any]] = [("observed_at", When)]
    optional: list[tuple[str, Any, Any]] = [("event_id", Short, "")] if "event_id" in hints else []
    for field in msgspec.structs.fields(kind):
        if field.name in _OURS:
            continue
        if field.required:
            required.append((field.name, hints[field.name]))
        else:
            optional.append((field.name, hints[field.name], _default(field)))
    return msgspec.defstruct(
        f"Wire{kind.__name__}", [*required, *optional], tag_field="type", tag=tag, forbid_unknown_fields=True
    )


def _default(field: msgspec.structs.FieldInfo) -> object:
    if field.default is not msgspec.NODEFAULT:
        return msgspec.field(default=field.default)
    return msgspec.field(default_factory=field.default_factory)


WIRE: Mapping[str, type[Struct]] = {
    "sample": WireSample,
    "dossier": _wire(DossierEvent, "dossier"),
    "probe": _wire(ProbeResult, "probe"),
    "security": _wire(SecurityEvent, "security"),
}
_KIND_OF = {wire: kind for kind, wire in WIRE.items()}
_EVENT_OF: Mapping[str, Callable[..., DossierEvent | ProbeResult | SecurityEvent]] = {
    "dossier": DossierEvent,
    "probe": ProbeResult,
    "security": SecurityEvent,
}


@dataclass(frozen=True, slots=True)
class Reader:
    """What the events of one body are held against.

    `accepts`: kinds that the source may send. `oldest`: by kind, what retention would drop at once. `newest`: later
    times are refused. `zone`: whose days say which units exist. `scope`: unit codes that it may speak of; None: all.
    """

    edge: Edge
    catalogue: Catalogue
    accepts: frozenset[str]
    oldest: Mapping[str, datetime]
    newest: datetime
    zone: ZoneInfo
    scope: frozenset[str] | None = None

    def sample(self, wire: WireSample) -> Sample:
        """The sample of the centre. Raises: InputError."""
        if "sample" not in self.accepts:
            raise InputError("kind_not_accepted", f"{self.edge.source} may not send sample")
        if self.scope is not None:
            self.check_unit(wire.labels.get("unit"))
        edge = self.edge
        return Sample(
            edge.source,
            self._instant(wire.observed_at, "sample"),
            edge.received_at,
            wire.metric,
            wire.value,
            wire.labels,
        )

    def event(self, wire: Struct) -> Sample | DossierEvent | ProbeResult | SecurityEvent:
        """The event of the centre. Raises: InputError."""
        if isinstance(wire, WireSample):
            return self.sample(wire)
        kind = _KIND_OF[type(wire)]
        if kind not in self.accepts:
            raise InputError("kind_not_accepted", f"{self.edge.source} may not send {kind}")
        values = {field: getattr(wire, field) for field in wire.__struct_fields__}
        values["observed_at"] = self._instant(values["observed_at"], kind)
        if kind == "security" and not values["event_id"]:
            values["event_id"] = content_id(msgspec.json.encode(wire))
        event = _EVENT_OF[kind](source=self.edge.source, received_at=self.edge.received_at, **values)
        if isinstance(event, DossierEvent):
            return self._dossier(event)
        _check_times(event)
        self.check_unit(event.unit)
        return event

    def _instant(self, value: When, kind: str) -> datetime:
        if isinstance(value, datetime):
            at = value if value.tzinfo is UTC else _utc(value)
        else:
            seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
            if not 0 <= seconds < 7e9:
                raise InputError("bad_time", f"observed_at {value} is not a time since 1970")
            at = datetime.fromtimestamp(seconds, UTC)
        if at > self.newest:
            raise InputError("time_in_future", f"observed_at {at.isoformat()} is ahead of our clock")
        if at < self.oldest[kind]:
            raise InputError("too_old", f"observed_at {at.isoformat()} is older than what is kept")
        return at

    def check_unit(self, *codes: str | None) -> None:
        """Raises: InputError when the source may not speak of any of the units that the catalogue has."""
        known = [code for code in codes if code is not None and self.catalogue.unit_by_code(code) is not None]
        if self.scope is not None and known and self.scope.isdisjoint(known):
            raise InputError("out_of_scope", f"{self.edge.source} may not speak of {' and '.join(known)}")

    def _dossier(self, event: DossierEvent) -> DossierEvent:
        """Units and procedures that the catalogue doesn't have are kept as they are written."""
        _check_times(event)
        on = (event.filed_at or event.observed_at).astimezone(self.zone).date()
        receiving, receiving_text = self._unit(event.receiving_unit, event.receiving_text, on)
        resolving, resolving_text = self._unit(event.resolving_unit, event.resolving_text, on)
        procedure = self.catalogue.resolve_procedure(event.procedure_code or event.procedure_name or "", on)
        self.check_unit(receiving, resolving)
        return msgspec.structs.replace(
            event,
            receiving_unit=receiving,
            receiving_text=receiving_text,
            resolving_unit=resolving,
            resolving_text=resolving_text,
            procedure_code=event.procedure_code if procedure is None else procedure.code,
        )

    def _unit(self, code: str | None, text: str | None, on: date) -> tuple[str | None, str | None]:
        given = code or text
        if given is None:
            return None, text
        found = self.catalogue.resolve_unit(given, on)
        return (None if found is None else found.code), text or given


def check_text(value: object) -> None:
    """Refuse text that can't be stored, anywhere in a decoded JSON value. Raises: InputError."""
    if isinstance(value, str):
        if not storable(value):
            raise InputError("bad_text", "text holds a NUL character")
    elif isinstance(value, dict):
        for key, inner in value.items():
            check_text(key)
            check_text(inner)
    elif isinstance(value, list):
        for inner in value:
            check_text(inner)


def _check_times(event: Struct) -> None:
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if isinstance(value, datetime):
            if not _EARLIEST <= value <= _LATEST:
                raise InputError("bad_time", f"{name} {value.isoformat()} can't be true")
        elif name == "supplements":
            for supplement in value:
                if isinstance(supplement, Supplement):
                    _check_times(supplement)


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise InputError("bad_time", f"observed_at {value.isoformat()} can't be true") from error
