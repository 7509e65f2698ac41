"""POST /v1/events over real HTTP: answers, limits, and hostile clients."""

import asyncio
import gzip
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psutil
import pytest

from ingest.push import connection
from ioc_core.events import Heartbeat, Rejected, Sample
from tests.ingest.conftest import Ingest


def sample(value: float = 1.0, **changes: Any) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat()
    return {"type": "sample", "observed_at": at, "metric": "documents_unread", "value": value, **changes}


async def push(ingest: Ingest, content: bytes, *, source: str = "documents", **headers: str) -> Any:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return await ingest.client.post("/v1/events", content=content, headers=ingest.token(source) | named)


async def test_an_array_is_accepted_and_on_disk(ingest: Ingest) -> None:
    answer = await push(ingest, msgspec.json.encode([sample(n) for n in range(5000)]))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 5000, "rejected": 0, "errors": []})
    events = await ingest.events(Sample, 5000)
    assert sorted(event.value for event in events) == [float(n) for n in range(5000)]
    assert {event.source for event in events} == {"documents"}


async def test_gzipped_lines_are_accepted(ingest: Ingest) -> None:
    body = b"\n".join(msgspec.json.encode(sample(n)) for n in range(100))
    half = len(body) // 2
    zipped = gzip.compress(body[:half]) + gzip.compress(body[half:])  # two members, as appended files have
    answer = await push(ingest, zipped, Content_Encoding="gzip", Content_Type="application/x-ndjson")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 100)
    assert len(await ingest.events(Sample, 100)) == 100


async def test_bad_items_are_named_and_kept(ingest: Ingest) -> None:
    items = [sample(), *[sample(metric="không được")] * 25, sample()]
    answer = await push(ingest, msgspec.json.encode(items))
    body = answer.json()
    assert (answer.status_code, body["accepted"], body["rejected"]) == (202, 2, 25)
    assert [error["index"] for error in body["errors"]] == list(range(1, 21))
    assert {error["reason"] for error in body["errors"]} == {"invalid"}
    rejected = await ingest.events(Rejected, 25)
    assert {(event.source, event.port) for event in rejected} == {("documents", "events")}
    assert "không được".encode() in rejected[0].raw


async def test_an_empty_push_is_a_sign_of_life(ingest: Ingest) -> None:
    answer = await push(ingest, b"[]")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)
    (event,) = await ingest.events(Heartbeat, 1)
    assert event.source == "documents"


@pytest.mark.parametrize(
    ("content", "headers", "status", "reason"),
    [
        pytest.param(b"[1,2", {}, 400, "not_json", id="cut off"),
        pytest.param(b"[" * 300_000, {}, 400, "too_deep", id="deep nesting"),
        pytest.param(b"[5]", {}, 400, "invalid", id="nothing usable"),
        pytest.param(b"not gzip", {"Content_Encoding": "gzip"}, 400, "bad_gzip", id="no gzip"),
        pytest.param(gzip.compress(b"[]")[:-3], {"Content_Encoding": "gzip"}, 400, "cut_off", id="gzip cut off"),
        pytest.param(b"[]", {"Content_Encoding": "br"}, 415, "unknown_encoding", id="another encoding"),
        pytest.param(b"<a/>", {"Content_Type": "application/xml"}, 415, "unknown_media_type", id="XML"),
        pytest.param(b" " * (33 << 20), {}, 413, "too_large", id="too large"),
        pytest.param(
            gzip.compress(b" " * (33 << 20)), {"Content_Encoding": "gzip"}, 413, "too_large", id="a gzip bomb"
        ),
    ],
)
async def test_refused_pushes(
    ingest: Ingest, content: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    answer = await push(ingest, content, **headers)
    assert answer.status_code == status
    body = answer.json()
    assert (body["accepted"], body["rejected"], body["errors"][0]["reason"]) == (0, 1, reason)
    (kept,) = await ingest.events(Rejected, 1)
    assert (kept.source, kept.reason) == ("documents", reason)
    assert (await ingest.client.get("/healthz")).status_code == 200


async def test_a_gzip_bomb_is_met_before_it_has_grown(ingest: Ingest) -> None:
    before = psutil.Process().memory_info().rss
    answer = await push(ingest, gzip.compress(b"\0" * (200 << 20), 1), Content_Encoding="gzip")
    assert answer.status_code == 413
    assert psutil.Process().memory_info().rss - before < 150 << 20


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing"),
        pytest.param({b"Authorization": b"Bearer nobody"}, id="an unknown token"),
        pytest.param({b"Authorization": b"Basic %%%"}, id="broken Basic"),
        pytest.param({b"Authorization": b"Bearer \xff\xfe"}, id="odd bytes"),
    ],
)
async def test_strangers_are_not_let_in(ingest: Ingest, headers: dict[bytes, bytes]) -> None:
    answer = await ingest.client.post("/v1/events", content=b"[]", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    (kept,) = await ingest.events(Rejected, 1)
    assert (kept.source, kept.reason, kept.raw) == ("unknown", "unauthorized", b"")


async def test_a_dossier_source_does_not_push_events(ingest: Ingest) -> None:
    assert (await push(ingest, b"[]", source="one-stop")).status_code == 401


async def test_a_source_sends_only_what_it_may(ingest: Ingest) -> None:
    dossier = {"type": "dossier", "observed_at": time.time(), "code": "A", "record": True, "status": 1}
    foreign = sample(labels={"unit": "STC"})
    body = (await push(ingest, msgspec.json.encode([dossier, foreign, sample()]), source="meter")).json()
    assert [error["reason"] for error in body["errors"]] == ["kind_not_accepted", "out_of_scope"]
    assert body["accepted"] == 1


async def test_too_many_events_are_told_to_come_later(ingest: Ingest) -> None:
    body = msgspec.json.encode([sample()] * 400)
    statuses = [(await push(ingest, body, source="meter")).status_code for _ in range(3)]
    assert statuses == [202, 202, 429]
    answer = await push(ingest, body, source="meter")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


async def test_old_and_future_times_are_refused(ingest: Ingest) -> None:
    now = datetime.now(UTC)
    items = [
        sample(observed_at=(now + timedelta(minutes=9)).isoformat()),
        sample(observed_at=(now + timedelta(minutes=11)).isoformat()),
        sample(observed_at=(now - timedelta(days=89)).timestamp()),
        sample(observed_at=(now - timedelta(days=91)).timestamp() * 1000),
    ]
    body = (await push(ingest, msgspec.json.encode(items))).json()
    assert [(error["index"], error["reason"]) for error in body["errors"]] == [(1, "time_in_future"), (3, "too_old")]


async def connected(ingest: Ingest) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", ingest.settings.ingest_port)


async def begun(ingest: Ingest, body: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection with a push of 100 bytes, of which some were sent."""
    reader, writer = await connected(ingest)
    token = f"Authorization: Bearer {ingest.secrets['documents']}\r\n".encode()
    writer.write(b"POST /v1/events HTTP/1.1\r\nHost: x\r\n" + token + b"Content-Length: 100\r\n\r\n" + body)
    return reader, writer


async def closed(reader: asyncio.StreamReader) -> bool:
    """Whether the other side closes without an answer."""
    try:
        async with asyncio.timeout(5):
            return await reader.read(1) == b""
    except ConnectionError:
        return True


async def test_a_connection_that_dawdles_in_its_headers_is_closed(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.3)
    reader, writer = await connected(ingest)
    writer.write(b"POST /v1/events HTTP/1.1\r\nHost: x\r\n")
    for _ in range(20):  # a header's letter now and then does not help
        await asyncio.sleep(0.05)
        writer.write(b"X")
    assert await closed(reader)
    writer.close()


async def test_headers_without_end_are_cut(ingest: Ingest) -> None:
    reader, writer = await connected(ingest)
    writer.write(b"POST /v1/events HTTP/1.1\r\n")
    writer.write((b"X-Padding: " + b"x" * 4000 + b"\r\n") * 64)
    assert await closed(reader)
    writer.close()


async def test_a_body_that_pauses_is_answered_408(ingest: Ingest) -> None:
    reader, writer = await begun(ingest, b"[")
    async with asyncio.timeout(5):
        status = await reader.readline()
    assert b" 408 " in status
    writer.close()
    (kept,) = await ingest.events(Rejected, 1)
    assert (kept.reason, kept.raw) == ("too_slow", b"[")


async def test_a_connection_lost_inside_the_body_is_kept_as_refused(ingest: Ingest) -> None:
    _, writer = await begun(ingest, b"[1,")
    await asyncio.sleep(0.1)
    writer.transport.abort()
    (kept,) = await ingest.events(Rejected, 1)
    assert (kept.reason, kept.raw) == ("cut_off", b"[1,")


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), id="a TLS hello"),
        pytest.param(b"\0" * 5000, id="zeros"),
        pytest.param(b"GET /\r\n\r\n" * 100, id="HTTP/0.9"),
        pytest.param(b"POST /v1/events HTTP/1.1\r\nContent-Length: -5\r\n\r\n", id="a negative length"),
        pytest.param(b"POST /v1/events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="a broken chunk"),
    ],
)
async def test_garbage_does_not_hurt(ingest: Ingest, garbage: bytes) -> None:
    reader, writer = await connected(ingest)
    writer.write(garbage)
    async with asyncio.timeout(15):
        await reader.read(4096)
    writer.close()
    assert (await ingest.client.get("/healthz")).status_code == 200
