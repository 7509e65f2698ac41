"""Reading a push's body: bounded in size (also inflated), in time, and in memory over all pushes."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Message

from ingest import metrics
from ingest.push.refusal import Refusal

_STEP = 1 << 20
_MAX_MEMBERS = 1000
_GZIP = 31  # zlib's window bits for the gzip format


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """`size` bounds one body before and after inflation, `memory` all bodies together (bytes).

    A body may pause for `idle_seconds`; after `grace_seconds` it must have come at `slowest` bytes a second.
    """

    size: int
    memory: int = 256 << 20
    idle_seconds: float = 10.0
    grace_seconds: float = 20.0
    slowest: int = 16 << 10


class BodyReader:
    """Reads bodies; one for each process."""

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._held = 0
        self._waiting: set[asyncio.Timeout] = set()
        self._closed = False

    async def read(self, request: Request) -> bytes:
        """The body, inflated.

        Raises:
            Refusal: 400 cut off or broken gzip, 408 too slow, 413 too large, 415 unknown encoding, 503 no memory
                or `close`d.
        """
        limits = self._limits
        gzip = _is_gzip(request.headers)
        declared = request.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limits.size:
            raise Refusal(413, "too_large", f"a body may have {limits.size} bytes, this one has {declared}")
        sink = _Sink(limits.size, gzip=gzip)
        held = 0
        try:
            async for chunk in self._chunks(request, sink):
                before = len(sink.data)
                await sink.add(chunk)
                held += len(sink.data) - before
                self._hold(len(sink.data) - before)
            sink.end()
        finally:
            self._hold(-held)
        return bytes(sink.data)

    def _hold(self, size: int) -> None:
        self._held += size
        metrics.PUSH_BODY_BYTES.set(self._held)
        if size > 0 and self._held > self._limits.memory:
            raise Refusal(503, "busy", "too many large pushes at once", retry_after=2.0)

    def close(self) -> None:
        """Wait for no body any longer: the process ends, the sender comes again."""
        self._closed = True
        for deadline in self._waiting:
            if not deadline.expired():
                deadline.reschedule(asyncio.get_running_loop().time())

    async def _chunks(self, request: Request, sink: "_Sink") -> AsyncIterator[bytes]:
        limits = self._limits
        loop = asyncio.get_running_loop()
        began = loop.time()
        received = 0
        while True:
            message = await self._next(request, sink)
            if message["type"] == "http.disconnect":
                raise Refusal(400, "cut_off", "the connection ended inside the body", body=bytes(sink.data))
            chunk: bytes = message.get("body", b"")
            received += len(chunk)
            if loop.time() - began > limits.grace_seconds + received / limits.slowest:
                raise Refusal(408, "too_slow", "the body came too slowly", body=bytes(sink.data))
            if chunk:
                yield chunk
            if not message.get("more_body", False):
                return

    async def _next(self, request: Request, sink: "_Sink") -> Message:
        deadline = asyncio.timeout(0.0 if self._closed else self._limits.idle_seconds)
        self._waiting.add(deadline)
        try:
            async with deadline:
                return await request.receive()
        except TimeoutError as error:
            if self._closed:
                raise Refusal(503, "stopping", "ingest is being stopped", retry_after=2.0) from error
            raise Refusal(408, "too_slow", "the body paused for too long", body=bytes(sink.data)) from error
        finally:
            self._waiting.discard(deadline)


def _is_gzip(headers: Mapping[str, str]) -> bool:
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return False
    if encoding in {"gzip", "x-gzip"}:
        return True
    raise Refusal(415, "unknown_encoding", f"Content-Encoding {encoding[:40]!r} is not gzip")


class _Sink:
    """Gathers a body up to a limit; inflates gzip (one or more members) in steps, so that a bomb never grows large."""

    def __init__(self, limit: int, *, gzip: bool) -> None:
        self.data = bytearray()
        self._limit = limit
        self._inflater = zlib.decompressobj(_GZIP) if gzip else None
        self._members = 1

    async def add(self, chunk: bytes) -> None:
        """Take a piece of the body as it came. Raises: Refusal."""
        if self._inflater is None:
            self._take(chunk)
            return
        try:
            await self._inflate(self._inflater, chunk)
        except zlib.error as error:
            raise Refusal(400, "bad_gzip", f"the body is not gzip: {error}", body=bytes(self.data[:8192])) from error

    async def _inflate(self, inflater: "zlib._Decompress", rest: bytes) -> None:
        while True:
            if inflater.eof:
                inflater = self._inflater = zlib.decompressobj(_GZIP)
                self._members += 1
                if self._members > _MAX_MEMBERS:
                    raise Refusal(400, "bad_gzip", f"the body has more than {_MAX_MEMBERS} gzip members")
            data = inflater.decompress(rest, _STEP)
            self._take(data)
            rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            if not rest and (inflater.eof or len(data) < _STEP):
                return
            await asyncio.sleep(0)

    def end(self) -> None:
        """Nothing more comes. Raises: Refusal."""
        if self._inflater is not None and not self._inflater.eof:
            raise Refusal(400, "cut_off", "the gzip stream has no end", body=bytes(self.data))

    def _take(self, data: bytes) -> None:
        self.data += data
        if len(self.data) > self._limit:
            raise Refusal(413, "too_large", f"a body may have {self._limit} bytes", body=bytes(self.data[:8192]))
