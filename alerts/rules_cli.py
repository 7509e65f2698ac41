"""`ioc rules`: checks rules and routes before they are used."""

import asyncio
import os
from datetime import UTC, datetime
from enum import Enum, StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import asyncpg
import typer

from alerts.backtest.command import Asked, backtest
from alerts.channels.outcome import Surroundings
from alerts.escalation.ways import with_people
from alerts.receivers import make_receivers
from alerts.route_file import load_routing
from alerts.rule import Rule
from alerts.rule_file import load_rules
from alerts.rule_tests.command import run_tests
from alerts.sql_check import check_rules
from alerts.templates import Templates
from ioc_core.addresses import database_url
from ioc_core.db import connect
from ioc_core.errors import ConfigError, ConfigErrors, EngineError
from ioc_core.logs import configure_logging
from ioc_core.oncall import load_oncall
from ioc_core.settings import Settings

app = typer.Typer(help="Alerting rules and routes.", no_args_is_help=True)

_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, EngineError)


class Database(Enum):
    """Whether the SQL is checked against the database."""

    REQUIRED = "required"
    IF_REACHABLE = "if reachable"
    NO = "no"


class Form(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"


@app.callback()
def group() -> None:
    """Alerting rules and routes."""


@app.command("check")
def check(
    database: bool | None = typer.Option(
        None,
        "--database/--no-database",
        help="Check the SQL against the database; it is an error when it can't be reached (or never do). "
        "Without either: if it can be reached.",
    ),
) -> None:
    """Check config/rules and config/routes.yaml; print each wrong place as `file:line: …` and exit with 1."""
    settings = Settings()
    wanted = {True: Database.REQUIRED, False: Database.NO, None: Database.IF_REACHABLE}[database]
    problems, notes = asyncio.run(find_problems(settings, wanted))
    for note in notes:
        typer.echo(f"note: {note}")
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        typer.echo(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}", err=True)
        raise typer.Exit(1)
    typer.echo("ok")


@app.command("test")
def run(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files of tests; all in config/rules/tests when left out.")
    ] = None,
    min_coverage: float = typer.Option(0.0, min=0, max=100, help="Fail when fewer % of transitions were seen."),
) -> None:
    """Run timelines of events against the rules, in a database of their own; exit with 1 when one fails."""
    settings = Settings()
    configure_logging(settings.model_copy(update={"log_level": "error"}), "rules")
    if not asyncio.run(run_tests(settings, files or [], least_coverage=min_coverage, say=typer.echo)):
        raise typer.Exit(1)


@app.command("backtest")
def look_back(
    rule: Annotated[str, typer.Argument(help="Name of the rule.")],
    start: Annotated[str, typer.Option("--from", help="First instant; of the province's zone without an offset.")],
    end: Annotated[str, typer.Option("--to", help="Last instant.")],
    step: Annotated[str, typer.Option(help="How often it is evaluated.")] = "30s",
    longest: Annotated[str, typer.Option(help="Stop, and say what was found, after so long.")] = "30m",
    form: Annotated[Form, typer.Option("--format", help="How to say it.")] = Form.TEXT,
) -> None:
    """Say what a rule would have done on stored history; nothing is written. Exit with 1 when it was stopped."""
    asked = Asked(rule, start, end, step, longest)
    report = asyncio.run(backtest(Settings(), asked, datetime.now(UTC), lambda line: typer.echo(line, err=True)))
    if form is Form.JSON:
        typer.echo(report.json())
    else:
        for line in report.text():
            typer.echo(line)
    if report.replay.stopped:
        raise typer.Exit(1)


async def find_problems(settings: Settings, database: Database) -> tuple[list[str], list[str]]:
    """Return what is wrong, by file and line, and what an operator should know though it isn't wrong."""
    templates = Templates(ZoneInfo(settings.timezone))
    errors: list[ConfigError] = []
    notes: list[str] = []
    problems: list[str] = []
    rules: tuple[Rule, ...] = ()
    try:
        rules = load_rules(settings.config_dir, templates)
    except ConfigErrors as error:
        errors.extend(error.errors)
    try:
        around = Surroundings(os.environ, ZoneInfo(settings.timezone), settings.config_dir)
        routing = load_routing(settings.config_dir)
        oncall = load_oncall(settings.config_dir, around.timezone)
        receivers = with_people(make_receivers(routing, around), settings.config_dir, routing, oncall, around)
        notes.extend(receivers.notices)
        problems.extend(str(fault) for fault in around.texts.check(datetime.now(UTC)))
    except ConfigErrors as error:
        errors.extend(error.errors)
    if database is not Database.NO and rules:
        try:
            errors.extend(await _in_database(settings, rules, templates))
        except _AWAY as error:
            said = f"the SQL was not checked against the database: {error or type(error).__name__}"
            (problems if database is Database.REQUIRED else notes).append(said)
    ordered = sorted(errors, key=lambda error: (error.file, error.line or 0))
    return [str(error) for error in ordered] + problems, notes


async def _in_database(settings: Settings, rules: tuple[Rule, ...], templates: Templates) -> list[ConfigError]:
    connection = await connect(database_url(settings), application="rules-check")
    try:
        return await check_rules(connection, rules, templates)
    finally:
        await connection.close()
