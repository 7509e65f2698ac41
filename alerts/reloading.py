"""Edited configuration is taken over while the engine runs; what is broken is refused, and the old one stays."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import asyncpg
import structlog

from alerts.leader import Centre
from alerts.metrics import Metrics
from alerts.receivers import Receivers
from alerts.route_file import Routing, load_routing
from alerts.rule import Rule
from alerts.rule_changes import RuleChanges, rule_changes
from alerts.rule_file import load_rules
from ioc_core.errors import ConfigError, ConfigErrors, EngineError
from ioc_core.oncall import OnCall, load_oncall

log = structlog.get_logger(__name__)

LOOK_EVERY = 1.0
LONGEST_DELIVERY = 60.0
"""Seconds that a delivery under way may still need its channel."""
FILES = ("routes.yaml", "oncall.yaml", "maintenance.ics")
"""Beside rules/*.yaml: the files of config/ whose change makes the engine read all of them anew."""
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, EngineError)

CheckSql = Callable[[list[Rule]], Awaitable[list[ConfigError]]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the newest files aren't in use: each problem is `file:line: what: why`."""

    at: datetime
    problems: tuple[str, ...]


@dataclass(slots=True)
class Files:
    """The configuration that holds, for whoever leads: replaced as a whole. `moved` is set with every change here."""

    centre: Centre
    loaded_at: datetime
    renamed: dict[str, str] = field(default_factory=dict)  # of the last change
    refusal: Refusal | None = None
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def refused(self) -> tuple[datetime, Sequence[str]] | None:
        """As `alerts.leader.Files` has it."""
        return None if self.refusal is None else (self.refusal.at, self.refusal.problems)

    def refuse(self, problems: Sequence[ConfigError]) -> None:
        """Say why the newest files aren't in use; what is in use stays."""
        said = tuple(map(str, sorted(problems, key=lambda error: (error.file, error.line or 0))))
        self.refusal = Refusal(self.refusal.at if self.refusal is not None else self.centre.clock(), said)
        self.centre.metrics.files_in_use.set(0)
        for problem in said:
            log.error("configuration_refused", problem=problem)
        self.moved.set()

    async def note(self) -> str | None:
        """Return what an operator should know, for /readyz; None: the newest files are in use."""
        if self.refusal is None:
            return None
        return f"edited files are refused, the old ones are in use: {'; '.join(self.refusal.problems)}"


def digest(config_dir: Path) -> str:
    """Return what tells one content of the files from another; a file that can't be read counts as such."""
    seen = hashlib.blake2b(digest_size=16)
    for path in (*sorted((config_dir / "rules").glob("*.yaml")), *(config_dir / name for name in FILES)):
        try:
            content = path.read_bytes()
        except OSError as error:
            content = f"unreadable: {error.errno}".encode()
        for part in (str(path).encode(), content):
            seen.update(len(part).to_bytes(8, "big") + part)
    return seen.hexdigest()


class Reloader:
    """Looks at the files each second. `read` makes the new configuration of them, given the present one.

    `check_sql` asks the database what it thinks of rules that are new or changed; `keep` is called when files are
    taken over.
    """

    def __init__(
        self,
        files: Files,
        config_dir: Path,
        *,
        read: Callable[[Centre], Centre],
        check_sql: CheckSql,
        keep: Callable[[], None],
    ) -> None:
        self.files = files
        self._config_dir = config_dir
        self._read = read
        self._check_sql = check_sql
        self._keep = keep
        self._known = ""  # of what was read last, whether it was refused or not
        self._looked = ""

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.look()

    async def look(self) -> None:
        """Look once: files that are as they were a look ago, but not as they were read last, are read."""
        found = await asyncio.to_thread(digest, self._config_dir)
        settled, self._looked = found == self._looked, found
        if found == self._known or not settled:
            return
        try:
            centre = await asyncio.to_thread(self._read, self.files.centre)
            changes = rule_changes(self.files.centre.rules, centre.rules)
            asked = {*changes.added, *changes.changed, *changes.renamed.values()}
            problems = await self._check_sql([rule for rule in centre.rules if rule.alert in asked])
        except ConfigErrors as error:
            problems = list(error.errors)
        except _AWAY as error:
            log.warning("rules_wait_for_the_database", error=str(error) or type(error).__name__)
            return
        if await asyncio.to_thread(digest, self._config_dir) != found:
            return  # they changed meanwhile: the next look sees it
        self._known = found
        if problems:
            self.files.refuse(problems)
        else:
            self._accept(centre, changes)
            await asyncio.to_thread(self._keep)

    def _accept(self, centre: Centre, changes: RuleChanges) -> None:
        files, before = self.files, self.files.centre
        if _content(centre) == _content(before):
            if files.refusal is not None:
                files.refusal = None  # put back as it was
                in_use(before.metrics, files.loaded_at)
                files.moved.set()
            return
        files.centre, files.renamed, files.refusal = centre, changes.renamed, None
        files.loaded_at = centre.clock()
        in_use(centre.metrics, files.loaded_at)
        log.info(
            "configuration_reloaded", rules=len(centre.rules), added=changes.added, removed=changes.removed,
            changed=changes.changed, renamed=changes.renamed,
        )  # fmt: skip
        files.moved.set()


def in_use(metrics: Metrics, at: datetime) -> None:
    """Tell that the newest files are in use since `at`."""
    metrics.files_in_use.set(1)
    metrics.files_loaded.set(at.timestamp())


def read_again(config_dir: Path, centre: Centre, receivers_of: Callable[[Routing, OnCall], Receivers]) -> Centre:
    """Return `centre` with what the files say now; channels stay as they are while routes and people do.

    Raises:
        ConfigErrors: a file is wrong; each place in each file is named.
    """
    errors: list[ConfigError] = []
    rules, routing, oncall = centre.rules, centre.routing, centre.oncall
    try:
        rules = load_rules(config_dir, centre.templates)
    except ConfigErrors as error:
        errors.extend(error.errors)
    try:
        routing = load_routing(config_dir)
    except ConfigErrors as error:
        errors.extend(error.errors)
    try:
        oncall = load_oncall(config_dir, centre.zone)
    except ConfigErrors as error:
        errors.extend(error.errors)
    if errors:
        raise ConfigErrors(errors)
    if (routing, oncall) == (centre.routing, centre.oncall):
        return replace(centre, rules=rules)
    return replace(centre, rules=rules, routing=routing, oncall=oncall, receivers=receivers_of(routing, oncall))


async def announce(files: Files) -> None:
    """Say for ever which channels work, whenever the receivers are others; those of before are then closed."""
    announced: Receivers | None = None
    while True:
        receivers = files.centre.receivers
        if receivers is not announced:
            _say(files.centre.metrics, receivers)
            if announced is not None:
                await asyncio.sleep(LONGEST_DELIVERY)
                await announced.close()
            announced = receivers
        await asyncio.sleep(LOOK_EVERY)


def _say(metrics: Metrics, receivers: Receivers) -> None:
    metrics.channel_enabled.clear()
    for receiver, channel in receivers.channels:
        metrics.channel_enabled.labels(receiver, channel).set(1)
    for (receiver, channel), reason in receivers.disabled.items():
        metrics.channel_enabled.labels(receiver, channel).set(0)
        log.warning("channel_disabled", receiver=receiver, channel=channel, reason=reason)
    for notice in receivers.notices:
        log.info("channel_notice", notice=notice)


def _content(centre: Centre) -> tuple[object, ...]:
    return (centre.rules, centre.routing, centre.oncall)
