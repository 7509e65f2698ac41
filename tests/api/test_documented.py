"""The documentation says what the code does: routes, permissions, messages, values, metrics."""

import re
from typing import Any

import msgspec
import pytest
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry, generate_latest
from ruamel.yaml import YAML

from ioc_api.access import declared_permission
from ioc_api.accounts.roles import GRANTS, Permission, Role
from ioc_api.feed.frames import DeltaMessage, Heartbeat, Resumed, Snapshot
from ioc_api.instruments import Instruments
from ioc_api.routes import ROUTERS
from ioc_core import live
from tests.conftest import ROOT

API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
FEED = (ROOT / "docs" / "feed.md").read_text(encoding="utf-8")
ASYNCAPI: dict[str, Any] = YAML(typ="safe").load((ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8"))


def test_every_route_stands_in_the_table_with_its_permission() -> None:
    documented = set(re.findall(r"^\| `(\w+) (/(?:api/v1|api/v2|a)/\S+)` \| (\S+) \|", API, re.MULTILINE))
    actual = set()
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            permission = declared_permission(route)
            assert permission is not None
            shown = "–" if permission is Permission.PUBLIC else f"`{permission}`"
            actual |= {(method, route.path, shown) for method in route.methods or ()}
    assert documented == actual


def test_the_table_of_roles_is_the_code() -> None:
    head = re.search(r"^\| permission \|(.*)\|$", API, re.MULTILINE)
    assert head is not None
    roles = [Role(name.strip()) for name in head[1].split("|")]
    granted: dict[Role, set[Permission]] = {role: {Permission.PUBLIC} for role in roles}
    for line in re.findall(r"^\| (`[a-z-]+`.*)\|$", API, re.MULTILINE):
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != len(roles) + 1:
            continue
        for name in re.findall(r"`([a-z-]+)`", cells[0]):
            for role, cell in zip(roles, cells[1:], strict=True):
                if cell == "✓":
                    granted[role].add(Permission(name))
    assert granted == {role: set(permissions) for role, permissions in GRANTS.items()}


@pytest.mark.parametrize(
    "kind",
    [
        Snapshot,
        DeltaMessage,
        Heartbeat,
        Resumed,
        live.Tile,
        live.AlarmSummary,
        live.SourceHealth,
        live.AlertGroup,
        live.UnitState,
        live.SystemState,
        live.SourceState,
        live.RecentDossier,
    ],
    ids=lambda kind: str(kind.__name__),
)
def test_every_message_and_value_is_described_field_by_field(kind: type[msgspec.Struct]) -> None:
    described = ASYNCAPI["components"]["schemas"][kind.__name__]["properties"]
    tag = {"type"} if kind.__struct_config__.tag is not None else set()
    assert set(described) == {field.name for field in msgspec.structs.fields(kind)} | tag


def test_every_topic_is_described() -> None:
    topics = {topic.value for topic in live.Topic}
    assert set(ASYNCAPI["components"]["schemas"]["Topic"]["enum"]) == topics
    assert set(ASYNCAPI["components"]["schemas"]["Snapshot"]["properties"]["state"]["properties"]) == topics
    assert all(f"`{topic}`" in FEED for topic in topics)


def test_every_metric_of_ours_is_named() -> None:
    registry = CollectorRegistry()
    Instruments(registry)
    names = set(re.findall(r"^# TYPE (\w+)", generate_latest(registry).decode(), re.MULTILINE))
    missing = {name for name in names if not name.endswith("_created") and f"`{name}`" not in API}
    assert missing == set()
