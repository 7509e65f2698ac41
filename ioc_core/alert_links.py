"""One-time links in messages: whoever holds one may take its alerts on, or put them off, without signing in.

A link is bound to one notification, hence to its receiver and its alerts, and to the instant at which it expires. It
is good for one use; the row that the use leaves says whose it was.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal

from msgspec import Struct

from ioc_core import alert_actions
from ioc_core import alert_lifecycle as lifecycle
from ioc_core.alert_lifecycle import Change
from ioc_core.db.pool import Connection
from ioc_core.errors import InputError

LASTS = timedelta(hours=24)
"""A link is of no use to whoever finds the message a day later."""
HOLDS = timedelta(hours=4)
"""Nobody proved who he is: what was taken on by a link is asked about again."""
SNOOZES = timedelta(minutes=30)
NOTE = "bằng đường dẫn trong tin báo"

Action = Literal["acknowledge", "snooze"]

_VERSION = 1
_MAC_BYTES = 16
_BYTES = 1 + 4 + 16 + _MAC_BYTES
_CLAIM = """
INSERT INTO alert_links (notification, action, used_at, used_by, address, alert_ids) VALUES ($1, $2, $3, $4, $5, '{}')
ON CONFLICT (notification) DO NOTHING RETURNING 1
"""
_LOOK = """
SELECT n.receiver, n.message ->> 'title' AS title, n.alert_ids, l.action, l.used_at, l.used_by
FROM notifications n LEFT JOIN alert_links l ON l.notification = n.idempotency_key WHERE n.idempotency_key = $1
"""


class Link(Struct, frozen=True):
    """What a token says; `notification` is the idempotency key."""

    notification: str
    expires_at: datetime


class Use(Struct, frozen=True):
    """What was done by a link, when and by whom."""

    action: Action
    at: datetime
    by: str


class Message(Struct, frozen=True):
    """The notification that a link is in."""

    receiver: str
    title: str
    alert_ids: Sequence[int]
    use: Use | None


class Signer:
    """Makes links that start with `address`, the public one of the API, and signs them."""

    def __init__(self, key: bytes, address: str) -> None:
        self._key = key
        self._address = address.rstrip("/")

    def links(self, notification: str, now: datetime) -> dict[str, str]:
        """Return the links of a message; `notification` is its id, 32 hexadecimal digits."""
        return {"ack": f"{self._address}/a/{sign(self._key, Link(notification, now + LASTS))}"}


def sign(key: bytes, link: Link) -> str:
    """Return the token of a link: 50 letters, digits, `-` and `_`."""
    said = bytes([_VERSION]) + int(link.expires_at.timestamp()).to_bytes(4) + bytes.fromhex(link.notification)
    return base64.urlsafe_b64encode(said + _mac(key, said)).decode().rstrip("=")


def read(key: bytes, token: str) -> Link:
    """Return what a token says; whether it has expired is another question.

    Raises:
        InputError: `wrong`: nobody of ours signed it.
    """
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("wrong", "the link isn't one of ours") from error
    said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    canonical = base64.urlsafe_b64encode(raw).decode().rstrip("=") == token
    if len(raw) != _BYTES or not canonical or not hmac.compare_digest(mac, _mac(key, said)) or said[0] != _VERSION:
        raise InputError("wrong", "the link isn't one of ours")
    return Link(said[5:].hex(), datetime.fromtimestamp(int.from_bytes(said[1:5]), UTC))


async def signing_key(connection: Connection) -> bytes:
    """Return the key that this centre made for its links."""
    key: bytes = await connection.fetchval("SELECT key FROM signing_keys WHERE name = 'alert-links'")
    return key


async def message_of(connection: Connection, link: Link) -> Message | None:
    """Return the notification of a link, None when it is gone."""
    row = await connection.fetchrow(_LOOK, link.notification)
    if row is None:
        return None
    use = None if row["used_at"] is None else Use(row["action"], row["used_at"], row["used_by"])
    return Message(row["receiver"], row["title"], row["alert_ids"], use)


def signature(receiver: str, name: str) -> str:
    """Return how histories call whoever used a link: never as somebody who has signed in."""
    person = receiver.removeprefix("person:")
    name = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())[:60]
    if person != receiver or not name:
        return f"{person} (qua tin báo)"
    return f"{name} (qua tin báo cho {receiver})"


async def use(
    connection: Connection, link: Link, message: Message, action: Action, *, by: str, address: str, now: datetime
) -> list[int]:
    """Do `action` to the message's alerts, once, in one transaction; return those that it changed.

    Raises:
        InputError: `expired`, `used` (somebody was first), `over` (no alert needs it any more); nothing was changed.
    """
    if link.expires_at <= now:
        raise InputError("expired", "the link has expired")
    async with connection.transaction():
        if await connection.fetchval(_CLAIM, link.notification, action, now, by, address) is None:
            raise InputError("used", "the link has been used")
        decide = (
            partial(lifecycle.acknowledge, actor=by, now=now, until=now + HOLDS, note=NOTE)
            if action == "acknowledge"
            else partial(lifecycle.snooze, actor=by, now=now, until=now + SNOOZES, note=NOTE)
        )
        outcomes = await alert_actions.act_on_each(connection, message.alert_ids, decide, actor=by, now=now)
        changed = [alert_id for alert_id, outcome in outcomes.items() if isinstance(outcome, Change)]
        if not changed:
            raise InputError("over", "no alert of this message needs it any more")
        await connection.execute(
            "UPDATE alert_links SET alert_ids = $2 WHERE notification = $1", link.notification, changed
        )
    return changed


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, b"alert-link:" + said, hashlib.sha256)[:_MAC_BYTES]
