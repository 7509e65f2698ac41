"""The outside: a real Prometheus that scrapes a gauge of the test and sends its alerts to us."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ioc_core.engine import free_port
from ioc_core.process import http_server

RULES = """
groups:
  - name: test
    rules:
      - alert: QueueLong
        expr: test_queue > 10
        labels: {severity: critical, unit: "22015"}
        annotations: {summary: "{{ $labels.queue }}: {{ $value }} chờ", runbook_url: "http://runbooks/queue"}
"""


class Prometheus:
    """Evaluates each second; `value` is what the next scrape finds."""

    def __init__(self) -> None:
        self.value = 0.0

    async def metrics(self, _: Request) -> Response:
        """Answer a scrape."""
        return PlainTextResponse(f'test_queue{{queue="giay-phep"}} {self.value}\n')


@contextlib.asynccontextmanager
async def prometheus(folder: Path, target: str, token: str) -> AsyncIterator[Prometheus]:
    """Run a Prometheus that sends its alerts to `target` (host:port) with a bearer token."""
    made = Prometheus()
    app = Starlette(routes=[Route("/metrics", made.metrics)])
    async with http_server(app, host="127.0.0.1", port=0) as port:
        folder.mkdir()  # noqa: ASYNC240 (a test's own folder)
        (folder / "token").write_text(token, encoding="utf-8")
        (folder / "rules.yml").write_text(dedent(RULES), encoding="utf-8")
        (folder / "prometheus.yml").write_text(
            dedent(f"""
            global: {{scrape_interval: 1s, evaluation_interval: 1s}}
            rule_files: [rules.yml]
            scrape_configs:
              - {{job_name: queue, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}
            alerting:
              alertmanagers:
                - static_configs: [{{targets: ["{target}"]}}]
                  authorization: {{credentials_file: token}}
            """),
            encoding="utf-8",
        )
        arguments = {
            "config.file": folder / "prometheus.yml",
            "storage.tsdb.path": folder / "data",
            "web.listen-address": f"127.0.0.1:{free_port()}",
            "rules.alert.resend-delay": "1s",
            "log.level": "warn",
        }
        process = await asyncio.create_subprocess_exec(
            "prometheus", *(f"--{name}={value}" for name, value in arguments.items()), stderr=asyncio.subprocess.PIPE
        )
        assert process.stderr is not None
        said = asyncio.create_task(process.stderr.read())
        try:
            yield made
            assert process.returncode is None, (await said).decode()
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
            await said
