"""Looks at a page: does it answer as expected, how fast, and when does its certificate expire?"""

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import httpx

from ingest.probes.certificate import not_after
from ingest.probes.network import look_at_certificate, resolve, tls_context, why_untrusted
from ingest.probes.outcome import Outcome, ProbeFailure, Stopwatch
from ingest.targets import HttpTarget

_REDIRECTS = 5
_BODY = 1 << 20
_PHASES = {
    "connection.connect_tcp": "connect",
    "connection.start_tls": "tls",
    "http11.receive_response_headers": "processing",
}
"""httpcore's names of what the blackbox exporter calls phases."""


async def probe_http(target: HttpTarget, watch: Stopwatch) -> Outcome:
    """Phases as the blackbox exporter's: resolve, connect, tls, processing, transfer; redirects add up.

    Raises:
        ProbeFailure, OSError.
    """
    url = httpx.URL(target.url)
    for _ in range(_REDIRECTS):
        try:
            async with _response(url, target, watch) as (response, expiry):
                if not response.has_redirect_location:
                    return await _judged(response, expiry, target, watch)
                url = url.join(response.headers["location"])
        except httpx.HTTPError as error:
            return await _failed(error, url, watch)
        except httpx.InvalidURL as error:
            raise ProbeFailure(f"chuyển hướng đến địa chỉ sai: {error}") from error
    raise ProbeFailure(f"chuyển hướng quá {_REDIRECTS} lần")


@asynccontextmanager
async def _response(
    url: httpx.URL, target: HttpTarget, watch: Stopwatch
) -> AsyncIterator[tuple[httpx.Response, datetime | None]]:
    """Ask an address of the name, so that resolving is timed apart from connecting."""
    port = url.port or (443 if url.scheme == "https" else 80)
    addresses = await resolve(url.host, port, watch)
    context = tls_context(verify=target.verify_tls, ca_file=target.ca_file)
    # The deadline is the caller's, over all phases.
    async with httpx.AsyncClient(verify=context, trust_env=False, timeout=httpx.Timeout(None)) as client:
        response = await _asked(client, url, addresses, watch)
        try:
            tls = response.extensions["network_stream"].get_extra_info("ssl_object")
            yield response, None if tls is None else not_after(tls.getpeercert(binary_form=True) or b"")
        finally:
            await response.aclose()


async def _asked(client: httpx.AsyncClient, url: httpx.URL, addresses: list[str], watch: Stopwatch) -> httpx.Response:
    """The answer of the first address that accepts a connection."""
    for address in addresses:
        request = client.build_request(
            "GET",
            url.copy_with(host=address),
            headers={"Host": url.netloc.decode("ascii"), "User-Agent": "ioc-probe"},
            extensions={"sni_hostname": url.host, "trace": _Trace(watch)},
        )
        try:
            return await client.send(request, stream=True)
        except httpx.ConnectError:
            if address == addresses[-1]:
                raise
    raise ProbeFailure(f"tên {url.host} không có địa chỉ")


class _Trace:
    """Takes httpcore's trace: how long connecting, the handshake and the server's thinking took."""

    def __init__(self, watch: Stopwatch) -> None:
        self._watch = watch
        self._began: dict[str, float] = {}

    async def __call__(self, event: str, _: object) -> None:
        stage, _, moment = event.rpartition(".")
        phase = _PHASES.get(stage)
        if phase is None:
            return
        if moment == "started":
            self._began[phase] = self._watch.seconds
        elif phase in self._began:
            spent = self._watch.seconds - self._began[phase]
            self._watch.phases[phase] = self._watch.phases.get(phase, 0.0) + spent


async def _judged(response: httpx.Response, expiry: datetime | None, target: HttpTarget, watch: Stopwatch) -> Outcome:
    with watch.phase("transfer"):
        body = await _body(response)
    status = response.status_code
    expected = status in target.status if target.status else 200 <= status <= 399
    if not expected:
        return watch.failure(f"mã trạng thái {status}", status_code=status, certificate_not_after=expiry)
    if target.body is not None:
        text = body.decode(response.charset_encoding or "utf-8", "replace")
        if re.search(target.body, text) is None:
            error = f"nội dung trang không có {target.body!r}"
            return watch.failure(error, status_code=status, certificate_not_after=expiry)
    return Outcome(
        success=True,
        duration_seconds=watch.seconds,
        phases=watch.phases,
        status_code=status,
        certificate_not_after=expiry,
    )


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) >= _BODY:
            break
    return bytes(body[:_BODY])


async def _failed(error: httpx.HTTPError, url: httpx.URL, watch: Stopwatch) -> Outcome:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        seen = await look_at_certificate(url.host, url.port or 443, url.host, Stopwatch())
        return watch.failure(why_untrusted(cause), certificate_not_after=not_after(seen))
    if isinstance(error, httpx.ConnectError):
        raise ProbeFailure(f"không kết nối được {url.host}: {error}") from error
    raise ProbeFailure(f"kết nối với {url.host} bị ngắt: {error or type(error).__name__}") from error
