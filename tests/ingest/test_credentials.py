"""Credentials of sources: recognised, expired, rotated, and issued by the command."""

import json
import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.credential_store import CredentialStore
from ingest.credential_table import issue, valid_credentials
from ingest.credentials import Credential, Keyring, hash_secret, open_session
from ingest.database import Database
from ingest.push.rate import Strangers, TokenBucket
from ioc_core.db import Pool
from ioc_core.settings import Settings
from tests.processes import run

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
OLD = Credential(1, "one-stop", "password", "motcua", hash_secret("secret"), b"k" * 32, None)
ENDING = Credential(2, "one-stop", "password", "motcua", hash_secret("old"), b"l" * 32, NOW + timedelta(minutes=5))
RING = Keyring([OLD, ENDING])


def test_passwords_and_tokens() -> None:
    assert RING.by_password("motcua", "secret", NOW) == OLD
    assert RING.by_password("motcua", "wrong", NOW) is None
    assert RING.by_password("another", "secret", NOW) is None
    assert RING.by_secret("secret", NOW) == OLD
    assert RING.by_secret("old", NOW) == ENDING
    assert RING.by_secret("old", NOW + timedelta(minutes=5)) is None


def test_a_session_lasts_as_long_as_it_says_and_as_its_credential() -> None:
    token = open_session(OLD, NOW, seconds=1800)
    assert RING.by_session(token, NOW + timedelta(seconds=1799)) == OLD
    assert RING.by_session(token, NOW + timedelta(seconds=1800)) is None
    assert Keyring([ENDING]).by_session(token, NOW) is None
    ending = open_session(ENDING, NOW, seconds=1800)
    assert RING.by_session(ending, NOW + timedelta(minutes=6)) is None


def test_a_session_cannot_be_prolonged_or_moved() -> None:
    token = open_session(OLD, NOW, seconds=60)
    prefix, number, until, signature = token.split(".")
    for forged in (
        f"{prefix}.{number}.{int(until) + 1}.{signature}",
        f"{prefix}.2.{until}.{signature}",
        f"{prefix}.{number}.{until}.{signature[:-1]}",
        f"{prefix}.{number}.{until}.",
        f"s2.{number}.{until}.{signature}",
        f"{prefix}.{number}.{'9' * 30}.{signature}",
    ):
        assert RING.by_session(forged, NOW) is None


@given(text=st.text())
def test_no_text_raises(text: str) -> None:
    assert RING.by_session(text, NOW) is None
    assert RING.by_session(f"s1.{text}", NOW) is None
    assert RING.by_secret(text, NOW) is None
    assert RING.by_password(text, "secret", NOW) is (OLD if text == "motcua" else None)


async def test_rotation_leaves_the_old_one_for_its_grace(each_pool: Pool) -> None:
    async with each_pool.acquire() as connection:
        now = await connection.fetchval("SELECT now()")
        first = await issue(connection, "a", "token", None, old_until=now)
        second = await issue(connection, "a", "token", None, old_until=now + timedelta(hours=1))
        other = await issue(connection, "b", "password", "b", old_until=now)
        ring = Keyring(await valid_credentials(connection))
        assert [ring.by_secret(secret, now) is not None for secret in (first, second, other)] == [True] * 3
        assert ring.by_secret(first, now + timedelta(hours=1)) is None
        third = await issue(connection, "a", "token", None, old_until=now - timedelta(seconds=1))
        ring = Keyring(await valid_credentials(connection))
        known = [ring.by_secret(secret, now) is not None for secret in (first, second, third, other)]
        assert known == [False, False, True, True]
        stored = await connection.fetch("SELECT * FROM source_credentials")
    assert not [secret for secret in (first, second, third, other) if secret.encode() in repr(stored).encode()]


async def test_what_was_known_serves_while_the_database_is_away(centre: Settings, pool: Pool) -> None:
    async with pool.acquire() as connection:
        secret = await issue(connection, "a", "token", None, old_until=NOW)
    database = Database(centre)
    store = CredentialStore(database, centre)
    store.load_copy()
    assert store.keyring is None
    await store.refresh()
    await database.close()
    away = centre.model_copy(update={"database_url": None})
    later = CredentialStore(Database(away), away)
    later.load_copy()
    await later.refresh()
    assert later.keyring is not None
    assert later.keyring.by_secret(secret, datetime.now(UTC)) is not None
    copy = centre.data_dir / "run" / "source-credentials.json"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert secret not in copy.read_text(encoding="utf-8")


def test_a_bucket_lets_bursts_pass_and_then_its_rate() -> None:
    bucket = TokenBucket(rate=10, burst=100)
    assert bucket.wait(0.0) == 0
    bucket.spend(150)
    assert bucket.wait(0.0) == pytest.approx(5.1)
    assert bucket.wait(4.0) == pytest.approx(1.1)
    assert bucket.wait(5.1) == 0


def test_who_fails_too_often_is_not_listened_to_for_a_while() -> None:
    strangers = Strangers(per_minute=3, addresses=2)
    for _ in range(3):
        assert strangers.wait("a", 0.0) == 0
        strangers.failed("a", 0.0)
    assert strangers.wait("a", 0.0) > 0
    assert strangers.wait("b", 0.0) == 0
    assert strangers.wait("a", 60.0) == 0
    for address in ("b", "c"):
        strangers.failed(address, 61.0)
    assert strangers.wait("a", 61.0) == 0  # forgotten: only so many addresses are remembered


class Command:
    """`ioc source …` in an own process, with the settings of a centre."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        sources = folder / "more"
        sources.mkdir()
        (sources / "more.yaml").write_text(
            "sources:\n  - {name: idesk, kind: push, title: iDesk}\n"
            "  - {name: firewalls, kind: syslog, title: Tường lửa, addresses: [10.1.0.0/16]}\n",
            encoding="utf-8",
        )
        database = settings.database_url
        self._environment = os.environ | {
            "IOC_DATABASE_URL": "" if database is None else database.get_secret_value(),
            "IOC_DATA_DIR": str(settings.data_dir),
            "IOC_EXTRA_SOURCES": str(sources),
        }

    def run(self, *arguments: str) -> tuple[int, str]:
        done = run("source", *arguments, env=self._environment)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def command(settings: Settings, tmp_path: Path) -> Command:
    """The command, with two more sources and no database."""
    return Command(settings, tmp_path)


def saved(settings: Settings, source: str) -> dict[str, str]:
    path = settings.data_dir / "credentials" / f"{source}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_the_command_issues_rotates_and_saves(centre: Settings, tmp_path: Path) -> None:
    command = Command(centre, tmp_path)
    code, output = command.run("credentials", "igate")
    assert code == 0
    assert re.fullmatch(r"igate: username igate\nigate: password \S{43}\n", output)
    code, output = command.run("credentials", "igate")
    assert (code, "--rotate" in output) == (1, True)
    assert command.run("credentials", "igate", "--rotate", "--grace", "1h", "--save")[0] == 0
    first = saved(centre, "igate")
    assert first | {"password": ""} == {"source": "igate", "kind": "password", "username": "igate", "password": ""}
    code, output = command.run("credentials", "--all", "--save", "--if-missing")
    assert (code, "10.1.0.0/16" in output) == (0, True)
    assert saved(centre, "igate") == first
    assert saved(centre, "idesk")["kind"] == "token"
    assert saved(centre, "firewalls") == {"source": "firewalls", "kind": "address"}
    token = saved(centre, "idesk")
    assert command.run("credentials", "--all", "--save", "--if-missing")[0] == 0
    assert saved(centre, "idesk") == token


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["credentials"], "name one source", id="no source"),
        pytest.param(["credentials", "nobody"], "no source is called", id="an unknown source"),
        pytest.param(["credentials", "ioc-host"], "needs no credential", id="a collector"),
        pytest.param(["credentials", "igate", "--grace", "soon"], "is not a duration", id="a wrong grace"),
    ],
)
def test_wrong_usage_is_told(command: Command, arguments: list[str], said: str) -> None:
    code, output = command.run(*arguments)
    assert (code, said in " ".join(output.replace("│", " ").split())) == (2, True), output


def test_check_and_list(command: Command, tmp_path: Path) -> None:
    code, output = command.run("list")
    assert (code, "firewalls" in output, "Tường lửa" in output) == (0, True, True)
    assert command.run("check") == (0, "6 sources, all well described\n")
    (tmp_path / "more" / "wrong.yaml").write_text("sources:\n  - {name: x}\n", encoding="utf-8")
    code, output = command.run("check")
    assert (code, "wrong.yaml:2: sources[0]" in output) == (1, True)
