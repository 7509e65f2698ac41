"""What the centre consists of: each component's command, address, health and place in the order of stopping."""

import sys
from dataclasses import dataclass

from ioc_core.settings import Settings


@dataclass(frozen=True, slots=True)
class Component:
    """One process of the centre.

    `health_url` answers 200 while it lives, `ready_url` when it can work. Components of a lower `stop_stage` are
    stopped first: what takes input, then what works on it.
    """

    name: str
    title: str
    command: tuple[str, ...]
    address: str
    port: int
    health_url: str
    ready_url: str
    stop_stage: int


def components(
    settings: Settings, *, demo: bool, rate: float, since: str, replay: bool = False
) -> tuple[Component, ...]:
    """Return the components in the order of the start-up table.

    A centre for a `replay` of the past watches nothing of this machine, and calls nobody.
    """
    collecting = ("--no-collectors",) if replay else ()
    found = [
        _component(
            "ingest",
            "Push endpoints" if replay else "Collectors and push endpoints",
            settings.ingest_port,
            stage=0,
            settings=settings,
            arguments=collecting,
        ),
        _component("write", "Writer", settings.write_port, stage=1, settings=settings),
        _component("alerts", "Alert engine", settings.alerts_port, stage=1, settings=settings),
        _component("api", "API and live feed", settings.api_port, stage=1, settings=settings),
        _component("wall", "Screens", settings.wall_port, stage=0, settings=settings),
    ]
    if replay:
        found = [component for component in found if component.name != "alerts"]
    if demo:
        arguments = ("--since", since, "--rate", f"{rate:g}")
        found.append(
            _component(
                "simulate",
                "Simulated province",
                settings.simulator_port,
                stage=0,
                settings=settings,
                arguments=arguments,
            )
        )
    return tuple(found)


def _component(
    name: str, title: str, port: int, *, stage: int, settings: Settings, arguments: tuple[str, ...] = ()
) -> Component:
    host = "127.0.0.1" if settings.bind in {"0.0.0.0", "::"} else settings.bind  # noqa: S104 - compared, not bound
    address = f"http://{host}:{port}"
    health, ready = ("/_stcore/health", "/_stcore/health") if name == "wall" else ("/healthz", "/readyz")
    return Component(
        name=name,
        title=title,
        command=(sys.executable, "-m", "ioc_cli", name, *arguments),
        address=address,
        port=port,
        health_url=address + health,
        ready_url=address + ready,
        stop_stage=stage,
    )
