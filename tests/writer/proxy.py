"""A TCP proxy whose line can be cut, or go dead without a word."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Line:
    """The line between a client and a server on 127.0.0.1."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._refuses = False
        self.port = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Line"]:
        """Forward connections while the context is open."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()
            await server.wait_closed()

    def cut(self) -> None:
        """End every connection, and every new one at once, until `mend`."""
        self._refuses = True
        for writer in self._open:
            writer.transport.abort()

    def freeze(self) -> None:
        """Let nothing through any more, without ending a connection, until `mend`."""
        self._flows.clear()

    def mend(self) -> None:
        """Let everything through again."""
        self._refuses = False
        self._flows.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        onward_reader, onward = await asyncio.open_connection("127.0.0.1", self._target)
        self._open |= {writer, onward}
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pump(reader, onward))
                tasks.create_task(self._pump(onward_reader, writer))
        finally:
            for end in (writer, onward):
                self._open.discard(end)
                end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
