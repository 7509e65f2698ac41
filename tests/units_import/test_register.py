"""The text of a register: what isn't touched comes out as it went in, and lines are counted right."""

import csv
import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ioc_core.units_import.cells import read_cell, same
from ioc_core.units_import.register import Kept, Register, Written
from tests.conftest import CONFIG

words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]) | st.sampled_from('",\n;'), max_size=8
)
rows = st.lists(st.tuples(words, words), max_size=6)


def text_of(table: list[tuple[str, str]], newline: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator=newline).writerows([("a", "b"), *table])
    return text.getvalue()


@given(rows, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_untouched_it_is_the_same_to_the_letter(table: list[tuple[str, str]], newline: str, mark: bool) -> None:
    text = ("\ufeff" if mark else "") + text_of(table, newline)
    register = Register(text)
    assert register.render(register.kept)[0] == text


@given(rows, st.tuples(words, words), st.integers(0, 6))
def test_a_new_record_leaves_the_others_alone_and_lines_tell_where_each_is(
    table: list[tuple[str, str]], new: tuple[str, str], at: int
) -> None:
    register = Register(text_of(table, "\n"))
    records: list[Kept | Written] = [*register.kept]
    records.insert(at, Written({"b": new[1], "c": new[0]}))
    text, lines = register.render(records)
    split = text.splitlines(keepends=True)
    again = Register(text)
    assert [kept.line for kept in again.kept] == lines
    assert len(again.kept) == len(records)
    for record, kept in zip(records, again.kept, strict=True):
        assert "".join(split[kept.line - 1 :]).startswith(kept.raw)
        if isinstance(record, Kept):
            assert {**record.cells, "c": ""} == kept.cells if record.cells else not kept.cells


def test_the_shipped_register_comes_out_as_it_is() -> None:
    for name in ("units.csv", "aliases.csv"):
        text = Path(CONFIG / name).read_bytes().decode()
        register = Register(text)
        assert register.render(register.kept)[0] == text


@given(st.sampled_from(["kind", "valid_to", "latitude", "population", "predecessors", "national_id", "name"]), words)
def test_a_cell_that_was_read_is_read_the_same_again(column: str, text: str) -> None:
    once = read_cell(column, text)
    assert read_cell(column, once) == once
    assert same(column, once, once)
