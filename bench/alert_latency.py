"""From an event's publication to the accepted webhook call, with 500 rules loaded, beside Prometheus' own."""

import asyncio
import random
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from bench import prometheus
from bench.engines import ROOT, Engines, command, engines
from bench.result import Result
from bench.webhook import Receiver, receiver
from ioc_core.bus import connect_bus
from ioc_core.db import create_pool
from ioc_core.engine import free_port
from ioc_core.events import SecurityEvent, encode_batches
from ioc_core.settings import Settings

EVENTS = 200
PROMETHEUS_EVENTS = 30
RULES = 500
BUDGET_MS = 250.0
_HEARD_WITHIN = 60.0
_FLOODS = "  flood_over: 20\n"
_RULE = """      - alert: Extra{number}
        expr: >-
          SELECT {columns}, count(*) AS value FROM {view} WHERE {condition} GROUP BY {columns}
        severity: 3
        annotations: {{summary: "{number}"}}
"""
# As the province would spread them: most rules look at things that don't change with this event.
_KINDS = (
    ("v_open_dossiers", "unit", "overdue AND status = {number}"),
    ("v_probes", "target", "NOT success AND kind = 'kind-{number}'"),
    ("v_series", "metric", "metric = 'metric_{number}' AND value > 1"),
    ("v_security_events", "host_name", "observed_at > now() - interval '5 minutes' AND rule_name = 'rule-{number}'"),
)


def configuration(folder: Path) -> Path:
    """Return a folder with the shipped configuration and `RULES` more rules.

    `flood_over` is off: as shipped, more than 20 in a minute would be told of in one message.
    """
    config = folder / "config"
    shutil.copytree(ROOT / "config", config)
    routes = config / "routes.yaml"
    text = routes.read_text(encoding="utf-8")
    if _FLOODS not in text:
        raise ValueError(f"{routes}: {_FLOODS!r} isn't there any more")
    routes.write_text(text.replace(_FLOODS, ""), encoding="utf-8")
    rules = []
    for number in range(RULES):
        view, columns, condition = _KINDS[number % len(_KINDS)]
        rules.append(
            _RULE.format(number=number, columns=columns, view=view, condition=condition.format(number=number))
        )
    text = "groups:\n  - name: extra\n    interval: 5m\n    rules:\n" + "".join(rules)
    (config / "rules" / "extra.yaml").write_text(text, encoding="utf-8")
    return config


def event(number: int, at: datetime) -> SecurityEvent:
    """Return a critical security event of a host of its own."""
    return SecurityEvent(
        source="bench",
        observed_at=at,
        received_at=at,
        event_id=f"bench-{number}",
        event_category="malware",
        event_severity=95,
        message="bench",
        host_name=f"host-{number}",
        rule_name="bench",
    )


async def latencies(running: Engines, phone: Receiver) -> list[float]:
    """Return seconds from the publication of each of `EVENTS` events, at random moments, to its webhook call."""
    dice = random.Random(1)
    environment = running.environment(
        {
            "IOC_CONFIG_DIR": str(configuration(running.folder)),
            "IOC_ALERT_WEBHOOK_URL": phone.url,
            "IOC_WRITE_PORT": str(free_port()),
            "IOC_ALERTS_PORT": str(free_port()),
        }
    )
    bus = await connect_bus(Settings(), url=running.nats_url, name="bench")
    with command("write", environment), command("alerts", environment):
        await _until_evaluated(running)
        began: dict[str, float] = {}
        for number in range(EVENTS):
            began[f"host-{number}"] = time.perf_counter()
            await bus.publish_events("bench", encode_batches([event(number, datetime.now(UTC))]))
            await asyncio.sleep(dice.uniform(0.1, 0.5))
        heard = await asyncio.to_thread(phone.wait, list(began), within=_HEARD_WITHIN)
    await bus.close()
    return [heard[host] - began[host] for host in began]


async def _until_evaluated(running: Engines) -> None:
    async with await create_pool(running.database_url, application="bench", size=1) as pool:
        async with asyncio.timeout(120):
            evaluated = 0
            while evaluated < RULES:
                await asyncio.sleep(0.2)
                evaluated = await pool.fetchval("SELECT count(ok_at) FROM rule_evaluations")
    await asyncio.sleep(2)


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that `share` of all don't exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


async def measure() -> list[Result]:
    """Measure both, one after the other, on the same machine."""
    with receiver() as phone:
        async with engines() as running:
            ours = await latencies(running, phone)
            folder = running.folder / "prometheus"
            folder.mkdir()
            theirs = await asyncio.to_thread(prometheus.latencies, folder, phone, PROMETHEUS_EVENTS)
    note = f"{RULES} rules more than shipped; {running.edition}"
    return [
        Result(f"event → webhook, p{round(share * 100)}", percentile(ours, share) * 1000, "ms",
               "Prometheus + Alertmanager, 1 s/1 s/0 s", percentile(theirs, share) * 1000, note=note)
        for share in (0.5, 0.99)
    ] + [
        Result("event → webhook, p99, the budget", percentile(ours, 0.99) * 1000, "ms", budget=BUDGET_MS,
               at_least=False, note=note),
    ]  # fmt: skip
