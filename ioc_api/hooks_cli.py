"""`ioc hooks`: the mappings of inbound webhooks, checked and tried without a running centre."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ioc_api.alertmanager import external_file
from ioc_api.hooks import hook_file, mapping
from ioc_core.errors import IocError
from ioc_core.settings import Settings

app = typer.Typer(help="Inbound webhooks: check the mappings, try one.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Inbound webhooks."""


@app.command()
def check() -> None:
    """Check config/hooks/*.yaml and list the hooks; every wrong place by file and line."""
    for name, hook in hook_file.load(Settings().config_dir).items():
        model = hook.model
        proof = f"token in {model.token_env}" if model.token_env else "a token with send-alerts"
        if model.signature is not None:
            proof = f"signature in {model.signature.header}, secret in {model.signature.secret_env}"
        typer.echo(f"{name}\t{hook.file}:{hook.line}\t{proof}")


@app.command("try")
def try_hook(
    name: Annotated[str, typer.Argument(help="Name of the hook.")],
    file: Annotated[Path, typer.Argument(help="A file with a body as the system posts it.", exists=True)],
) -> None:
    """Print the alerts that a hook would make of a body; nothing is sent or stored."""
    config_dir = Settings().config_dir
    hooks = hook_file.load(config_dir)
    if name not in hooks:
        raise IocError(f"there is no hook {name}; there are: {', '.join(hooks) or 'none'}")
    now = datetime.now(UTC)
    body = mapping.decode(file.read_bytes())
    found = mapping.mapped(hooks[name], body, external_file.load(config_dir), now=now)
    for alert in found.alerts:
        status = f"firing until {alert.ends_at:%Y-%m-%d %H:%M} UTC" if alert.ends_at > now else "resolved"
        typer.echo(f"P{alert.severity} {alert.rule}: {status}")
        for title, pairs in (("label", alert.labels), ("annotation", alert.annotations)):
            for key, value in pairs.items():
                if value:
                    typer.echo(f"  {title} {key}: {value}")
    typer.echo(f"{len(found.alerts)} alerts, {found.ignored} ignored")
