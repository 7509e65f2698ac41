"""Commands of `ioc alerts` for channels and texts: test-channel, preview-template."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from alerts.channel_test import Tried, try_channels
from alerts.channels.outcome import Surroundings
from alerts.escalation.ways import with_people
from alerts.message import MOST_ALERTS, Status
from alerts.receivers import Receivers, make_receivers
from alerts.route_file import Routing, load_routing
from alerts.texts import PARTS, Texts
from alerts.texts.preview import preview
from alerts.texts.sample import sample
from alerts.texts.source import Language
from ioc_core.addresses import database_url
from ioc_core.db import connect
from ioc_core.oncall import OnCall, load_oncall
from ioc_core.settings import Settings


def surroundings(settings: Settings) -> Surroundings:
    """Return what channels are made from: the environment, the texts, and the database for tokens."""
    return Surroundings(
        os.environ,
        ZoneInfo(settings.timezone),
        settings.config_dir,
        lambda: connect(database_url(settings), application="alerts-channel"),
    )


def receivers_of(settings: Settings, routing: Routing, oncall: OnCall) -> Receivers:
    """Return the channels of all receivers and people. Raises: ConfigErrors."""
    around = surroundings(settings)
    return with_people(make_receivers(routing, around), settings.config_dir, routing, oncall, around)


def send_test(
    receiver: Annotated[str, typer.Argument(help="A receiver of routes.yaml, or person:NAME of oncall.yaml.")],
    channel: Annotated[str | None, typer.Option(help="Only this channel, e.g. telegram/1.")] = None,
) -> None:
    """Send a test message now and print what the other side answered; exit with 1 unless every channel accepted it."""
    settings = Settings()
    tried = asyncio.run(_tried(settings, receiver, channel))
    for one in tried:
        typer.echo(f"{one.channel}: {'accepted' if one.accepted else 'NOT accepted'}: {one.said}")
    if not all(one.accepted for one in tried):
        raise typer.Exit(1)


def preview_template(
    what: Annotated[str, typer.Argument(help=f"A file in config/templates, or a part: {', '.join(PARTS)}.")],
    language: Annotated[Language, typer.Option(help="Of the text.")] = "vi",
    template: Annotated[str | None, typer.Option(help="As a channel would name it.")] = None,
    status: Annotated[Status, typer.Option(help="Of the alerts.")] = "firing",
    alerts: Annotated[int, typer.Option(min=1, max=MOST_ALERTS, help="How many alerts the message tells of.")] = 1,
) -> None:
    """Print what a template makes of a made-up message; name what is wrong by file and line and exit with 1."""
    settings = Settings()
    told = sample(
        datetime.now(UTC),
        receiver="preview",
        status=status,
        alerts=alerts,
        console_url=f"{settings.wall_address}/console",
    )
    texts = Texts(ZoneInfo(settings.timezone), settings.config_dir)
    typer.echo(preview(texts, what, told, language, template))


async def _tried(settings: Settings, receiver: str, channel: str | None) -> list[Tried]:
    routing, oncall = load_routing(settings.config_dir), load_oncall(settings.config_dir, ZoneInfo(settings.timezone))
    receivers = receivers_of(settings, routing, oncall)
    try:
        now, console_url = datetime.now(UTC), f"{settings.wall_address}/console"
        return await try_channels(receivers, receiver, channel, now=now, console_url=console_url)
    finally:
        await receivers.close()
