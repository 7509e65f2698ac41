"""`ioc rules check`: what only the database can know, and the command itself."""

import os
import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.rule_file import load_rules
from alerts.sql_check import check_rules
from alerts.templates import Templates
from ioc_core.db import Pool
from tests.alerts.conftest import ROUTES
from tests.conftest import CONFIG
from tests.processes import run

TEMPLATES = Templates(ZoneInfo("Asia/Ho_Chi_Minh"))
GOOD = """\
groups:
  - name: test
    rules:
      - alert: SystemDown
        expr: |
          SELECT target, unit_name, 1 AS value,
                 2 AS grade
          FROM v_probes
          WHERE NOT success
        severity: grade
        details: [unit_name]
        wake: |
          SELECT min(observed_at)
          FROM v_probes
        annotations:
          summary: "{{ target }} {{ unit_name }}"
"""

CASES = [
    ("a column that doesn't exist", "unit_name, 1 AS", "unit_nam, 1 AS",
     ['a.yaml:6: expr: column "unit_nam" does not exist (Perhaps you meant to reference the column '
      '"v_probes.unit_name".)']),
    ("broken SQL, in its own line", "WHERE NOT success", "WHERE NOT NOT success =",
     ['a.yaml:10: expr: syntax error at or near ")"']),
    ("a function that may not be called", "WHERE NOT success", "WHERE pg_read_file('/etc/passwd') <> ''",
     ["a.yaml:6: expr: permission denied for function pg_read_file"]),
    ("no value", "1 AS value", "1 AS one", ["a.yaml:6: expr: has no column named value"]),
    ("a value that is text", "1 AS value", "'1'::text AS value",
     ["a.yaml:6: expr: column value must be a number, is text"]),
    ("no column of the severity", "2 AS grade", "2 AS level",
     ["a.yaml:6: expr: has no column grade, which severity names"]),
    ("a severity that is text", "2 AS grade", "'2'::text AS grade",
     ["a.yaml:6: expr: column grade must be a whole number, is text"]),
    ("a detail that isn't there", "details: [unit_name]", "details: [unit_name, hosts]",
     ["a.yaml:6: expr: has no column hosts, which details names"]),
    ("an identity that changes", "SELECT target,", "SELECT target, changed_at,",
     ["a.yaml:6: expr: column changed_at is timestamptz, which can't identify an alert: list it under details"]),
    ("a column twice", "SELECT target,", "SELECT target, source AS target,",
     ["a.yaml:6: expr: gives column target twice"]),
    ("a name in a text that isn't there", "{{ target }}", "{{ targte }}",
     ["a.yaml:4: SystemDown: annotations.summary: uses 'targte', which is neither a column nor a label"]),
    ("a wake that isn't an instant", "min(observed_at)", "count(*)",
     ["a.yaml:13: wake: must give one timestamptz, gives count (int8)"]),
    ("a wake that is broken", "SELECT min(observed_at)\n          FROM v_probes", "SELECT min(observed_at)\n"
     "          FROM v_probes WHERE", ["a.yaml:14: wake: syntax error at end of input"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "complaints"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
async def test_a_fault_that_only_the_database_knows_is_named(
    alert_pool: Pool, tmp_path: Path, old: str, new: str, complaints: list[str]
) -> None:
    assert old in GOOD
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(GOOD.replace(old, new), encoding="utf-8")
    async with alert_pool.acquire() as connection:
        errors = await check_rules(connection, load_rules(tmp_path, TEMPLATES), TEMPLATES)
        assert await connection.fetchval("SELECT current_user <> 'ioc_rules'")
    assert [str(error).removeprefix(f"{tmp_path}/rules/") for error in errors] == complaints


@pytest.mark.parametrize("table", ["alerts", "dossiers", "users", "source_credentials", "notifications"])
async def test_the_role_of_rules_sees_no_tables(alert_pool: Pool, table: str) -> None:
    async with alert_pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE ioc_rules")
        allowed = await connection.fetchval("SELECT has_table_privilege(to_regclass($1), 'SELECT')", table)
    assert allowed is False


def check(config: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`ioc rules check` as an operator calls it."""
    environment = {"PATH": os.environ["PATH"], "IOC_CONFIG_DIR": str(config), **environment}
    return run("rules", "check", *arguments, env=environment)


@pytest.mark.slow
def test_the_command_prints_each_problem_and_fails(tmp_path: Path, both_databases: dict[str, str]) -> None:
    (tmp_path / "rules").mkdir()
    rules = tmp_path / "rules" / "a.yaml"
    rules.write_text(GOOD.replace("unit_name, 1 AS", "nothing, 1 AS"), encoding="utf-8")
    (tmp_path / "routes.yaml").write_text(ROUTES, encoding="utf-8")
    database = {"IOC_DATABASE_URL": both_databases["plain"]}

    done = check(tmp_path, "--database", PHONE_URL="http://127.0.0.1/", **database)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f'{rules}:6: expr: column "nothing" does not exist', "1 problem"]

    away = {"IOC_DATABASE_URL": "postgresql://ioc@127.0.0.1:1/ioc"}
    done = check(tmp_path, **away)
    assert done.returncode == 0, done.stderr
    assert "the SQL was not checked against the database" in done.stdout
    assert "channel webhook/0 of receiver 'phone' is disabled: PHONE_URL isn't set" in done.stdout
    assert check(tmp_path, "--database", **away).returncode == 1

    rules.write_text(GOOD, encoding="utf-8")
    (tmp_path / "routes.yaml").write_text(ROUTES.replace("group_wait: 0s", "group_wait: soon"), encoding="utf-8")
    done = check(tmp_path, "--no-database")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path}/routes.yaml:2: route.group_wait 'soon': is not a duration")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["timescaledb", "plain"])
def test_the_shipped_rules_and_routes_are_right(both_databases: dict[str, str], engine: str) -> None:
    done = check(CONFIG, "--database", IOC_DATABASE_URL=both_databases[engine])
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("ok\n")
