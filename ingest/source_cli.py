"""`ioc source`: check and list the sources, issue and rotate their credentials."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from ingest import credential_file, credential_table
from ingest.credential_file import SavedCredential
from ingest.credentials import Keyring
from ingest.database import Database
from ingest.source_entries import DossierSource, EventsSource, Source, SyslogSource
from ingest.sources import Sources, load_sources
from ioc_core import catalogue
from ioc_core.db import Connection
from ioc_core.durations import parse_duration
from ioc_core.errors import IocError
from ioc_core.settings import Settings

app = typer.Typer(help="The sources of events and their credentials.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The sources of events and their credentials."""


@app.command("check")
def check() -> None:
    """Check config/sources; every wrong line is named, and the exit status is 1 when there is one."""
    sources = _loaded(Settings())
    typer.echo(f"{len(sources.by_name)} sources, all well described")


@app.command("list")
def list_command() -> None:
    """Print name, kind and title of every source."""
    for source in _loaded(Settings()).by_name.values():
        typer.echo(f"{source.name:<24} {source.kind:<8} {source.title}")


@app.command("credentials")
def credentials(
    name: Annotated[str | None, typer.Argument(help="The source; or --all.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every source that has a credential.")] = False,
    rotate: Annotated[bool, typer.Option(help="Issue a new one although there is one.")] = False,
    grace: Annotated[str, typer.Option(help="How long the old one stays valid after --rotate.")] = "0s",
    save: Annotated[bool, typer.Option(help="Also store it in <data dir>/credentials, mode 0600.")] = False,
    if_missing: Annotated[
        bool, typer.Option(help="Only those that aren't saved, or whose saved one is void.")
    ] = False,
) -> None:
    """Issue the credential of a source: a token; user and password for the national protocol; none for syslog.

    The secret is shown once: the database keeps only its hash.
    """
    settings = Settings()
    sources = _loaded(settings)
    if every == (name is not None):
        raise typer.BadParameter("name one source, or --all")
    chosen = [source for source in sources.by_name.values() if every or source.name == name]
    if not chosen:
        raise typer.BadParameter(f"no source is called {name!r}; there are: {', '.join(sources.by_name)}")
    if name is not None and not isinstance(chosen[0], (DossierSource, EventsSource, SyslogSource)):
        raise typer.BadParameter(f"{name} is a collector of kind {chosen[0].kind}: it needs no credential")
    try:
        kept = parse_duration(grace)
    except ValueError as error:
        raise typer.BadParameter(f"--grace {grace!r} {error}") from error
    task = _Task(settings, rotate=rotate, grace=kept, save=save, if_missing=if_missing)
    for line in asyncio.run(task.run(chosen)):
        typer.echo(line)


class _Task:
    """One call of `ioc source credentials`."""

    def __init__(self, settings: Settings, *, rotate: bool, grace: timedelta, save: bool, if_missing: bool) -> None:
        self._settings = settings
        self._rotate = rotate
        self._grace = grace
        self._save = save
        self._if_missing = if_missing

    async def run(self, chosen: list[Source]) -> list[str]:
        """Issue what is to be issued; return what to print."""
        database = Database(self._settings)
        try:
            async with database.connection() as connection:
                keyring = Keyring(await credential_table.valid_credentials(connection))
                self._refuse_known(keyring, chosen)
                return [line for source in chosen for line in await self._one(connection, keyring, source)]
        finally:
            await database.close()

    def _refuse_known(self, keyring: Keyring, chosen: list[Source]) -> None:
        """Before anything is issued: a secret in use must not be replaced by accident."""
        holders = {credential.source for credential in keyring.credentials}
        known = [source.name for source in chosen if source.name in holders]
        if known and not (self._rotate or self._if_missing):
            raise IocError(f"{', '.join(known)} has a credential already; --rotate issues a new one")

    async def _one(self, connection: Connection, keyring: Keyring, source: Source) -> list[str]:
        if isinstance(source, SyslogSource):
            return self._told(SavedCredential(source.name, "address"), f"known by {', '.join(source.addresses)}")
        if not isinstance(source, (DossierSource, EventsSource)):
            return []
        if self._if_missing and self._saved_is_valid(keyring, source):
            return [f"{source.name}: saved in {credential_file.path_of(self._settings, source.name)}"]
        return self._told(await self._issued(connection, source))

    def _saved_is_valid(self, keyring: Keyring, source: DossierSource | EventsSource) -> bool:
        saved = credential_file.read(self._settings, source.name)
        if saved is None or saved.secret is None:
            return False
        found = keyring.by_secret(saved.secret, datetime.now(UTC))
        user = source.user if isinstance(source, DossierSource) else None
        return found is not None and (found.source, found.username) == (source.name, user)

    async def _issued(self, connection: Connection, source: DossierSource | EventsSource) -> SavedCredential:
        until = await credential_table.valid_until(connection, self._grace)
        if isinstance(source, DossierSource):
            secret = await credential_table.issue(connection, source.name, "password", source.user, old_until=until)
            return SavedCredential(source.name, "password", username=source.user, password=secret)
        secret = await credential_table.issue(connection, source.name, "token", None, old_until=until)
        return SavedCredential(source.name, "token", token=secret)

    def _told(self, credential: SavedCredential, note: str = "") -> list[str]:
        shown = {"username": credential.username, "password": credential.password, "token": credential.token}
        lines = [f"{credential.source}: {key} {value}" for key, value in shown.items() if value is not None]
        if note:
            lines.append(f"{credential.source}: {note}")
        if self._save:
            lines.append(f"{credential.source}: saved in {credential_file.write(self._settings, credential)}")
        return lines


def _loaded(settings: Settings) -> Sources:
    return load_sources(settings, catalogue.load(settings.config_dir))
