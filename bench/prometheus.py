"""The yardstick of alerting: Prometheus and Alertmanager, tuned to 1 s / 1 s / 0 s."""

import contextlib
import random
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from bench.webhook import Receiver
from ioc_core.engine import free_port

_PROMETHEUS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alertmanager}']}}]}}]}}
scrape_configs: [{{job_name: bench, metrics_path: /, static_configs: [{{targets: ['{target}']}}]}}]
"""
_RULES = "groups: [{name: g, interval: 1s, rules: [{alert: GaugeHigh, expr: bench_gauge > 10}]}]\n"
_ALERTMANAGER = """
route: {{receiver: r, group_by: [host], group_wait: 0s, group_interval: 1s, repeat_interval: 4h}}
receivers: [{{name: r, webhook_configs: [{{url: '{url}'}}]}}]
"""
_READY_WITHIN = 30.0
_HEARD_WITHIN = 20.0


@contextlib.contextmanager
def _running(folder: Path, receiver: Receiver) -> Iterator[None]:
    prometheus, alertmanager = free_port(), free_port()
    target = receiver.url.removeprefix("http://").rstrip("/")
    (folder / "prometheus.yml").write_text(_PROMETHEUS.format(alertmanager=alertmanager, target=target))
    (folder / "rules.yml").write_text(_RULES)
    (folder / "alertmanager.yml").write_text(_ALERTMANAGER.format(url=receiver.url))
    commands = (
        ["prometheus-alertmanager", "--config.file=alertmanager.yml", f"--storage.path={folder}/alertmanager",
         f"--web.listen-address=127.0.0.1:{alertmanager}", "--cluster.listen-address="],
        ["prometheus", "--config.file=prometheus.yml", f"--storage.tsdb.path={folder}/prometheus",
         f"--web.listen-address=127.0.0.1:{prometheus}"],
    )  # fmt: skip
    with contextlib.ExitStack() as stack:
        for command in commands:
            stack.enter_context(_process(command, folder))
        for port in (alertmanager, prometheus):
            _until_ready(f"http://127.0.0.1:{port}/-/ready")
        yield


@contextlib.contextmanager
def _process(command: list[str], folder: Path) -> Iterator[None]:
    with (
        (folder / f"{command[0]}.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process,
    ):
        try:
            yield
        finally:
            process.terminate()
            process.wait(10)


def _until_ready(url: str) -> None:
    deadline = time.perf_counter() + _READY_WITHIN
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            if time.perf_counter() > deadline:
                raise
            time.sleep(0.1)


def latencies(folder: Path, receiver: Receiver, count: int) -> list[float]:
    """Return seconds from a gauge's change to the webhook call, for `count` changes at random moments."""
    dice = random.Random(1)
    hosts = [f"prometheus-{number}" for number in range(count)]
    receiver.gauges = dict.fromkeys(hosts, 0.0)
    with _running(folder, receiver):
        time.sleep(3)
        began = {}
        for host in hosts:
            began[host] = time.perf_counter()
            receiver.gauges[host] = 11.0
            time.sleep(dice.uniform(0.3, 0.9))
        heard = receiver.wait(hosts, within=_HEARD_WITHIN)
    return [heard[host] - began[host] for host in hosts]
