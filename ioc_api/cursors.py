"""Cursors of keyset paging: the sort key of the last row of a page, opaque to the client."""

import base64
import binascii
from typing import Any, TypeVar

import msgspec

from ioc_api.problems import wrong_parameter

KeyT = TypeVar("KeyT")
_LONGEST = 1000


def encode_cursor(key: tuple[Any, ...]) -> str:
    """Return the cursor after a row with this sort key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str, kind: type[KeyT]) -> KeyT:
    """Return the sort key in `cursor`, a tuple of type `kind`.

    Raises:
        Problem: 422 when it isn't one of ours.
    """
    try:
        if len(cursor) > _LONGEST:
            raise ValueError(cursor)
        padded = cursor + "=" * (-len(cursor) % 4)
        return msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=kind)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise wrong_parameter("query.cursor", cursor, "isn't a cursor of this list") from None
