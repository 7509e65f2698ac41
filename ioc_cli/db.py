"""`ioc db`: migrations, and the catalogues' mirror in the database."""

import asyncio

import typer

from ioc_core import calendar_file, catalogue
from ioc_core.addresses import database_url
from ioc_core.db import applied_versions, connect, migrate
from ioc_core.db.catalogue_sync import sync_catalogue
from ioc_core.logs import configure_logging
from ioc_core.settings import Settings

app = typer.Typer(help="The database: migrations.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The database: migrations."""


@app.command("migrate")
def migrate_command() -> None:
    """Bring the database up to date and mirror config/ into it. Safe to run twice and from several processes."""
    settings = Settings()
    configure_logging(settings, "db")
    done = asyncio.run(bring_up_to_date(settings))
    typer.echo("\n".join(done) if done else "up to date")


@app.command("status")
def status() -> None:
    """Print the migrations that the database has."""
    versions = asyncio.run(applied_versions(database_url(Settings())))
    for version, name in versions.items():
        typer.echo(f"{version:04} {name}")


async def bring_up_to_date(settings: Settings) -> list[str]:
    """Migrate, then mirror the catalogues; return the names of the migrations that were applied.

    Raises:
        ConfigErrors: a file of config/ is wrong (nothing was changed). StorageError: see `migrate`.
    """
    loaded = catalogue.load(settings.config_dir)
    calendar = calendar_file.load(settings.config_dir)
    rules = calendar_file.load_clock_rules(settings.config_dir)
    dsn = database_url(settings)
    done = await migrate(dsn)
    connection = await connect(dsn, application="migrate")
    try:
        await sync_catalogue(connection, loaded, calendar, rules)
    finally:
        await connection.close()
    return done
