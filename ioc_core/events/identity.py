"""Ids of events by what they say."""

import hashlib

import msgspec

from ioc_core.events.kinds import DossierEvent
from ioc_core.events.wire import EPOCH

_encoder = msgspec.json.Encoder()


def content_id(*parts: str | bytes) -> str:
    """Return a stable 128-bit id of `parts` in hexadecimal: the key of events whose source gives none."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    return digest.hexdigest()


def dossier_content_id(event: DossierEvent) -> str:
    """Return the id of what a dossier event says, whatever its arrival: the same update again has the same id."""
    return content_id(_encoder.encode(msgspec.structs.replace(event, received_at=EPOCH)))
