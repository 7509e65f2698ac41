"""Bodies of POST /v1/events: a JSON array or JSON lines → one event or refusal an item."""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ingest.decoders.personal_data import scrubbed, scrubbed_text
from ingest.decoders.wire_events import WIRE, Reader, WireSample, check_text
from ioc_core.errors import InputError
from ioc_core.events import Event

Form = Literal["array", "lines", "sniffed"]
MAX_ITEMS = 100_000
"""Items a body may hold: what is refused is kept one by one, so their number has a limit."""

_AnyWire: Any = reduce(or_, WIRE.values())
_array = msgspec.json.Decoder(list[_AnyWire])
_one = msgspec.json.Decoder(_AnyWire)
_raw_array = msgspec.json.Decoder(list[msgspec.Raw])
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_MAX_COMMAS = 30 * MAX_ITEMS


def decode_body(body: bytes, form: Form, reader: Reader) -> Iterator[Event]:
    """One event of the centre or one `Rejected` for each item, in order.

    Raises:
        InputError: the body as a whole is neither an array nor lines of JSON (`not_json`, `too_deep`, `empty`), or
            has too many items (`too_many_items`). Raised before the first item.
    """
    if form == "sniffed":
        form = "array" if body.lstrip()[:1] == b"[" else "lines"
    if body.count(b"," if form == "array" else b"\n") > _MAX_COMMAS:
        raise _too_many()
    if b"\\u0000" not in body:
        try:
            wires = _array.decode(body) if form == "array" else _one.decode_lines(body)
        except _BROKEN:
            wires = None
        if wires is not None:
            if len(wires) > MAX_ITEMS:
                raise _too_many()
            return _fast(wires, reader)
    return _careful(_split(body, form), reader)


def _fast(wires: list[Struct], reader: Reader) -> Iterator[Event]:
    for wire in wires:
        try:
            yield reader.sample(wire) if type(wire) is WireSample else reader.event(wire)
        except InputError as error:
            yield reader.edge.reject(error.reason, str(error), _raw(msgspec.json.encode(wire)))


def _split(body: bytes, form: Form) -> list[bytes]:
    if form == "lines" and _is_one(body):
        items = [body]
    elif form == "lines":
        items = [line for line in body.split(b"\n") if line.strip()]
        if items and not any(line.lstrip()[:1] == b"{" for line in items):
            raise InputError("not_json", "the body is neither a JSON array nor lines of JSON objects")
    else:
        try:
            items = [bytes(raw) for raw in _raw_array.decode(body)]
        except RecursionError as error:
            raise InputError("too_deep", "the body is nested too deeply") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError("not_json", f"the body is not a JSON array: {error}") from error
    if len(items) > MAX_ITEMS:
        raise _too_many()
    return items


def _is_one(body: bytes) -> bool:
    """Whether the body is a single object, perhaps written over several lines."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except _BROKEN:
        return False
    return True


def _careful(items: list[bytes], reader: Reader) -> Iterator[Event]:
    for item in items:
        try:
            yield reader.event(_decoded(item))
        except InputError as error:
            yield reader.edge.reject(error.reason, str(error), _raw(item))


def _decoded(item: bytes) -> Struct:
    wire: Struct
    try:
        if b"\\u0000" in item:
            check_text(msgspec.json.decode(item))
        wire = _one.decode(item)
    except RecursionError as error:
        raise InputError("too_deep", "the event is nested too deeply") from error
    except msgspec.ValidationError as error:
        wire = _by_kind(item, error)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError("not_json", f"the event is not JSON: {error}") from error
    return wire


def _by_kind(item: bytes, error: msgspec.ValidationError) -> Struct:
    """Take `kind` for a missing `type`. (A probe result has a `kind` of its own, so it needs `type`.)"""
    value = msgspec.json.decode(item)
    if not isinstance(value, dict) or value.get("type") is not None:
        known = not isinstance(value, dict) or value.get("type") in tuple(WIRE)
        raise InputError("invalid" if known else "unknown_type", str(error)) from error
    if value.get("kind") not in tuple(WIRE):
        raise InputError("unknown_type", f"type must be one of {', '.join(WIRE)}") from error
    retyped = {key: inner for key, inner in value.items() if key not in {"type", "kind"}} | {"type": value["kind"]}
    try:
        wire: Struct = _one.decode(msgspec.json.encode(retyped))
    except msgspec.ValidationError as invalid:
        raise InputError("invalid", str(invalid)) from invalid
    return wire


_MAY_BE_DOSSIER = (b"dossier", b"HoSo", b"ChuHoSo", b"MaDoiTuong", b"SoDienThoai", b"TrichYeu")


def _raw(item: bytes) -> bytes:
    """What is kept of a refused item: of a dossier no personal data, of others all."""
    if not any(word in item for word in _MAY_BE_DOSSIER):
        return item
    try:
        return scrubbed(msgspec.json.decode(item))
    except _BROKEN:
        return scrubbed_text(item)


def kept_of_body(body: bytes) -> bytes:
    """What is kept of a body that could not be read at all."""
    return scrubbed_text(body) if any(word in body for word in _MAY_BE_DOSSIER) else body


def _too_many() -> InputError:
    return InputError("too_many_items", f"a body may hold {MAX_ITEMS} events at most: send several")
