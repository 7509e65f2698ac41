"""A replay as a command: looks whether the centre keeps such old facts, sends, waits, and compares the figures."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from ioc_core.errors import InputError
from ioc_core.settings import Settings
from simulator.credentials import Credential, wait_for_credential
from simulator.igate.client import FEED as IGATE
from simulator.igate.client import NationalClient
from simulator.position import PositionFile
from simulator.replay import screen
from simulator.replay.api import CentreApi
from simulator.replay.comparison import compare
from simulator.replay.feed import ReplayFeed, Sent
from simulator.replay.plan import Replay
from simulator.seeding import random_of
from simulator.systems.client import FEED as SYSTEMS
from simulator.systems.client import EventsClient

DOSSIER_SOURCE = "igate-replay"
SYSTEMS_SOURCE = "systems-replay"
SAMPLES_A_BODY = 5_000
SETTINGS = {
    "dossier": "IOC_RETENTION_DOSSIER_DAYS",
    "sample": "IOC_RETENTION_SAMPLES_DAYS",
    "rollup": "IOC_RETENTION_ROLLUP_DAYS",
}
"""Which setting says how long the centre keeps what a replay sends."""
SAY_EVERY = 3.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """Where the centre is. Without `api_token` the figures aren't compared."""

    ingest_url: str
    api_url: str
    api_token: str


def check_kept(replay: Replay, kept_since: dict[str, datetime], now: datetime) -> None:
    """Do nothing if a centre that keeps facts since these times keeps all of a replay.

    Raises:
        InputError: it wouldn't; says which settings to raise, and to what.
    """
    begin = datetime.fromtimestamp(replay.begin, UTC)
    short = {kind: name for kind, name in SETTINGS.items() if kept_since[kind] > begin}
    if short:
        days = (now - begin).days + 2
        kept = ", ".join(f"{kind}s since {kept_since[kind]:%Y-%m-%d}" for kind in short)
        raise InputError(
            "not_kept",
            f"{replay.report.name} begins on {replay.report.first}, and this centre keeps {kept}: nothing was sent."
            f" Set {', '.join(f'{name}={days}' for name in short.values())} for all its processes before its first"
            f" start with an empty database, or run `ioc up --replay {replay.report.name}`",
        )


class _Run:
    """One run of a replay against one centre. `api`: where its figures are asked for, if they are."""

    def __init__(self, replay: Replay, settings: Settings, options: Options, http: httpx.AsyncClient) -> None:
        self._replay = replay
        self._settings = settings
        self._dossiers = NationalClient(
            http,
            options.ingest_url,
            credential=self._credential_of(DOSSIER_SOURCE),
            agency=replay.agency,
            rng=random_of(replay.seed, "retry", IGATE),
        )
        self._systems = EventsClient(
            http,
            options.ingest_url,
            credential=self._credential_of(SYSTEMS_SOURCE),
            rng=random_of(replay.seed, "retry", SYSTEMS),
        )
        self._position = PositionFile(settings.data_dir, replay.report.name, replay.name)
        sources = (DOSSIER_SOURCE, SYSTEMS_SOURCE)
        self.api = CentreApi(http, options.api_url, options.api_token, sources) if options.api_token else None

    async def send(self, say: Say) -> Sent:
        """Send what the centre hasn't got yet; returns what was sent in this run."""
        replay = self._replay
        check_kept(replay, await self._systems.kept_since(), datetime.now(UTC))
        samples = replay.samples()
        refused = 0
        for start in range(0, len(samples), SAMPLES_A_BODY):
            refused += await self._systems.push_all(samples[start : start + SAMPLES_A_BODY])
        wire = await asyncio.to_thread(replay.wire)
        feed = ReplayFeed(wire, self._dossiers, position=self._position, since=replay.begin)
        after, again = await self._held(wire.codes(0, 1)[0].decode(), feed.in_flight)
        told = Pace(say)
        await feed.run(after=after, again=again, told=lambda sent: told(lambda: screen.sending(sent, replay.report)))
        feed.sent.messages += len(samples)
        feed.sent.rejected += refused
        return feed.sent

    async def _held(self, first: str, in_flight: int) -> tuple[int, int]:
        """The filing time before which the centre has everything, and how many dossiers from then on it may have.

        `first` is the code of the first dossier; an interrupted run has sent `in_flight` beyond its position.
        """
        held = self._position.read(since=self._replay.begin)
        every = self._replay.report.received
        if held is None:
            return 0, every if await self._dossiers.knows(first) else 0
        if await self._dossiers.knows(held.last) or await self._dossiers.knows(first):
            return held.until, in_flight
        self._position.forget()
        return 0, every

    def _credential_of(self, source: str) -> Callable[[], Awaitable[Credential]]:
        async def credential() -> Credential:
            return await wait_for_credential(self._settings.data_dir, source)

        return credential


class Pace:
    """Says what is new, at most every few seconds."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._said_at = time.monotonic()

    def __call__(self, text: Callable[[], str]) -> None:
        """Say `text()` if it is time."""
        if time.monotonic() - self._said_at >= SAY_EVERY:
            self._said_at = time.monotonic()
            self._say(text())


async def run_replay(replay: Replay, settings: Settings, options: Options, say: Say) -> bool:
    """Send a replay; return whether the centre took all of it and, if asked, gives the report's figures.

    Raises:
        InputError: the centre doesn't keep facts so old, or its API doesn't answer.
    """
    began = time.monotonic()
    async with httpx.AsyncClient(trust_env=False) as http:
        run = _Run(replay, settings, options, http)
        before = await run.api.stored() if run.api else None
        sent = await run.send(say)
        say(screen.sent(sent, seconds=time.monotonic() - began))
        if run.api is None or before is None:
            say(screen.how_to_compare(replay.report))
            return not sent.rejected
        target = before.total + sent.messages
        pace = Pace(say)
        await run.api.until_stored(target, lambda held: pace(lambda: screen.storing(target - held.total)))
        say(screen.stored(sent, seconds=time.monotonic() - began))
        figures = compare(replay.report, replay.cells, await run.api.answers(replay))
        say(screen.table(replay.report, figures))
        return not sent.rejected and all(figure.agrees for figure in figures)
