"""`ioc token`: tokens of machines and screens."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from ioc_api.accounts.register import Register
from ioc_api.accounts.roles import Role
from ioc_api.register_access import with_register

app = typer.Typer(help="Tokens of machines and screens.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What the token is called.")]


@app.callback()
def group() -> None:
    """Tokens of machines and screens."""


@app.command()
def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="What its holder may do; kiosk: only watch; sender: only send alerts.")],
    scope: Annotated[str | None, typer.Option(help="A unit's code: that unit and all below; without: all.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="How long it holds; without: until revoked.")] = None,
) -> None:
    """Create a token and print it, once."""
    now = datetime.now(UTC)
    expires_at = None if days is None else now + timedelta(days=days)

    async def work(register: Register) -> str:
        return await register.create_token(name, role=role, scope=scope, expires_at=expires_at, now=now)

    typer.echo(with_register(work))


@app.command("list")
def list_tokens() -> None:
    """Print every token without its secret: name, role, scope, state, who made it."""
    now = datetime.now(UTC)
    for token in with_register(lambda register: register.tokens()):
        state = "live"
        if token.revoked_at is not None:
            state = f"revoked {token.revoked_at:%Y-%m-%d}"
        elif token.expires_at is not None:
            state = f"{'expired' if token.expires_at <= now else 'until'} {token.expires_at:%Y-%m-%d}"
        typer.echo("\t".join((token.name, token.role, token.scope or "-", state, token.created_by)))


@app.command()
def revoke(name: Name) -> None:
    """End a token; whoever uses it is cut off within a minute."""
    with_register(lambda register: register.revoke_token(name, now=datetime.now(UTC)))
