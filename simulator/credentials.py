"""Reads the credentials that `ioc source credentials NAME --save` left in the data directory."""

import asyncio
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from ioc_core.errors import ConfigError

log = structlog.get_logger()

WAIT_SECONDS = 60.0
POLL_SECONDS = 0.25


class Credential(Struct, frozen=True):
    """How a source proves who it is: a token, a user with a password, or nothing but its address."""

    source: str
    kind: str
    token: str = ""
    username: str = ""
    password: str = ""


def credential_path(data_dir: Path, source: str) -> Path:
    """Where the credential of a source lies."""
    return data_dir / "credentials" / f"{source}.json"


def read_credential(data_dir: Path, source: str) -> Credential | None:
    """Return the credential of a source, or None when there is no file.

    Raises:
        ConfigError: the file can't be read, or isn't a credential.
    """
    path = credential_path(data_dir, source)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Credential)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(file=str(path), line=None, what="credential", reason=str(error)) from error


async def wait_for_credential(data_dir: Path, source: str, *, seconds: float = WAIT_SECONDS) -> Credential:
    """Return the credential of a source, waiting for its file.

    Raises:
        ConfigError: there is none after `seconds`, or the file is wrong.
    """
    for attempt in range(max(1, round(seconds / POLL_SECONDS))):
        credential = read_credential(data_dir, source)
        if credential is not None:
            return credential
        if attempt == 0:
            log.info("credential_awaited", source=source)
        await asyncio.sleep(POLL_SECONDS)
    raise ConfigError(
        file=str(credential_path(data_dir, source)),
        line=None,
        what="credential",
        reason=f"none after {seconds:g} s; `ioc source credentials {source} --save` makes it",
    )
