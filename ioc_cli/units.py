"""`ioc units`: takes over what an office exports, lists what no catalogue knows, and maps it again."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ioc_cli.units_mapping import Listed, as_csv, days, guess_text, list_unmapped, remap_dossiers, remap_report
from ioc_cli.units_report import SHOWN, report
from ioc_core import catalogue
from ioc_core.errors import IocError
from ioc_core.logs import configure_logging
from ioc_core.settings import Settings
from ioc_core.units_import.boundary_changes import DECIMALS, ShapeChoices
from ioc_core.units_import.cells import COLUMNS, read_cell
from ioc_core.units_import.importer import Request, plan
from ioc_core.units_import.matching import Properties
from ioc_core.units_import.staging import replace
from ioc_core.units_import.unit_changes import Choices

app = typer.Typer(help="The units: import, and mapping of what sources write.", no_args_is_help=True)

_DAY = "%Y-%m-%d"


@app.callback()
def group() -> None:
    """The units: import, and mapping of what sources write."""


@app.command("import")
def import_command(
    files: Annotated[list[Path], typer.Argument(help="Units or aliases (CSV), boundaries (GeoJSON).")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    headings: Annotated[
        list[str] | None, typer.Option("--map", metavar="COLUMN=HEADING", help="Which heading is a column.")
    ] = None,
    defaults: Annotated[
        list[str] | None, typer.Option("--default", metavar="COLUMN=VALUE", help="Of units that are added.")
    ] = None,
    add: Annotated[bool, typer.Option("--add/--no-add", help="Add units that the catalogue doesn't have.")] = True,
    clear_empty: Annotated[
        bool, typer.Option("--clear-empty", help="An empty cell takes a value away, instead of saying nothing.")
    ] = False,
    end_missing: Annotated[
        datetime | None, typer.Option(formats=[_DAY], help="Last day of the units that the files don't name.")
    ] = None,
    on: Annotated[datetime | None, typer.Option(formats=[_DAY], help="Names are those of this day; today.")] = None,
    code_property: Annotated[str | None, typer.Option(help="GeoJSON: which property is the unit's code.")] = None,
    name_property: Annotated[str | None, typer.Option(help="GeoJSON: which property is its name.")] = None,
    swapped: Annotated[bool, typer.Option("--swapped", help="GeoJSON: the file has the latitude first.")] = False,
    decimals: Annotated[int, typer.Option(min=3, max=9, help="GeoJSON: digits of a degree that stay.")] = DECIMALS,
    everything: Annotated[bool, typer.Option("--all", help="Lists in full.")] = False,
) -> None:
    """Take units, boundaries and aliases over into config/, or say why not.

    Exit status: 0 done (or, with --dry-run, possible), 1 nothing was written because something is wrong, 2 usage.
    """
    settings = Settings()
    day = on.date() if on is not None else datetime.now(ZoneInfo(settings.timezone)).date()
    columns, values = _pairs("--map", headings), _pairs("--default", defaults)
    request = Request(
        files={str(path): _bytes(path) for path in files},
        columns=columns,
        units=Choices(
            on=day,
            defaults={column: read_cell(column, value) for column, value in values.items()},
            add=add,
            clear_empty=clear_empty,
            end_missing=None if end_missing is None else end_missing.date(),
        ),
        shapes=ShapeChoices(day, Properties(code_property, name_property), swapped=swapped, decimals=decimals),
    )
    outcome = plan(settings.config_dir, request)
    for line in report(outcome, limit=None if everything else SHOWN):
        typer.echo(line)
    if outcome.errors:
        for error in outcome.errors:
            typer.echo(str(error), err=True)
        typer.echo(f"{len(outcome.errors)} wrong, nothing was written", err=True)
        raise typer.Exit(1)
    if dry_run or not outcome.texts:
        typer.echo("nothing was written (--dry-run)" if outcome.texts else "nothing to change")
        return
    backups = replace(settings.config_dir, outcome.texts)
    typer.echo(f"written: {', '.join(str(settings.config_dir / name) for name in outcome.texts)}")
    if backups:
        typer.echo(f"as it was before: {', '.join(map(str, backups))}")
    typer.echo("It holds from the next start of the centre; `ioc units remap` then maps what came in before.")


@app.command("unmapped")
def unmapped_command(
    as_file: Annotated[
        bool, typer.Option("--csv", help="As rows for aliases.csv, to be completed and imported.")
    ] = False,
    guesses: Annotated[int, typer.Option(min=0, max=20, help="Guesses for each text.")] = 3,
) -> None:
    """List what sources write of units and procedures and no catalogue knows, with what it may mean."""
    settings = Settings()
    zone = ZoneInfo(settings.timezone)
    listed = asyncio.run(list_unmapped(settings, catalogue.load(settings.config_dir), guesses=guesses))
    if as_file:
        sys.stdout.write(as_csv(listed, zone))
        return
    Console(width=None if sys.stdout.isatty() else 180).print(_table(listed, zone))
    typer.echo(f"{len(listed)} texts; ioc units unmapped --csv > new.csv, complete it, then ioc units import new.csv")


@app.command("remap")
def remap_command(
    again: Annotated[
        list[str] | None, typer.Option("--again", metavar="TEXT", help="A unit's text that was mapped wrongly.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Give dossiers that came in unmapped the unit and procedure that their texts mean by now.

    Restart `ioc ingest` first, so that what comes in from now on is mapped too.
    """
    settings = Settings()
    configure_logging(settings.model_copy(update={"log_level": "error"}), "units")
    told = asyncio.run(remap_dossiers(settings, again or [], dry_run=dry_run))
    for line in remap_report(told, dry_run=dry_run):
        typer.echo(line)
    if told.bus:
        typer.echo(f"the bus can't be reached ({told.bus}): screens follow within a minute")


def _table(listed: list[Listed], zone: ZoneInfo) -> Table:
    table = Table()
    for heading in ("kind", "text", "dossiers", "open", "filed", "source", "perhaps"):
        table.add_column(heading, overflow="fold", justify="right" if heading in {"dossiers", "open"} else "left")
    for one in listed:
        found = one.found
        text = found.text if found.name in {"", found.text} else f"{found.text}\n{found.name}"
        cells = (found.kind.value, text, str(found.dossiers), str(found.open_dossiers), days(found, zone))
        guesses = "\n".join(map(guess_text, one.guesses)) or "–"
        table.add_row(*map(Text, (*cells, ", ".join(found.sources), guesses)))
    return table


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise IocError(f"{path}: {error.strerror or error}") from error


def _pairs(option: str, texts: list[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts or ():
        column, sign, value = (part.strip() for part in text.partition("="))
        if not sign or not value or column not in COLUMNS:
            raise typer.BadParameter(f"{option} {text!r}: write COLUMN=…, with one of {', '.join(COLUMNS)}")
        pairs[column] = value
    return pairs
