"""Cuts a TCP stream of syslog into messages: octet counting and newlines, told apart frame by frame (RFC 6587)."""

import re

from msgspec import Struct

MAX_FRAME = 16 << 10
"""Bytes of a message that are kept; what is longer is cut, and marked."""
MAX_COUNT = 16 << 20
"""An octet count beyond this is no message: the stream is out of step or hostile."""
_COUNT = re.compile(rb"([1-9]\d{0,9}) <")
_MAYBE_COUNT = re.compile(rb"[1-9]\d{0,9} ?\Z")
_TRAILER = b"\r\n\0"


class Frame(Struct, frozen=True):
    """One message as it came; `truncated`: its end was cut off, for it was too long or the stream ended inside it."""

    data: bytes
    truncated: bool = False


class Framer:
    """One stream. Every byte fed comes out in a frame, but trailers, counts, and what `truncated` frames lost."""

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self._limit = limit
        self._rest = b""
        self._skip = 0  # bytes left of a counted message that is too long
        self.broken: str | None = None
        """Why nothing more can be read from this stream: it is out of step."""
        self._skip_line = False  # whether the rest of the line belongs to a message that was too long

    def feed(self, data: bytes) -> list[Frame]:
        """The messages that `data` completes; none any more once the stream is `broken`."""
        stream = self._rest + data
        frames: list[Frame] = []
        position = 0
        while position < len(stream) and self.broken is None:
            after, frame = self._next(stream, position)
            if frame is not None and frame.data:
                frames.append(frame)
            if after is None:
                break
            position = after
        self._rest = stream[position:]
        return frames

    def end(self) -> list[Frame]:
        """What was left when the stream ended: an unfinished message. A last line without newline is whole."""
        rest, self._rest = self._rest, b""
        if self.broken is not None:
            return []
        counted = _COUNT.match(rest)
        if counted:
            return [Frame(rest[counted.end() - 1 :][: self._limit], truncated=True)]
        line = rest.strip(_TRAILER)
        return [Frame(line)] if line and not self._skip_line else []

    def _next(self, stream: bytes, start: int) -> tuple[int | None, Frame | None]:
        """Where the next message begins (None: more is needed) and the message found."""
        if self._skip:
            skipped = min(self._skip, len(stream) - start)
            self._skip -= skipped
            return start + skipped, None
        if self._skip_line:
            newline = stream.find(b"\n", start)
            self._skip_line = newline < 0
            return (len(stream) if newline < 0 else newline + 1), None
        if stream[start] in _TRAILER:
            return start + 1, None
        counted = _COUNT.match(stream, start)
        if counted:
            return self._counted(stream, counted.end() - 1, int(counted[1]))
        if _MAYBE_COUNT.match(stream, start):
            return None, None
        return self._line(stream, start)

    def _counted(self, stream: bytes, start: int, count: int) -> tuple[int | None, Frame | None]:
        if count > MAX_COUNT:
            self.broken = f"a message of {count} bytes is announced"
            return None, None
        if count <= self._limit:
            if len(stream) - start < count:
                return None, None
            return start + count, Frame(stream[start : start + count].rstrip(_TRAILER))
        if len(stream) - start < self._limit:
            return None, None
        self._skip = count - self._limit
        return start + self._limit, Frame(stream[start : start + self._limit], truncated=True)

    def _line(self, stream: bytes, start: int) -> tuple[int | None, Frame | None]:
        newline = stream.find(b"\n", start)
        end = len(stream) if newline < 0 else newline
        if end - start > self._limit:
            self._skip_line = newline < 0
            frame = Frame(stream[start : start + self._limit], truncated=True)
            return (end if newline < 0 else newline + 1), frame
        if newline < 0:
            return None, None
        return newline + 1, Frame(stream[start:newline].rstrip(_TRAILER))
