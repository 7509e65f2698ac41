"""Bodies of the national protocol: the envelope of a call, and the list inside it."""

from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from ioc_core.errors import InputError

MAX_ITEMS = 100_000
_MAX_COMMAS = 80 * MAX_ITEMS
KindT = TypeVar("KindT")
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError)


class Envelope(Struct):
    """A call of the integration endpoint, its values not yet judged."""

    session: object = None
    madonvi: object = None
    service: object = None
    isUpdating: object = None  # noqa: N815 - the protocol's name
    maTTHC: object = None  # noqa: N815
    mahoso: object = None
    data: Raw = Raw(b"")


class Login(Struct):
    """A call of the session endpoint."""

    username: object = None
    password: object = None


def decode_envelope(body: bytes) -> Envelope:
    """The envelope of a call. Raises: InputError when the body isn't a JSON object."""
    return _decoded(body, Envelope)


def decode_login(body: bytes) -> Login:
    """User and password. Raises: InputError when the body isn't a JSON object."""
    return _decoded(body, Login)


def decode_list(data: bytes | Raw) -> list[Raw]:
    """The items of a list, not yet decoded; a single object counts as a list of one.

    Raises:
        InputError: it is neither (`not_json`, `wrong_type`, `too_deep`), or too long (`too_many_items`).
    """
    text = bytes(data).strip()
    if not text:
        raise InputError("missing_field", "thiếu danh sách data")
    if text.count(b",") > _MAX_COMMAS:
        raise _too_many()
    if text[:1] == b"{":
        return [_decoded(text, Raw)]
    items = _decoded(text, list[Raw])
    if len(items) > MAX_ITEMS:
        raise _too_many()
    return items


def text_of(value: object) -> str:
    """A value of the envelope as text; "" when it is none."""
    return value.strip() if isinstance(value, str) else ""


def _decoded(body: bytes, kind: type[KindT]) -> KindT:
    try:
        return msgspec.json.decode(body, type=kind)
    except RecursionError as error:
        raise InputError("too_deep", "dữ liệu lồng nhau quá sâu") from error
    except msgspec.ValidationError as error:
        raise InputError("wrong_type", f"dữ liệu không đúng kiểu: {error}") from error
    except _BROKEN as error:
        raise InputError("not_json", f"không đọc được JSON: {error}") from error


def _too_many() -> InputError:
    return InputError("too_many_items", f"mỗi lần gửi nhiều nhất {MAX_ITEMS} mục")
