"""Collectors in a running ingest: this host's metrics, its logs, and the probes' schedule."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import psutil

from ingest.collectors.host import HostMeter
from ioc_core.catalogue import Catalogue
from ioc_core.engine import free_port
from ioc_core.events import Event, ProbeResult, Rejected, Sample, SecurityEvent
from ioc_core.settings import Settings
from tests.ingest.conftest import running_ingest, written_sources


def sources_text(log: Path, closed: int) -> str:
    return f"""\
sources:
  - {{name: host, kind: host, title: Máy chủ, system: ioc, interval: 1s, mounts: [/, /no/such/mount]}}
  - {{name: logs, kind: logs, title: Nhật ký, files: ["{log}", /no/such/file.log]}}
  - name: services
    kind: probes
    title: Dịch vụ
    interval: 1s
    timeout: 500ms
    targets:
      - {{name: ingest, kind: http, url: "{{ingest}}/healthz"}}
      - {{name: closed, kind: tcp, host: 127.0.0.1, port: {closed}}}
"""


async def test_all_collectors_together(centre: Settings, shipped: Catalogue, tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    log.write_text("Jan  1 00:00:00 h old: line\n", encoding="utf-8")
    sources = written_sources(tmp_path, sources_text(log, free_port()), shipped, centre)
    line = "sshd[1]: Failed password for root from 203.0.113.9 port 1 ssh2"
    async with running_ingest(centre, shipped, sources, collect=True) as ingest:
        await asyncio.sleep(0.5)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"2026-01-01T00:00:00+07:00 h {line}\n" * 3)
        events: list[Event] = []
        async with asyncio.timeout(15):
            while True:
                events += await ingest.all_events(quiet=0.5)
                kinds = {type(event) for event in events}
                if {Sample, SecurityEvent, ProbeResult} <= kinds and sum(
                    isinstance(e, ProbeResult) for e in events
                ) > 3:
                    break
    samples = {event.metric for event in events if isinstance(event, Sample)}
    assert {"node_memory_MemAvailable_bytes", "node_load1", "node_filesystem_avail_bytes"} <= samples
    assert {event.labels["system"] for event in events if isinstance(event, Sample)} == {"ioc"}
    lines = [event for event in events if isinstance(event, SecurityEvent)]
    assert [event.source_ip for event in lines] == ["203.0.113.9"] * 3
    assert len({event.event_id for event in lines}) == 3
    probes = [event for event in events if isinstance(event, ProbeResult)]
    assert {(event.target, event.success) for event in probes} == {("ingest", True), ("closed", False)}
    assert not [event for event in events if isinstance(event, Rejected)]


async def test_a_log_is_read_on_after_a_restart(centre: Settings, shipped: Catalogue, tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    log.write_text("", encoding="utf-8")
    text = f'sources:\n  - {{name: logs, kind: logs, title: x, files: ["{log}"]}}\n'
    sources = written_sources(tmp_path, text, shipped, centre)
    found: list[str] = []
    for turn in range(3):
        async with running_ingest(centre, shipped, sources, collect=True) as ingest:
            if turn == 0:
                await asyncio.sleep(0.3)
            with log.open("a", encoding="utf-8") as file:
                file.write(f"h app: while running {turn}\n")
            found += [event.message for event in await ingest.events(SecurityEvent, 1 if turn == 0 else 2)]
        with log.open("a", encoding="utf-8") as file:
            file.write(f"h app: while stopped {turn}\n")
    assert [text.removeprefix("h app: ") for text in found] == [
        "while running 0",
        "while stopped 0",
        "while running 1",
        "while stopped 1",
        "while running 2",
    ]


def test_the_host_is_measured_in_base_units_of_the_catalogue(shipped: Catalogue) -> None:
    meter = HostMeter(("/", "/no/such/mount"))
    sum(number * number for number in range(200_000))
    readings = list(meter.read())
    found = {metric: value for metric, labels, value in readings if labels.get("mountpoint", "/") == "/"}
    assert found["node_memory_MemTotal_bytes"] == psutil.virtual_memory().total
    assert 0 <= found["node_cpu_utilization_ratio"] <= 1
    assert found["node_boot_time_seconds"] == psutil.boot_time()
    described = {name for name in shipped.metrics if name.startswith("node_")}
    assert described <= set(found) | {"node_disk_read_bytes_total", "node_disk_written_bytes_total"} | {
        "node_network_receive_bytes_total",
        "node_network_transmit_bytes_total",
    }
    labels = [(metric, tuple(sorted(labels.items()))) for metric, labels, _ in readings]
    assert len(labels) == len(set(labels))


async def test_prometheus_accepts_the_metrics(centre: Settings, shipped: Catalogue, tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    assert promtool is not None, "promtool is not installed (Debian's package prometheus)"
    sources = written_sources(tmp_path, "sources: []\n", shipped, centre)
    async with running_ingest(centre, shipped, sources) as ingest:
        await ingest.client.post("/v1/events", content=b"[]")
        text = (await ingest.client.get("/metrics")).content
    checked = await asyncio.to_thread(
        lambda: subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
    assert b"ioc_push_requests_total" in text
