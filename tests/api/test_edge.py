"""The edge: hostile and clumsy requests, headers, other origins, the OpenAPI document."""

import asyncio
import contextlib
from typing import Any

import httpx
import pytest

from ioc_api.connection import REQUEST_SECONDS
from tests.api.conftest import Centre


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        pytest.param("GET", "/nothing", {}, 404, id="no such route"),
        pytest.param("PUT", "/dossiers", {}, 405, id="no such method"),
        pytest.param("GET", "/dossiers/", {}, 404, id="a path with a slash too many"),
        pytest.param("POST", "/alerts/1/ack", {"content": b"{"}, 422, id="JSON that isn't"),
        pytest.param("POST", "/alerts/1/ack", {"content": b"[" * 60000}, 400, id="deep JSON"),
        pytest.param("POST", "/alerts/1/ack", {"content": b"\xff\xfe"}, 422, id="bytes that are no text"),
        pytest.param("POST", "/alerts/1/ack", {"json": {"note": "x" * 70000}}, 413, id="a body that is too long"),
        pytest.param("POST", "/alerts/1/ack", {"json": {"note": "x\x00y"}}, 422, id="a null byte for the database"),
        pytest.param("GET", "/dossiers?q=abc%00d", {}, 422, id="a null byte in a parameter"),
        pytest.param("GET", "/dossiers?unit=%ff%fe", {}, 200, id="bytes that are no text in a parameter"),
        pytest.param("GET", "/dossiers?q=" + "x" * 9000, {}, 414, id="a query that is too long"),
        pytest.param("GET", "/dossiers?q=%25%25%25%25", {}, 200, id="wildcards are letters"),
        pytest.param("GET", "/dossiers?q=abc%F4%8F%BF%BF", {}, 200, id="the last letter there is"),
        pytest.param("GET", "/dossiers/" + "x" * 301, {}, 422, id="a code that is too long"),
        pytest.param("GET", "/dossiers/%2e%2e%2f%2e%2e%2fetc%2fpasswd", {}, 404, id="a path that climbs"),
        pytest.param("GET", "/alerts/99999999999999999999", {}, 422, id="an id beyond the database's"),
        pytest.param("GET", "/query_range?series=1&from=0001-01-01T00:00:00Z", {}, 422, id="the beginning of time"),
        pytest.param(
            "GET",
            "/query_range?series=9&from=1970-01-01T00:00:00Z&to=2199-12-31T00:00:00Z",
            {},
            404,
            id="as long a time as there may be",
        ),
        pytest.param("GET", "/dossiers?from=9999-12-31T23:59:59-12:00", {}, 422, id="a time beyond the calendar"),
    ],
)
async def test_every_clumsy_request_gets_a_clear_answer(
    api: Centre, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    async with api.client("operator") as client:
        answer = await client.request(method, path, headers={"Content-Type": "application/json"}, **options)
        assert answer.status_code == status, answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            body = answer.json()
            assert body["status"] == answer.status_code
            assert body["title"]
            assert body["detail"]
        assert (await client.get("/session")).status_code == 200, "the process lives"


async def test_a_body_in_pieces_is_limited_as_well(api: Centre) -> None:
    async def pieces() -> Any:
        for _ in range(100):
            yield b" " * 10_000

    async with api.client("operator") as client:
        answer = await client.post("/alerts/1/ack", content=pieces())
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_head_without_an_end_is_refused(api: Centre) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", api.settings.api_port)
    writer.write(b"GET /api/v1/dossiers HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    async with api.client() as client:
        assert (await client.get("/dossiers")).status_code == 200, "it holds up nobody"
    writer.write(b"x" * 100_000)
    async with asyncio.timeout(5):
        assert (await reader.read(100)).startswith(b"HTTP/1.1 431 ")
        with contextlib.suppress(ConnectionError):
            await reader.read()
    writer.close()


@pytest.mark.slow
async def test_requests_that_never_end_are_cut(api: Centre) -> None:
    async def send(beginning: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", api.settings.api_port)
        writer.write(beginning)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    async with asyncio.timeout(REQUEST_SECONDS + 2):
        await asyncio.gather(
            send(b""),
            send(b"GET /api/v1/dossiers HTTP/1.1\r\nHost: x\r\n"),
            send(b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"),
        )


async def test_answers_can_not_be_kept_or_framed(api: Centre) -> None:
    async with api.client() as client:
        for path in ("/session", "/nothing", "/dossiers?limit=0"):
            headers = (await client.get(path)).headers
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "server" not in headers


@pytest.mark.parametrize(("origin", "allowed"), [("wall", True), ("https://evil.example", False)])
async def test_only_the_wall_may_read_across_origins(api: Centre, origin: str, allowed: bool) -> None:
    page = api.settings.wall_address if origin == "wall" else origin
    async with httpx.AsyncClient(base_url=f"{api.url}/api/v1") as client:
        asked = await client.options(
            "/alerts/1/ack",
            headers={
                "Origin": page,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "x-requested-with",
            },
        )
        assert (asked.status_code == 200) is allowed
        got = await client.get("/session", headers={"Origin": page})
    assert got.headers.get("access-control-allow-origin") == (page if allowed else None)


async def test_the_document_describes_every_operation_its_errors_and_its_parameters(api: Centre) -> None:
    async with api.client(None) as client:
        document = (await client.get("/openapi.json")).json()
    operations = [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) >= 20
    for name, operation in operations:
        assert operation["description"].endswith((".", ")")), name
        assert operation["tags"], name
        responses = operation["responses"]
        assert "503" in responses, name
        if name != "POST /api/v1/session":
            assert operation["security"], name
            assert "401" in responses, name
        for status, answer in responses.items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (name, status)
    schemas = document["components"]["schemas"]
    assert all(schema.get("description") for schema in schemas.values()), [
        name for name, schema in schemas.items() if not schema.get("description")
    ]
    assert set(document["components"]["securitySchemes"]) == {"bearer", "cookie"}
    assert sum("examples" in str(schema) for schema in schemas.values()) > 10
