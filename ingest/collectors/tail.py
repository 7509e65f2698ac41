"""Follows a log file across rotation, truncation and restarts."""

import os
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

_CHUNK = 256 << 10
LINES = 1000


class Position(Struct, frozen=True):
    """How far a file was read: the file itself, not its name, for names pass on at rotation."""

    device: int
    inode: int
    offset: int


class Line(Struct, frozen=True):
    """One line without its end; `start` is where it begins in the file that `position` names."""

    data: bytes
    start: Position


class Tail:
    """One path. `position`: where to go on; None: begin at the file's end."""

    def __init__(self, path: Path, position: Position | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self.position = position
        self.error: str | None = None
        """Why the file can't be read now."""

    def read(self) -> list[Line]:
        """The next lines, at most 1,000; [] when there are no new ones. `position` is then behind them."""
        if self._file is None and not self._open():
            return []
        lines = self._lines()
        if not lines and self._rotated():
            self.close()
            self.position = Position(0, 0, 0)
            if self._open():
                lines = self._lines()
        return lines

    def close(self) -> None:
        """Close the file; the position stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> bool:
        """Open the file where the position says: perhaps under the name that rotation gave it."""
        for path in (self._path, self._path.with_name(self._path.name + ".1")):
            try:
                file = path.open("rb")
            except OSError as error:
                if path == self._path:
                    self.error = error.strerror or type(error).__name__
                continue
            status = os.fstat(file.fileno())
            held = self.position
            mine = held is None or (held.device, held.inode) == (status.st_dev, status.st_ino)
            if mine or (held is not None and held.inode == 0 and path == self._path):
                offset = status.st_size if held is None else held.offset
                self._take(file, Position(status.st_dev, status.st_ino, offset))
                return True
            file.close()
        return self._open_anew()

    def _open_anew(self) -> bool:
        """The file that was read is gone: the one that has its name is new, and read from its beginning."""
        try:
            file = self._path.open("rb")
        except OSError as error:
            self.error = error.strerror or type(error).__name__
            return False
        status = os.fstat(file.fileno())
        self._take(file, Position(status.st_dev, status.st_ino, 0))
        return True

    def _take(self, file: BinaryIO, position: Position) -> None:
        self._file, self.position, self.error = file, position, None

    def _lines(self) -> list[Line]:
        file, position = self._file, self.position
        if file is None or position is None:
            return []
        if os.fstat(file.fileno()).st_size < position.offset:  # truncated in place
            position = Position(position.device, position.inode, 0)
        file.seek(position.offset)
        chunk = file.read(_CHUNK)
        lines: list[Line] = []
        used = 0
        while len(lines) < LINES:
            newline = chunk.find(b"\n", used)
            if newline < 0:
                if used == 0 and len(chunk) == _CHUNK:  # a line without end is cut into pieces
                    lines.append(Line(chunk, position))
                    used = len(chunk)
                break
            start = Position(position.device, position.inode, position.offset + used)
            lines.append(Line(chunk[used:newline], start))
            used = newline + 1
        self.position = Position(position.device, position.inode, position.offset + used)
        return lines

    def _rotated(self) -> bool:
        """Whether the path names another file by now."""
        try:
            status = self._path.stat()
        except OSError:
            return False
        held = self.position
        return held is not None and (held.device, held.inode) != (status.st_dev, status.st_ino)
