"""The credentials in memory, as every push needs them: read every few seconds, kept while the database is away."""

import asyncio
import contextlib
import os
from pathlib import Path

import msgspec
import structlog

from ingest import metrics
from ingest.credential_table import valid_credentials
from ingest.credentials import Credential, Keyring
from ingest.database import Database
from ioc_core.errors import StorageError
from ioc_core.settings import Settings

log = structlog.get_logger(__name__)

_PERIOD = 3.0
_SOONEST = 0.5
FILE = "source-credentials.json"


class CredentialStore:
    """The valid credentials of all sources. A copy in the data directory (hashes only, mode 0600) serves a start
    while the database is away."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._path: Path = settings.data_dir / "run" / FILE
        self._reading = asyncio.Lock()
        self._read_at = float("-inf")
        self._away = False
        self.keyring: Keyring | None = None
        """None: never read, so nobody can be recognised or refused."""

    async def check(self) -> str | None:
        """For /readyz."""
        return "credentials were never read" if self.keyring is None else None

    def load_copy(self) -> None:
        """Begin with what was known when a process of this centre last read it."""
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            self.keyring = Keyring(msgspec.json.decode(self._path.read_bytes(), type=list[Credential]))
            log.info("credentials_from_copy", credentials=len(self.keyring.credentials))

    async def run(self) -> None:
        """Read again every few seconds, until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(_PERIOD)

    async def refresh(self) -> None:
        """Read now, unless that was done just before; keep what is known when the database is away."""
        loop = asyncio.get_running_loop()
        async with self._reading:
            if loop.time() - self._read_at < _SOONEST:
                return
            try:
                async with self._database.connection() as connection:
                    found = await valid_credentials(connection)
            except StorageError as error:
                if not self._away:
                    log.warning("credentials_not_read", error=str(error), known=self.keyring is not None)
                self._away = True
                return
            finally:
                self._read_at = loop.time()
        self._away = False
        metrics.CREDENTIALS_READ.set_to_current_time()
        known = None if self.keyring is None else self.keyring.credentials
        if known != tuple(found):
            self.keyring = Keyring(found)
            self._write_copy(found)

    def _write_copy(self, found: list[Credential]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = self._path.with_suffix(f".{os.getpid()}.new")
            fresh.touch(mode=0o600)
            fresh.chmod(0o600)
            fresh.write_bytes(msgspec.json.encode(found))
            fresh.replace(self._path)
        except OSError as error:
            log.warning("credentials_copy_not_written", error=str(error), path=str(self._path))
