"""What `ioc rules test` does: reads the files, runs them in a scratch database, says how it went."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.route_file import load_routing
from alerts.rule import Rule
from alerts.rule_file import FOLDER as RULES
from alerts.rule_file import load_rules
from alerts.rule_tests.centre import Setting
from alerts.rule_tests.coverage import coverage
from alerts.rule_tests.file import FOLDER, load_timelines
from alerts.rule_tests.running import Tester
from alerts.rule_tests.scratch import scratch_database
from alerts.rule_tests.timeline import Timeline
from alerts.rule_tests.world import FactStore, open_world
from alerts.templates import Templates
from ioc_core.errors import ConfigError, ConfigErrors, EngineError
from ioc_core.oncall import load_oncall
from ioc_core.settings import Settings


def test_files(config_dir: Path, given: Sequence[Path]) -> list[Path]:
    """Return the files given, or all in `config_dir`/rules/tests. Raises: ConfigErrors when there is none."""
    folder = config_dir / RULES / FOLDER
    found = list(given) or sorted(folder.glob("*.yaml"))
    if not found:
        raise ConfigErrors([ConfigError(file=str(folder), line=None, what="folder", reason="has no *.yaml file")])
    return found


@dataclass(frozen=True, slots=True)
class Suite:
    """Timelines, the rules that they test, and what config/ says beside these. `counted`: rules of the coverage."""

    timelines: Sequence[Timeline]
    rules: Sequence[Rule]
    counted: Sequence[Rule]
    setting: Setting
    config_dir: Path


def load_suite(settings: Settings, given: Sequence[Path]) -> Suite:
    """Return the tests of the files given, or of all; coverage counts the rules that are tested in the files given.

    Raises:
        ConfigErrors: a file is wrong; each place is named.
    """
    timezone = ZoneInfo(settings.timezone)
    templates = Templates(timezone)
    rules = load_rules(settings.config_dir, templates)
    timelines = load_timelines(test_files(settings.config_dir, given), [rule.alert for rule in rules], timezone)
    setting = Setting(
        load_routing(settings.config_dir), load_oncall(settings.config_dir, timezone), timezone, templates
    )
    tested = {name for timeline in timelines for name in timeline.rules}
    counted = [rule for rule in rules if not given or rule.alert in tested]
    return Suite(timelines, rules, counted, setting, settings.config_dir)


async def run_tests(
    settings: Settings, given: Sequence[Path], *, least_coverage: float, say: Callable[[str], None]
) -> bool:
    """Run the tests in a database made for them; return as `run_suite`.

    Raises:
        ConfigErrors: a file is wrong; each place is named. EngineError: there is no database to be had.
    """
    suite = load_suite(settings, given)
    async with scratch_database(settings) as dsn:
        return await run_suite(suite, dsn, least_coverage=least_coverage, say=say)


async def run_suite(suite: Suite, dsn: str, *, least_coverage: float, say: Callable[[str], None]) -> bool:
    """Return whether all tests passed, none is vacuous, and the coverage is high enough.

    The database is a migrated one with the catalogue; what else it holds is deleted.
    """
    seen: set[tuple[str, str]] = set()
    failed = 0
    async with open_world(dsn, _fact_store(suite.config_dir, suite.setting.zone)) as world:
        tester = Tester(world, suite.rules, suite.setting)
        for timeline in suite.timelines:
            outcome = await tester.run(timeline)
            seen |= outcome.seen
            failed += bool(outcome.failures)
            say(f"{'FAILED' if outcome.failures else 'ok'}  {timeline.place.file}: {timeline.name}")
            for failure in outcome.failures:
                say(str(failure))
    covered = coverage(suite.counted, seen)
    for line in covered.lines():
        say(line)
    say(f"{len(suite.timelines)} tests, {failed} failed")
    if covered.percent < least_coverage:
        say(f"coverage is under {least_coverage:g} %")
    return not failed and covered.percent >= least_coverage


def _fact_store(config_dir: Path, timezone: ZoneInfo) -> FactStore:
    for point in entry_points(group="ioc.facts"):
        store: FactStore = point.load()(config_dir, timezone)
        return store
    raise EngineError("nobody here can store events (no entry point ioc.facts): install the whole package")
