"""The files of `--save`: one source's credential, for clients on this machine (<data dir>/credentials, mode 0600)."""

from pathlib import Path

import msgspec
from msgspec import Struct

from ioc_core.settings import Settings

FOLDER = "credentials"


class SavedCredential(Struct, frozen=True, omit_defaults=True):
    """What a client needs to push. `kind`: token, password, or address (syslog is known by its address alone)."""

    source: str
    kind: str
    token: str | None = None
    username: str | None = None
    password: str | None = None

    @property
    def secret(self) -> str | None:
        """The part that must be kept secret."""
        return self.token or self.password


def path_of(settings: Settings, source: str) -> Path:
    """Where the credential of a source is saved."""
    return settings.data_dir / FOLDER / f"{source}.json"


def read(settings: Settings, source: str) -> SavedCredential | None:
    """The saved credential, None when there is no readable one."""
    try:
        return msgspec.json.decode(path_of(settings, source).read_bytes(), type=SavedCredential)
    except (OSError, msgspec.MsgspecError):
        return None


def write(settings: Settings, credential: SavedCredential) -> Path:
    """Save a credential for the owner of the data directory alone; return where.

    Raises:
        OSError: it can't be written.
    """
    path = path_of(settings, credential.source)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.chmod(0o600)
    fresh.write_bytes(msgspec.json.encode(credential) + b"\n")
    fresh.replace(path)
    return path
