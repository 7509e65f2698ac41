"""What `ioc rules test` does: reads the files, runs them in a scratch database, says how it went."""

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.route_file import load_routing
from alerts.rule_file import FOLDER as RULES
from alerts.rule_file import load_rules
from alerts.rule_tests.centre import FactStore, Setting, open_world
from alerts.rule_tests.coverage import coverage
from alerts.rule_tests.file import FOLDER, load_timelines
from alerts.rule_tests.running import Tester
from alerts.rule_tests.scratch import scratch_database
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


async def run_tests(
    settings: Settings, given: Sequence[Path], *, least_coverage: float, say: Callable[[str], None]
) -> bool:
    """Run the tests; return whether all passed, none is vacuous, and the coverage is high enough.

    Raises:
        ConfigErrors: a file is wrong; each place is named. EngineError: there is no database to be had.
    """
    timezone = ZoneInfo(settings.timezone)
    templates = Templates(timezone)
    rules = load_rules(settings.config_dir, templates)
    timelines = load_timelines(test_files(settings.config_dir, given), [rule.alert for rule in rules], timezone)
    setting = Setting(
        load_routing(settings.config_dir), load_oncall(settings.config_dir, timezone), timezone, templates
    )
    seen: set[tuple[str, str]] = set()
    failed = 0
    async with scratch_database(settings) as dsn, open_world(dsn, _fact_store(settings.config_dir)) as world:
        tester = Tester(world, rules, setting)
        for timeline in timelines:
            outcome = await tester.run(timeline)
            seen |= outcome.seen
            failed += bool(outcome.failures)
            say(f"{'FAILED' if outcome.failures else 'ok'}  {timeline.place.file}: {timeline.name}")
            for failure in outcome.failures:
                say(str(failure))
    tested = {name for timeline in timelines for name in timeline.rules}
    covered = coverage([rule for rule in rules if not given or rule.alert in tested], seen)
    for line in covered.lines():
        say(line)
    say(f"{len(timelines)} tests, {failed} failed")
    if covered.percent < least_coverage:
        say(f"coverage is under {least_coverage:g} %")
    return not failed and covered.percent >= least_coverage


def _fact_store(config_dir: Path) -> FactStore:
    for point in entry_points(group="ioc.facts"):
        store: FactStore = point.load()(config_dir)
        return store
    raise EngineError("nobody here can store events (no entry point ioc.facts): install the whole package")
