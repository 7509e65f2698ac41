"""Deny by default: every route of the application, against everybody who may knock."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import InvalidStatus

from ioc_api.access import check_routes, declared_permission
from ioc_api.accounts.principals import Credential, Principal
from ioc_api.accounts.roles import GRANTS, Permission, Role
from ioc_api.accounts.secrets import TokenKind
from ioc_api.instruments import Instruments
from ioc_api.paths import FEED
from ioc_api.service import Service
from ioc_core.errors import IocError
from tests.api.conftest import PASSWORD, Centre, register

TABLE = """
                 kiosk sender viewer leader on-call operator admin
public           yes   yes    yes    yes    yes     yes      yes
signed-in        yes   yes    yes    yes    yes     yes      yes
watch            yes   no     yes    yes    yes     yes      yes
own-password     no    no     yes    yes    yes     yes      yes
read             no    no     yes    yes    yes     yes      yes
read-security    no    no     no     yes    yes     yes      yes
read-rejected    no    no     no     no     no      yes      yes
send-alerts      no    yes    no     no     no      yes      yes
act-on-alerts    no    no     no     no     yes     yes      yes
close-months     no    no     no     yes    no      no       yes
"""


def table() -> list[tuple[Permission, Role, bool]]:
    lines = TABLE.strip("\n").splitlines()
    roles = [Role(name) for name in lines[0].split()]
    return [
        (Permission(name), role, cell == "yes")
        for name, *cells in map(str.split, lines[1:])
        for role, cell in zip(roles, cells, strict=True)
    ]


@pytest.mark.parametrize(("permission", "role", "granted"), table())
def test_what_each_role_may_do(permission: Permission, role: Role, granted: bool) -> None:
    principal = Principal(
        name="x", role=role, scope=None, units=None, credential=Credential(TokenKind.SESSION, b""), user_id=1
    )
    assert principal.may(permission) is granted
    assert {asked for asked, _, _ in table()} == set(Permission), "the table is complete"


def test_a_machine_has_no_password_to_change() -> None:
    machine = Principal(name="x", role=Role.ADMIN, scope=None, units=None, credential=Credential(TokenKind.TOKEN, b""))
    assert not machine.may(Permission.OWN_PASSWORD)


def application(centre: Centre) -> FastAPI:
    """The application as the process builds it."""
    return Service(centre.settings, Instruments(CollectorRegistry())).application()


def asked_of(app: FastAPI) -> list[tuple[str, str, Permission]]:
    """Every method and path of the application with its permission; parameters filled in."""
    found = []
    for route in app.routes:
        permission = declared_permission(route)
        assert permission is not None
        if isinstance(route, (APIRoute, Route)):
            path = route.path.replace("{alert_id}", "1").replace("{override_id}", "1").replace("{code}", "x")
            found += [(method, path, permission) for method in route.methods or () if method != "HEAD"]
    return found


@pytest.fixture
async def walk(api: Centre) -> tuple[Centre, list[tuple[str, str, Permission]]]:
    return api, asked_of(application(api))


async def test_anonymous_requests_get_401_everywhere_but_at_the_door(
    walk: tuple[Centre, list[tuple[str, str, Permission]]],
) -> None:
    centre, routes = walk
    public = []
    async with httpx.AsyncClient(base_url=centre.url) as client:
        for method, path, permission in routes:
            for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eA=="}):
                answer = await client.request(method, path, headers=headers)
                if permission is Permission.PUBLIC:
                    public.append(path)
                    assert answer.status_code != 401 or path == "/api/v1/session"
                else:
                    assert answer.status_code == 401, f"{method} {path}"
                    assert answer.headers["content-type"] == "application/problem+json"
                    assert answer.headers["www-authenticate"] == "Bearer"
    assert set(public) == {
        "/healthz", "/readyz", "/metrics", "/api/v1/openapi.json", "/api/v1/session", "/a/{token}", "/-/healthy",
        "/-/ready", "/api/v1/hooks/{name}", "/a/oncall/{token}/{rotation}.ics",
    }  # fmt: skip


async def test_every_route_refuses_every_role_without_its_permission(
    walk: tuple[Centre, list[tuple[str, str, Permission]]],
) -> None:
    centre, routes = walk
    refused = 0
    for role in Role:
        async with httpx.AsyncClient(
            base_url=centre.url, headers={"Authorization": f"Bearer {centre.tokens[role.value]}"}, timeout=20
        ) as client:
            for method, path, permission in routes:
                answer = await client.request(method, path)
                lacks = permission not in GRANTS[role] or permission is Permission.OWN_PASSWORD
                assert (answer.status_code == 403) is lacks, f"{role} {method} {path}: {answer.text}"
                refused += lacks
    assert refused > 20


async def test_expired_tokens_are_nobody(api: Centre) -> None:
    async with api.client("expired") as client:
        assert (await client.get("/overview")).status_code == 401
    with pytest.raises(InvalidStatus) as caught:
        async with api.feed("expired"):
            pass
    assert caught.value.response.status_code == 401


def test_a_route_that_declares_nothing_stops_the_start() -> None:
    async def anything() -> Response:
        return Response()

    for routes in (
        [APIRoute("/forgotten", anything)],
        [Route("/forgotten", anything)],
        [WebSocketRoute("/forgotten", anything)],
    ):
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        app.router.routes.extend(routes)
        with pytest.raises(IocError, match="/forgotten"):
            check_routes(app)


def test_the_feed_declares_its_permission() -> None:
    async def endpoint(_: object) -> None: ...

    assert declared_permission(WebSocketRoute(FEED, endpoint)) is Permission.WATCH


async def test_a_scope_hides_what_is_outside(api: Centre) -> None:
    async with api.client("scoped") as scoped, api.client("admin") as admin:
        everything = (await admin.get("/dossiers", params={"limit": 500})).json()["items"]
        mine = (await scoped.get("/dossiers", params={"limit": 500})).json()["items"]
        assert mine
        assert {dossier["unit"] for dossier in mine} == {"22015"}
        foreign = next(dossier for dossier in everything if dossier["unit"] != "22015")
        assert (await scoped.get(f"/dossiers/{foreign['code']}")).status_code == 404
        assert (await admin.get(f"/dossiers/{foreign['code']}")).status_code == 200
        found = (await scoped.get("/dossiers", params={"unit": "66"})).json()["items"]
        assert [dossier["code"] for dossier in found] == [dossier["code"] for dossier in mine[:100]]
        assert [unit["code"] for unit in (await scoped.get("/units")).json()["items"]] == ["22015"]
        for by in ("unit", "procedure", "field", "channel", "status", "level"):
            items = (await scoped.get("/dossiers/summary", params={"by": by})).json()["items"]
            assert sum(item["open"] for item in items) == sum(dossier["is_open"] for dossier in mine), by
        alerts = (await admin.get("/alerts", params={"limit": 500})).json()["items"]
        own = (await scoped.get("/alerts", params={"limit": 500})).json()["items"]
        assert {alert["unit"] for alert in own} <= {"22015"}
        outside = next(alert for alert in alerts if alert["unit"] != "22015" and alert["state"] == "firing")
        assert (await scoped.get(f"/alerts/{outside['id']}")).status_code == 404
        assert (await scoped.post(f"/alerts/{outside['id']}/ack", json={})).status_code == 404
        assert (await scoped.post(f"/alerts/{outside['id']}/comments", json={"note": "x"})).status_code == 404
        for path in ("/security-events", "/sources", "/rejected", "/series"):
            assert (await scoped.get(path)).json()["items"] == [], path
        report = (await scoped.get("/reports/period", params=_this_month())).json()
        assert [line["key"] for line in report["by_unit"]] == ["22015"]
        assert report["scope"] == "22015"
        overview = (await scoped.get("/overview")).json()
        assert overview["tiles"]["processing"]["value"] == sum(dossier["is_open"] for dossier in mine)


def _this_month() -> dict[str, str]:
    today = (datetime.now(UTC) + timedelta(hours=7)).date()
    return {"from": today.replace(day=1).isoformat(), "to": today.isoformat()}


async def test_a_disabled_user_is_out_at_once(api: Centre) -> None:
    async with register(api) as accounts:
        await accounts.create_user(
            "leaver", PASSWORD, role=Role.VIEWER, scope=None, full_name="", now=datetime.now(UTC)
        )
    async with api.client(None) as client:
        answer = await client.post("/session", json={"name": "leaver", "password": PASSWORD})
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        assert (await client.get("/session", headers=headers)).status_code == 200
        client.cookies.clear()
        async with register(api) as accounts:
            await accounts.disable_user("leaver", now=datetime.now(UTC))
        assert (await client.get("/session", headers=headers)).status_code == 401
        again = await client.post("/session", json={"name": "leaver", "password": PASSWORD})
        assert again.status_code == 401
