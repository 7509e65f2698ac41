"""Probes against real servers on this host."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from ingest.collectors.probes import first_delay, look, probe_result
from ingest.probes.certificate import not_after
from ingest.probes.outcome import Outcome
from ingest.source_entries import ProbesSource
from ingest.targets import AnyTarget
from ioc_core.engine import free_port
from tests.ingest.servers import NOW, Authority, NameServer, page, serving, silent

TARGET: TypeAdapter[AnyTarget] = TypeAdapter(AnyTarget)


def target(**fields: Any) -> AnyTarget:
    return TARGET.validate_python({"name": "t", **fields})


async def looked(within: float = 5.0, **fields: Any) -> Outcome:
    outcome = await look(target(**fields), timeout=within)
    assert outcome is not None
    return outcome


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A private certificate authority."""
    return Authority(tmp_path_factory.mktemp("authority"))


async def test_a_page_that_is_well() -> None:
    async with serving(page("200 OK", "Cổng thông tin điện tử tỉnh Đắk Lắk")) as port:
        outcome = await looked(kind="http", url=f"http://127.0.0.1:{port}/", body="Đắk Lắk")
    assert (outcome.success, outcome.status_code, outcome.error) == (True, 200, None)
    assert set(outcome.phases) == {"resolve", "connect", "processing", "transfer"}
    assert sum(outcome.phases.values()) <= outcome.duration_seconds < 5


@pytest.mark.parametrize(
    ("answer", "wanted", "success", "error"),
    [
        pytest.param(("500 Oops", ""), {}, False, "mã trạng thái 500", id="an error of the server"),
        pytest.param(("404 Gone", ""), {"status": [404]}, True, None, id="an expected status"),
        pytest.param(("200 OK", "hacked by"), {"body": "Đắk Lắk"}, False, "nội dung", id="another content"),
    ],
)
async def test_pages(answer: tuple[str, str], wanted: dict[str, Any], success: bool, error: str | None) -> None:
    async with serving(page(*answer)) as port:
        outcome = await looked(kind="http", url=f"http://127.0.0.1:{port}/", **wanted)
    assert outcome.success is success
    assert (error or "") in (outcome.error or "")
    assert outcome.status_code == int(answer[0][:3])


async def test_redirects_are_followed_but_not_for_ever() -> None:
    async with (
        serving(page("200 OK", "here")) as last,
        serving(page("302 Found", "", f"Location: http://127.0.0.1:{last}/x")) as first,
    ):
        assert (await looked(kind="http", url=f"http://localhost:{first}/", body="here")).success
    async with serving(page("302 Found", "", "Location: /again")) as port:
        outcome = await looked(kind="http", url=f"http://127.0.0.1:{port}/")
    assert (outcome.success, outcome.error) == (False, "chuyển hướng quá 5 lần")


async def test_a_page_that_never_answers() -> None:
    async with serving(silent) as port:
        outcome = await looked(within=0.3, kind="http", url=f"http://127.0.0.1:{port}/")
    assert (outcome.success, outcome.error) == (False, "không trả lời trong 0.3 giây")
    assert 0.3 <= outcome.duration_seconds < 1.0


async def test_a_closed_port_and_an_unknown_name() -> None:
    closed = free_port()
    for fields in (
        {"kind": "http", "url": f"http://127.0.0.1:{closed}/"},
        {"kind": "tcp", "host": "127.0.0.1", "port": closed},
    ):
        outcome = await looked(**fields)
        assert (outcome.success, "không kết nối được" in (outcome.error or "")) == (False, True)
    outcome = await looked(kind="tcp", host="no-such-name.invalid", port=80)
    assert "không phân giải được tên" in (outcome.error or "")


async def test_a_page_with_a_trusted_certificate(authority: Authority) -> None:
    expires = NOW + timedelta(days=12)
    async with serving(page("200 OK", "x"), authority.server(expires, "localhost", "127.0.0.1")) as port:
        outcome = await looked(kind="http", url=f"https://localhost:{port}/", ca_file=authority.file)
    assert (outcome.success, outcome.certificate_not_after) == (True, expires)
    assert "tls" in outcome.phases


@pytest.mark.parametrize("kind", ["http", "tls"])
@pytest.mark.parametrize(
    ("days", "name", "trusted", "error"),
    [
        pytest.param(-3, "localhost", True, "hết hạn", id="expired"),
        pytest.param(12, "another.vn", True, "không mang tên này", id="of another name"),
        pytest.param(12, "localhost", False, "không rõ đơn vị cấp", id="of an unknown authority"),
    ],
)
async def test_certificates_that_cannot_be_trusted(
    authority: Authority, kind: str, days: int, name: str, trusted: bool, error: str
) -> None:
    expires = NOW + timedelta(days=days)
    fields: dict[str, Any] = {"ca_file": authority.file} if trusted else {}
    async with serving(page("200 OK", "x"), authority.server(expires, name)) as port:
        place = {"url": f"https://localhost:{port}/"} if kind == "http" else {"host": "localhost", "port": port}
        outcome = await looked(kind=kind, **place, **fields)
        unchecked = await looked(kind=kind, verify_tls=False, **place, **fields)
    assert (outcome.success, outcome.certificate_not_after) == (False, expires)
    assert error in (outcome.error or "")
    assert (unchecked.success, unchecked.certificate_not_after) == (True, expires)


async def test_a_port_without_tls() -> None:
    async with serving(page("200 OK", "x")) as port:
        outcome = await looked(within=0.5, kind="tls", host="127.0.0.1", port=port)
    assert (outcome.success, outcome.certificate_not_after) == (False, None)
    assert outcome.error


def test_certificates_that_are_none() -> None:
    for der in (b"", b"\x30", b"\x30\x82\xff\xff\x00", bytes(200), b"\x30\x03\x30\x01\x00"):
        assert not_after(der) is None


async def test_a_greeting() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.daklak.gov.vn ESMTP\r\n")
        await writer.drain()

    async with serving(greet) as port:
        assert (await looked(kind="tcp", host="127.0.0.1", port=port, greeting="^220 ")).success
        outcome = await looked(kind="tcp", host="127.0.0.1", port=port, greeting="^SSH-")
    assert (outcome.success, "lời chào" in (outcome.error or "")) == (False, True)


async def test_names() -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    server = {"kind": "dns", "server": "127.0.0.1", "port": transport.get_extra_info("sockname")[1]}
    try:
        found = await looked(**server, query="daklak.gov.vn", answers=["192.0.2.10"])
        assert (found.success, set(found.phases)) == (True, {"resolve"})
        for fields, error in (
            ({"query": "daklak.gov.vn", "answers": ["192.0.2.99"]}, "không như mong đợi"),
            ({"query": "daklak.gov.vn", "record": "MX"}, "không có bản ghi MX"),
            ({"query": "khong-co.vn"}, "không tồn tại"),
        ):
            outcome = await looked(**server, **fields)
            assert (outcome.success, error in (outcome.error or "")) == (False, True), outcome
    finally:
        transport.close()
    outcome = await looked(within=0.3, kind="dns", server="127.0.0.1", port=free_port(), query="daklak.gov.vn")
    assert not outcome.success


async def test_an_echo_or_a_clear_refusal() -> None:
    outcome = await look(target(kind="icmp", host="127.0.0.1", count=1), timeout=5.0)
    assert outcome is None or (outcome.success and 0 < outcome.phases["rtt"] < 1)


def test_targets_inherit_from_their_source_and_are_spread_in_time() -> None:
    source = ProbesSource.model_validate(
        {
            "name": "portals",
            "kind": "probes",
            "title": "x",
            "unit": "66",
            "system": "web-portals",
            "targets": [
                {"name": "own", "kind": "tcp", "host": "h", "port": 1, "system": "imail", "unit": "SYT"},
                {"name": "plain", "kind": "tcp", "host": "h", "port": 1},
            ],
        }
    )
    results = [probe_result(source, one, Outcome(success=True, duration_seconds=0.1), NOW) for one in source.targets]
    assert [(one.system, one.unit) for one in results] == [("imail", "SYT"), ("web-portals", "66")]
    delays = [first_delay(f"target {number}", 30.0) for number in range(100)]
    assert 0 <= min(delays) < 0.5
    assert 4.5 < max(delays) < 5.0
