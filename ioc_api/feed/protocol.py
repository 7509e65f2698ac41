"""The WebSocket end of uvicorn, opened up so that the feed writes ready-made frames to the transport.

A frame from a server isn't masked, so its bytes are the same for every client: encoding once and writing them straight
to each transport is what makes the fan-out cheap. Handshake, pings, limits and the closing handshake stay uvicorn's.
"""

import asyncio
from typing import Protocol

from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import CloseCode
from websockets.http11 import Request

EXTENSION = "ioc.line"
"""The key of the ASGI scope's extensions under which the application finds the `FeedProtocol`."""

HIGH_WATER = 256 << 10
LOW_WATER = 64 << 10
_LINGER = 3.0


class Listener(Protocol):
    """Who is told how the line is."""

    def pause(self) -> None:
        """More than `HIGH_WATER` bytes wait to be taken by the network."""

    def resume(self) -> None:
        """Fewer than `LOW_WATER` bytes wait."""


class FeedProtocol(WebSocketsSansIOProtocol):
    """uvicorn's connection, which is also a `Line`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._listener: Listener | None = None

    def handle_connect(self, event: Request) -> None:
        """Start the application, which finds this object in the scope's extensions."""
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, dict[object, object]] = {**self.scope["extensions"], EXTENSION: {"line": self}}
            self.scope["extensions"] = extensions

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application says. A refusal before the upgrade also completes the handshake."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True

    def listen(self, listener: Listener) -> None:
        """Tell `listener` from now on when the line is full and when it is free again."""
        self._listener = listener
        self.transport.set_write_buffer_limits(high=HIGH_WATER, low=LOW_WATER)

    def write(self, data: bytes) -> None:
        """Send one or more whole frames; nothing once the connection is closing."""
        if not (self.close_sent or self.disconnected or self.transport.is_closing()):
            self.transport.write(data)

    def cut(self, code: int, reason: str) -> None:
        """Close with `code`; after a few seconds for good, even if the other side doesn't read."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.conn.send_close(CloseCode(code) if code in CloseCode.__members__.values() else code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(_LINGER, self.transport.abort)

    def pause_writing(self) -> None:
        """The transport's buffer is over the high water mark."""
        super().pause_writing()
        if self._listener is not None:
            self._listener.pause()

    def resume_writing(self) -> None:
        """The transport's buffer is under the low water mark."""
        super().resume_writing()
        if self._listener is not None and not self.close_sent:
            self._listener.resume()
