"""`ioc units unmapped` and `ioc units remap`: what they print and write."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from ioc_core import calendar_file, catalogue, dossier_clock
from ioc_core.addresses import database_url, nats_url
from ioc_core.bus import Bus, connect_bus
from ioc_core.catalogue import AliasKind, Catalogue
from ioc_core.catalogue.guesses import Guess, Guesser
from ioc_core.db import connect
from ioc_core.db.catalogue_sync import sync_catalogue
from ioc_core.db.remap import Remapped, Resolver, remap, survey
from ioc_core.db.unmapped import UnmappedText, unmapped_texts
from ioc_core.errors import BusError, EngineError
from ioc_core.live import SUBJECT_CHANGED, Changed, Facts, encode
from ioc_core.settings import Settings
from ioc_core.units_import.alias_changes import COLUMNS, cell_of

SURE = 0.85
"""A guess this good, so far ahead of the next, is written into the column `code`: still somebody's to check."""
AHEAD = 0.1
_BUS_WAIT = 2.0


class Listed(Struct, frozen=True):
    """A text that isn't mapped, and what it may mean, the best guess first."""

    found: UnmappedText
    guesses: list[Guess]


async def list_unmapped(settings: Settings, known: Catalogue, *, guesses: int) -> list[Listed]:
    """Return every text that isn't mapped, of most dossiers first.

    Raises:
        EngineError: the database's address isn't known. OSError: it doesn't answer.
    """
    connection = await connect(database_url(settings), application="units")
    try:
        texts = await unmapped_texts(connection)
    finally:
        await connection.close()
    guesser = Guesser(known)
    zone = ZoneInfo(settings.timezone)
    return [Listed(text, _guesses(guesser, text, zone, guesses)) for text in texts]


def _guesses(guesser: Guesser, found: UnmappedText, zone: ZoneInfo, limit: int) -> list[Guess]:
    if found.kind is AliasKind.PROCEDURE:
        return guesser.procedures(found.text, found.name, limit=limit)
    first, last = (at.astimezone(zone).date() for at in (found.first_filed_at, found.last_filed_at))
    return guesser.units(found.text, first, last, limit=limit)


def as_csv(listed: Sequence[Listed], zone: ZoneInfo) -> str:
    """Return rows of aliases.csv to be completed: `code` where one guess is clearly the best, the others in `note`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in listed:
        found = one.found
        writer.writerow((found.kind.value, cell_of(found.text), clear_guess(one.guesses), "", "", _note(one, zone)))
    return text.getvalue()


def clear_guess(guesses: Sequence[Guess]) -> str:
    """Return the code of a guess that leaves little doubt, else ""; a successor is always somebody's decision."""
    if not guesses or guesses[0].score < SURE or guesses[0].because:
        return ""
    return guesses[0].code if len(guesses) == 1 or guesses[0].score - guesses[1].score >= AHEAD else ""


def _note(one: Listed, zone: ZoneInfo) -> str:
    found = one.found
    count = "1 dossier" if found.dossiers == 1 else f"{found.dossiers} dossiers"
    parts = [f"{count} of {days(found, zone)} from {' '.join(found.sources)}"]
    parts += [f"named {found.name}"] if found.name not in {"", found.text} else []
    parts += [f"perhaps {guess_text(guess)}" for guess in one.guesses]
    return "; ".join(parts)


def days(found: UnmappedText, zone: ZoneInfo) -> str:
    """Return the first and last day of filing."""
    first, last = (at.astimezone(zone).date().isoformat() for at in (found.first_filed_at, found.last_filed_at))
    return first if first == last else f"{first} to {last}"


def guess_text(guess: Guess) -> str:
    """Return a guess in a few words."""
    return f"{guess.code} {guess.name} {guess.score:.2f}" + (f" ({guess.because})" if guess.because else "")


class Told(Struct, frozen=True):
    """What a remapping did; `bus` says why the screens weren't told, "" if they were."""

    done: Remapped
    left: int
    bus: str = ""


async def remap_dossiers(settings: Settings, again: Sequence[str], *, dry_run: bool) -> Told:
    """Mirror config/ into the database, then give dossiers the units and procedures that their texts mean by it.

    Raises:
        ConfigErrors: a file of config/ is wrong. EngineError, OSError: the database isn't there.
    """
    known = catalogue.load(settings.config_dir)
    calendar = calendar_file.load(settings.config_dir)
    rules = calendar_file.load_clock_rules(settings.config_dir)
    clock = dossier_clock.load(settings.config_dir)
    resolver = Resolver(known, ZoneInfo(settings.timezone), again)
    connection = await connect(database_url(settings), application="units")
    try:
        if not dry_run:
            await sync_catalogue(connection, known, calendar, rules)
        codes, found = await survey(connection, resolver, again)
        if dry_run or not codes:
            return Told(found, len(await unmapped_texts(connection)))
        async with _Notices(settings) as notices:
            done = await remap(connection, codes, resolver=resolver, clock=clock, committed=notices.tell)
        return Told(done, len(await unmapped_texts(connection)), notices.trouble)
    finally:
        await connection.close()


class _Notices:
    """Tells LIVE that dossiers have changed, as long as the bus answers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bus: Bus | None = None
        self.trouble = ""

    async def __aenter__(self) -> "_Notices":
        try:
            self._bus = await connect_bus(self._settings, url=nats_url(self._settings), name="units", wait=_BUS_WAIT)
        except (BusError, EngineError) as error:
            self.trouble = str(error)
        return self

    async def tell(self) -> None:
        """Publish a notice of now."""
        if self._bus is None:
            return
        notice = encode(Changed(frozenset({Facts.DOSSIERS}), datetime.now(UTC)))
        try:
            await self._bus.publish_live(SUBJECT_CHANGED, notice)
        except BusError as error:
            self.trouble = str(error)

    async def __aexit__(self, *_: object) -> None:
        if self._bus is not None:
            await self._bus.close()


def remap_report(told: Told, *, dry_run: bool) -> Iterator[str]:
    """Yield the lines of what was done, or would be."""
    for mapped, count in told.done.by_text.most_common():
        yield f"{mapped.kind} {mapped.text} → {mapped.code or 'not mapped any more'}: {count}"
    yield f"dossiers that {'would change (--dry-run)' if dry_run else 'changed'}: {told.done.dossiers}"
    yield f"texts that are not mapped: {told.left}"
