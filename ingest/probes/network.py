"""Name resolution and connections of probes, each phase timed and each failure in words."""

import asyncio
import socket
import ssl
from functools import lru_cache
from pathlib import Path

from ingest.probes.outcome import ProbeFailure, Stopwatch

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def resolve(host: str, port: int, watch: Stopwatch) -> list[str]:
    """The addresses of a name, the preferred first. Raises: ProbeFailure."""
    with watch.phase("resolve"):
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise ProbeFailure(f"không phân giải được tên {host}: {error.strerror}") from error
    return [str(address[0]) for *_, address in found]


async def connect(host: str, port: int, watch: Stopwatch) -> Streams:
    """A TCP connection to the first address of a name that accepts one. Raises: ProbeFailure."""
    refused: OSError | None = None
    for address in await resolve(host, port, watch):
        with watch.phase("connect"):
            try:
                return await asyncio.open_connection(address, port)
            except OSError as error:
                refused = error
    raise ProbeFailure(f"không kết nối được {host} cổng {port}: {reason(refused)}") from refused


def reason(error: OSError | None) -> str:
    """Why a connection failed, in words."""
    if isinstance(error, ConnectionRefusedError):
        return "bị từ chối"
    if isinstance(error, ConnectionResetError):
        return "bị ngắt"
    return (error.strerror if error is not None else None) or "không có địa chỉ"


@lru_cache(maxsize=256)
def tls_context(*, verify: bool, ca_file: Path | None) -> ssl.SSLContext:
    """How a certificate is checked: against this host's authorities or a file's, or not at all."""
    context = ssl.create_default_context(cafile=ca_file)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def look_at_certificate(host: str, port: int, server_name: str, watch: Stopwatch) -> bytes:
    """The certificate (DER) of a server, trusted or not. Raises: ProbeFailure, OSError."""
    _, writer = await connect(host, port, watch)
    try:
        await writer.start_tls(tls_context(verify=False, ca_file=None), server_hostname=server_name)
        return peer_certificate(writer) or b""
    finally:
        writer.transport.abort()


def peer_certificate(writer: asyncio.StreamWriter) -> bytes | None:
    """The certificate (DER) of the other side."""
    tls = writer.get_extra_info("ssl_object")
    certificate: bytes | None = None if tls is None else tls.getpeercert(binary_form=True)
    return certificate


def why_untrusted(error: ssl.SSLCertVerificationError) -> str:
    """Why a certificate is not trusted, in words."""
    words = {
        10: "chứng thư số đã hết hạn",
        18: "chứng thư số tự ký",
        19: "chứng thư số tự ký trong chuỗi",
        20: "không rõ đơn vị cấp chứng thư số",
        62: "chứng thư số không mang tên này",
        64: "chứng thư số không mang địa chỉ này",
    }
    return words.get(error.verify_code, f"chứng thư số không tin cậy: {error.verify_message}")
