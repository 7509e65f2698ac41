"""YAML sources: data, lines, and errors that name file, line, value and reason."""

from datetime import date
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, field_validator

from ioc_core import yaml_source
from ioc_core.errors import ConfigErrors

RULES = """\
# rules of the house
rules:
  - name: first
    for: 07:00
    labels: {severity: P1, team: mạng}
  -
    name: second
since: 2026-01-02
"""


def refused(text: str) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        yaml_source.parse(text, "a.yaml")
    return [str(error) for error in caught.value.errors]


def test_data_is_plain_and_of_yaml_1_2() -> None:
    source = yaml_source.parse(RULES, "a.yaml")
    assert source.data == {
        "rules": [
            {"name": "first", "for": "07:00", "labels": {"severity": "P1", "team": "mạng"}},
            {"name": "second"},
        ],
        "since": date(2026, 1, 2),
    }


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ((), 2),
        (("rules",), 2),
        (("rules", 0), 3),
        (("rules", 0, "for"), 4),
        (("rules", 0, "labels", "team"), 5),
        (("rules", 1), 7),
        (("rules", 1, "name"), 7),
        (("rules", 1, "for"), 7),
        (("rules", 0, "webhook", "for"), 4),
        (("since",), 8),
        (("nothing", "here"), 2),
    ],
    ids=str,
)
def test_line_of(location: tuple[str | int, ...], line: int) -> None:
    assert yaml_source.parse(RULES, "a.yaml").line(location) == line


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        pytest.param(
            "a: 1\nb:\n  c: 1\n  c: 2\na: 3\n",
            [
                "a.yaml:4: key 'c': appears twice, first in line 3",
                "a.yaml:5: key 'a': appears twice, first in line 1",
            ],
            id="every duplicate key is named with the line of the first",
        ),
        pytest.param(
            "a: [1\nb: 2\n",
            ["a.yaml:2: YAML: while parsing a flow sequence expected ',' or ']', but got ':'"],
            id="broken syntax",
        ),
        pytest.param(
            "--- 1\n--- 2\n",
            ["a.yaml:2: YAML: expected a single document in the stream but found another document"],
            id="two documents",
        ),
        pytest.param("a: &x\n  b: *x\n", ["a.yaml:1: a.b: contains itself"], id="a node inside itself"),
        pytest.param(
            "a: &x {q: 1}\nb:\n  <<: *x\n",
            ["a.yaml:3: key '<<': merge keys are not accepted: write the values out"],
            id="merge keys",
        ),
        pytest.param("? [1, 2]\n: 3\n", ["a.yaml:1: key: must be text or a whole number"], id="a list as key"),
        pytest.param("true: 3\n", ["a.yaml:1: key 'true': must be text or a whole number"], id="a boolean key"),
        pytest.param(
            "a: 1\nb: !!python/name:os.system x\n",
            [
                "a.yaml:2: YAML: could not determine a constructor for the tag "
                "'tag:yaml.org,2002:python/name:os.system'"
            ],
            id="a tag that would run code",
        ),
        pytest.param("a: 1\nb: x\x01y\n", ["a.yaml:2: character U+0001: is not printable"], id="a control character"),
    ],
)
def test_refused(text: str, errors: list[str]) -> None:
    assert refused(text) == errors


def test_an_alias_repeats_the_value() -> None:
    assert yaml_source.parse("a: &x [1, 2]\nb: *x\n", "a.yaml").data == {"a": [1, 2], "b": [1, 2]}


def test_an_empty_file_is_none() -> None:
    source = yaml_source.parse("# nothing yet\n", "a.yaml")
    assert (source.data, source.line(("a",))) == (None, 1)


def test_a_file_with_byte_order_mark_and_crlf(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    source = yaml_source.load(path)
    assert (source.data, source.line(("b",))) == ({"a": 1, "b": 2}, 2)


def test_bytes_that_are_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\nb: \xe9\n")
    with pytest.raises(ConfigErrors, match=r"a\.yaml:2: byte 0xe9: is not UTF-8$"):
        yaml_source.load(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors, match=r"none\.yaml: file: No such file or directory$"):
        yaml_source.load(tmp_path / "none.yaml")


class Channel(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["smtp", "webhook"]
    port: int = 25

    @field_validator("port")
    @classmethod
    def _port(cls, port: int) -> int:
        if port > 65535:
            raise ValueError("must be a port, 1 to 65535")
        return port


class Channels(BaseModel):
    channels: list[Channel | int]


def test_validate_returns_the_model() -> None:
    source = yaml_source.parse("channels:\n  - kind: smtp\n    port: 2525\n", "a.yaml")
    model = yaml_source.validate(Channels, source)
    assert model == Channels(channels=[Channel(kind="smtp", port=2525)])
    assert yaml_source.validate(Channel, source, ("channels", 0)).port == 2525


def test_validate_names_every_wrong_place_by_line() -> None:
    source = yaml_source.parse("a: 1\nb:\n  port: 70000\n  kind: fax\n  colour: red\n", "a.yaml")
    with pytest.raises(ConfigErrors) as caught:
        yaml_source.validate(Channel, source, ("b",))
    assert [str(error) for error in caught.value.errors] == [
        "a.yaml:3: b.port 70000: must be a port, 1 to 65535",
        "a.yaml:4: b.kind 'fax': must be 'smtp' or 'webhook'",
        "a.yaml:5: b.colour: unknown key",
    ]


def test_validate_points_at_the_parent_of_what_is_missing() -> None:
    source = yaml_source.parse("a: 1\nb:\n  port: 25\n", "a.yaml")
    with pytest.raises(ConfigErrors, match=r"^a\.yaml:2: b\.kind: is missing$"):
        yaml_source.validate(Channel, source, ("b",))
    with pytest.raises(ConfigErrors, match=r"^a\.yaml:1: c: is missing$"):
        yaml_source.validate(Channel, source, ("c",))


def test_validate_finds_the_line_below_the_names_of_union_members() -> None:
    source = yaml_source.parse("channels:\n  - kind: smtp\n    port: x\n", "a.yaml")
    with pytest.raises(ConfigErrors) as caught:
        yaml_source.validate(Channels, source)
    assert [error.line for error in caught.value.errors] == [2, 3]


def test_long_values_are_cut() -> None:
    source = yaml_source.parse(f"kind: {'x' * 500}\n", "a.yaml")
    with pytest.raises(ConfigErrors) as caught:
        yaml_source.validate(Channel, source)
    assert len(str(caught.value)) < 120
