"""Following a log file: appended, rotated, truncated, lost and found again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from ingest.collectors.tail import LINES, Position, Tail

Follow = Callable[..., Tail]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log with one old line."""
    log = tmp_path / "auth.log"
    log.write_text("old\n", encoding="utf-8")
    return log


@pytest.fixture
def follow() -> Iterator[Follow]:
    """Makes tails, and closes them in the end."""
    with ExitStack() as stack:

        def make(path: Path, position: Position | None = None) -> Tail:
            return stack.enter_context(closing(Tail(path, position)))

        yield make


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def read(tail: Tail) -> list[str]:
    return [line.data.decode() for line in tail.read()]


def test_what_was_there_before_the_first_start_is_left_alone(path: Path, follow: Follow) -> None:
    tail = follow(path)
    assert read(tail) == []
    append(path, "one\ntwo\nthr")
    assert read(tail) == ["one", "two"]
    append(path, "ee\n")
    assert read(tail) == ["three"]
    assert read(tail) == []


def test_a_restart_goes_on_where_it_was(path: Path, follow: Follow) -> None:
    first = follow(path)
    read(first)
    append(path, "one\n")
    read(first)
    first.close()
    append(path, "two\n")
    assert read(follow(path, first.position)) == ["two"]


def test_rotation_loses_nothing(path: Path, follow: Follow) -> None:
    tail = follow(path)
    read(tail)
    append(path, "before\n")
    path.rename(path.with_name("auth.log.1"))
    append(path.with_name("auth.log.1"), "late\n")
    append(path, "after\n")
    assert [*read(tail), *read(tail)] == ["before", "late", "after"]


def test_rotation_during_a_restart_loses_nothing(path: Path, follow: Follow) -> None:
    tail = follow(path)
    read(tail)
    tail.close()
    append(path, "before\n")
    path.rename(path.with_name("auth.log.1"))
    append(path, "after\n")
    again = follow(path, tail.position)
    assert [*read(again), *read(again)] == ["before", "after"]


def test_a_file_truncated_in_place_is_read_from_its_beginning(path: Path, follow: Follow) -> None:
    tail = follow(path)
    append(path, "a long line that goes away\n")
    read(tail)
    path.write_text("new\n", encoding="utf-8")
    assert read(tail) == ["new"]


def test_a_file_that_replaced_the_known_one_is_read_whole(path: Path, follow: Follow) -> None:
    path.write_text("first\nsecond\n", encoding="utf-8")
    assert read(follow(path, Position(1, 1, 500))) == ["first", "second"]


def test_a_file_that_is_not_there_yet(tmp_path: Path, follow: Follow) -> None:
    tail = follow(tmp_path / "later.log")
    assert read(tail) == []
    assert tail.error == "No such file or directory"


def test_many_lines_come_in_batches(path: Path, follow: Follow) -> None:
    tail = follow(path)
    read(tail)
    append(path, "".join(f"{number}\n" for number in range(LINES + 5)))
    assert len(read(tail)) == LINES
    assert len(read(tail)) == 5


def test_a_line_without_end_is_cut_into_pieces(path: Path, follow: Follow) -> None:
    tail = follow(path)
    read(tail)
    append(path, "x" * 300_000 + "\nafter\n")
    lines = [*read(tail), *read(tail)]
    assert ("".join(lines[:-1]), lines[-1]) == ("x" * 300_000, "after")


def test_each_line_says_where_it_stands(path: Path, follow: Follow) -> None:
    tail = follow(path)
    read(tail)
    append(path, "ab\ncde\n")
    assert [line.start.offset for line in tail.read()] == [4, 7]
