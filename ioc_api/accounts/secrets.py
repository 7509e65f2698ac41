"""Opaque random tokens: made here, stored only as SHA-256, told apart by their beginning."""

import hashlib
import secrets
from enum import StrEnum


class TokenKind(StrEnum):
    """The beginning of a token says what it is, so that scanners for leaked secrets find it."""

    SESSION = "iocs_"
    TOKEN = "ioct_"  # noqa: S105 - a prefix, not a secret
    TICKET = "iocf_"


def new_token(kind: TokenKind) -> str:
    """Return a token of 256 random bits."""
    return kind.value + secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return what is stored of a token. 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def kind_of(token: str) -> TokenKind | None:
    """Return the kind of a token by its beginning; None for anything else."""
    return next((kind for kind in TokenKind if token.startswith(kind.value)), None)


def new_password() -> str:
    """Return a password for a first sign-in: 20 characters without look-alikes, about 115 bits."""
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
    return "".join(secrets.choice(alphabet) for _ in range(20))
