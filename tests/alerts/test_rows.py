"""From a rule's rows to alerts: identity, content, text."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.query import EvaluationError
from alerts.rows import finding, plain
from alerts.rule import Annotations, Rule, fingerprint
from alerts.rule_file import load_rules
from alerts.templates import TemplateFault, Templates, duration, number
from tests.conftest import CONFIG

TEMPLATES = Templates(ZoneInfo("Asia/Ho_Chi_Minh"))
AT = datetime(2026, 11, 20, 20, 4, 5, tzinfo=UTC)
RULE: Rule = replace(
    load_rules(CONFIG, TEMPLATES)[0],
    alert="Test",
    severity="grade",
    labels={"team": "ops"},
    details=("since", "codes"),
    annotations=Annotations("{{ host }} {{ value | number(1) }} từ {{ since | local }}", "", "{{ codes | join }}", ""),
)
ROW = {
    "host": "a",
    "port": 22,
    "up": False,
    "gone": None,
    "value": Decimal("12.5"),
    "grade": 2,
    "since": AT,
    "codes": [],
}


def test_a_row_becomes_an_alert() -> None:
    found = finding(RULE, ROW, TEMPLATES)
    assert found.labels == {"team": "ops", "host": "a", "port": "22", "up": "false"}
    assert (found.severity, found.value) == (2, 12.5)
    assert found.details == {"since": "2026-11-20T20:04:05+00:00", "codes": []}
    assert found.annotations == {"summary": "a 12,5 từ 03:04 ngày 21/11"}
    assert found.fingerprint == fingerprint("Test", found.labels)


@pytest.mark.parametrize(
    ("change", "same_identity", "same_content"),
    [
        ({}, True, True),
        ({"gone": ""}, True, True),
        ({"value": 13}, True, False),
        ({"grade": 1}, True, False),
        ({"since": AT + timedelta(seconds=1)}, True, False),
        ({"host": "b"}, False, False),
        ({"gone": "back"}, False, True),
    ],
    ids=["nothing", "empty is absent", "the value", "the severity", "a detail", "a label", "a label more"],
)
def test_what_makes_it_another_alert(change: dict[str, object], same_identity: bool, same_content: bool) -> None:
    before, after = finding(RULE, ROW, TEMPLATES), finding(RULE, ROW | change, TEMPLATES)
    assert (before.fingerprint == after.fingerprint) is same_identity
    assert (before.content_id == after.content_id) is same_content


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"grade": None}, "column grade must be a severity from 1 to 4, got None"),
        ({"grade": 0}, "column grade must be a severity from 1 to 4, got 0"),
        ({"value": "many"}, "column value must be a number, got 'many'"),
        ({"since": None}, "annotation summary: AttributeError"),
    ],
)
def test_a_row_that_makes_no_sense_fails_the_rule(change: dict[str, object], reason: str) -> None:
    with pytest.raises(EvaluationError, match=reason):
        finding(RULE, ROW | change, TEMPLATES)


@given(
    st.dictionaries(st.text("ab_", min_size=1, max_size=3), st.text("ab=,", max_size=3), max_size=3),
    st.dictionaries(st.text("ab_", min_size=1, max_size=3), st.text("ab=,", max_size=3), max_size=3),
)
def test_only_equal_labels_have_equal_fingerprints(one: dict[str, str], other: dict[str, str]) -> None:
    assert (fingerprint("R", one) == fingerprint("R", other)) is (one == other)
    assert fingerprint("R", one) == fingerprint("R", dict(reversed(one.items())))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (float("nan"), None),
        (float("inf"), None),
        (Decimal("1.5"), 1.5),
        (timedelta(minutes=1), 60.0),
        (date(2026, 11, 20), "2026-11-20"),
        ({"a": (1, AT)}, {"a": [1, AT.isoformat()]}),
        (ZoneInfo("UTC"), "UTC"),
    ],
)
def test_details_are_json(value: object, kept: object) -> None:
    assert plain(value) == kept


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 giây"), (59, "59 giây"), (60, "1 phút"), (3599, "59 phút"), (3600, "1 giờ"), (5400, "1 giờ 30 phút"),
        (86400, "1 ngày"), (270000, "3 ngày 3 giờ"), (-5400, "-1 giờ 30 phút"), (timedelta(hours=2), "2 giờ"),
    ],
)  # fmt: skip
def test_durations_in_vietnamese(seconds: float | timedelta, text: str) -> None:
    assert duration(seconds) == text


def test_numbers_in_vietnamese() -> None:
    assert [number(1234.5, 1), number(1234567), number(0.05, 2)] == ["1.234,5", "1.234.567", "0,05"]


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ host.__init__.__globals__ }}",
        "{{ codes.append(1) }}",
        "{{ nothing }}",
        "{{ 1 / 0 }}",
    ],
)
def test_templates_can_do_no_harm(source: str) -> None:
    with pytest.raises(TemplateFault):
        TEMPLATES.render(source, dict(ROW))
    assert ROW["codes"] == []
