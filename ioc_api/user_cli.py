"""`ioc user`: accounts of people, and the check of the audit log."""

import re
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from ioc_api.accounts.register import Register
from ioc_api.accounts.roles import Role
from ioc_api.register_access import with_register
from ioc_core.errors import InputError, StorageError

app = typer.Typer(help="Accounts of people.", no_args_is_help=True)

_EXPECTED = re.compile(r"(\d+):([0-9a-f]{64})")

Name = Annotated[str, typer.Argument(help="The user's name: lower-case letters, digits, '.', '_', '-'.")]


@app.callback()
def group() -> None:
    """Accounts of people."""


@app.command()
def bootstrap() -> None:
    """Create the first administrator and the wall's kiosk token where there are none. Safe to run again."""
    for path in with_register(lambda register: register.bootstrap(now=datetime.now(UTC))):
        typer.echo(path)


@app.command()
def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the user may do.")],
    scope: Annotated[str | None, typer.Option(help="A unit's code: that unit and all below; without: all.")] = None,
    full_name: Annotated[str, typer.Option(help="As people write it.")] = "",
) -> None:
    """Create an account; the password is asked for, or read from standard input."""
    password = _password()

    async def work(register: Register) -> None:
        await register.create_user(name, password, role=role, scope=scope, full_name=full_name, now=datetime.now(UTC))

    with_register(work)


@app.command()
def password(name: Name) -> None:
    """Give a user another password (asked for, or read from standard input) and end the user's sessions."""
    new = _password()
    with_register(lambda register: register.set_password(name, new, now=datetime.now(UTC)))


@app.command("list")
def list_users() -> None:
    """Print every account: name, role, scope, state, full name."""
    for user in with_register(lambda register: register.users()):
        state = "active" if user.disabled_at is None else f"disabled {user.disabled_at:%Y-%m-%d}"
        typer.echo("\t".join((user.name, user.role, user.scope or "-", state, user.full_name)))


@app.command()
def disable(name: Name) -> None:
    """Lock a user out, at once."""
    with_register(lambda register: register.disable_user(name, now=datetime.now(UTC)))


@app.command("verify-audit")
def verify_audit(
    expect: Annotated[
        str | None, typer.Option(help="SEQ:HASH noted earlier (printed by this command, and in the logs).")
    ] = None,
) -> None:
    """Check the hash chain of the audit log; print its last SEQ:HASH, or where it is broken (exit status 1)."""
    expected: tuple[int, str] | None = None
    if expect is not None:
        match = _EXPECTED.fullmatch(expect)
        if match is None:
            raise InputError("expect", f"--expect is SEQ:HASH, got {expect!r}")
        expected = (int(match[1]), match[2])
    verdict = with_register(lambda register: register.verify_audit(expected))
    if verdict.broken_at is not None:
        raise StorageError(f"audit log: row {verdict.broken_at}: {verdict.reason}")
    typer.echo(f"{verdict.rows}:{verdict.head}" if verdict.rows else "the audit log is empty")


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
