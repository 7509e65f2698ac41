"""What other systems send, as alerts of ours: a table of what is right and what is wrong with it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from ioc_api.alertmanager import external_file
from ioc_api.alertmanager.external_file import ExternalConfig
from ioc_api.alertmanager.receiving import PostedAlert, decode, received
from ioc_core.errors import ConfigErrors, InputError
from ioc_core.external_alerts import ExternalAlert
from tests.conftest import CONFIG

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ZERO = datetime(1, 1, 1, tzinfo=UTC)


def take(*posted: PostedAlert, units: frozenset[str] | None = None) -> tuple[list[ExternalAlert], list[str]]:
    return received(posted, ExternalConfig(), sender="token:prometheus", units=units, now=NOW)


def one(**said: object) -> ExternalAlert:
    right, wrong = take(PostedAlert(**{"labels": {"alertname": "Down"}, **said}))  # type: ignore[arg-type]
    assert not wrong
    return right[0]


def test_a_post_of_prometheus_is_read() -> None:
    body = (
        b'[{"annotations":{"summary":"node a"},"endsAt":"2026-11-20T03:04:00.000Z",'
        b'"startsAt":"2026-11-20T03:00:00.000Z",'
        b'"generatorURL":"http://prometheus:9090/graph?g0.expr=up","labels":{"alertname":"Down","severity":"critical"}}]'
    )
    (alert,), wrong = take(*decode(body))
    assert not wrong
    assert (alert.rule, alert.severity, alert.labels) == ("Down", 1, {"sent_severity": "critical"})
    assert (alert.starts_at, alert.ends_at) == (NOW, NOW + 4 * MINUTE)
    assert alert.annotations == {"summary": "node a"}
    assert alert.details == {
        "starts_at": "2026-11-20T03:00:00+00:00",
        "generator_url": "http://prometheus:9090/graph?g0.expr=up",
        "sender": "token:prometheus",
    }


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "expected"),
    [
        pytest.param(None, None, (NOW, NOW + 5 * MINUTE), id="nothing said: from now until resolve_timeout"),
        pytest.param(ZERO, ZERO, (NOW, NOW + 5 * MINUTE), id="Go's zero time says nothing"),
        pytest.param(NOW - MINUTE, None, (NOW - MINUTE, NOW + 5 * MINUTE), id="a beginning"),
        pytest.param(None, NOW - MINUTE, (NOW - MINUTE, NOW - MINUTE), id="only an end"),
        pytest.param(NOW - MINUTE, NOW + MINUTE, (NOW - MINUTE, NOW + MINUTE), id="both"),
    ],
)
def test_beginning_and_end(
    starts_at: datetime | None, ends_at: datetime | None, expected: tuple[datetime, datetime]
) -> None:
    alert = one(starts_at=starts_at, ends_at=ends_at)
    assert (alert.starts_at, alert.ends_at) == expected


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ("critical", 1),
        ("CRITICAL", 1),
        ("error", 2),
        ("high", 2),
        ("warning", 3),
        ("info", 4),
        ("2", 2),
        ("", 3),
        ("?", 3),
    ],
)
def test_severities(said: str, severity: int) -> None:
    assert one(labels={"alertname": "Down", "severity": said}).severity == severity


@pytest.mark.parametrize(
    ("annotations", "summary"),
    [
        pytest.param({"summary": "a\n b", "description": "c"}, "a b", id="the summary on one line"),
        pytest.param({"description": "c", "message": "m"}, "m", id="else a message"),
        pytest.param({"summary": ""}, "Down (host=a)", id="else name and labels"),
    ],
)
def test_there_is_always_a_summary(annotations: dict[str, str], summary: str) -> None:
    alert = one(labels={"alertname": "Down", "host": "a"}, annotations=annotations)
    assert alert.annotations["summary"] == summary


@pytest.mark.parametrize(
    ("alert", "why"),
    [
        (PostedAlert(labels={}), "at least one label pair required"),
        (PostedAlert(labels={"a": ""}), "at least one label pair required"),
        (PostedAlert(labels={"a b": "x"}), "label 'a b': invalid name: letters, digits and _"),
        (PostedAlert(labels={"a": "x\0"}), "label a: has a NUL character"),
        (PostedAlert(labels={"a": "x" * 4001}), "label a: has 4001 characters, at most 4000"),
        (PostedAlert(labels={"a": "x"}, annotations={"ä": "x"}),
         "annotation 'ä': invalid name: letters, digits and _"),
        (PostedAlert(labels={"a": "x"}, starts_at=NOW, ends_at=NOW - MINUTE), "start time must be before end time"),
        (PostedAlert(labels={"a": "x"}, starts_at=NOW.replace(tzinfo=None)),
         "startsAt 2026-11-20T03:00:00: has no time zone"),
        (PostedAlert(labels={"a": "x"}, ends_at=datetime(9999, 1, 1, tzinfo=UTC)),
         "endsAt 9999-01-01T00:00:00+00:00: must be from 1970 to 2199"),
        (PostedAlert(labels={f"l{n}": "x" for n in range(101)}), "has 101 labels, at most 100"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_the_others_are_taken(alert: PostedAlert, why: str) -> None:
    right, wrong = take(PostedAlert(labels={"alertname": "Right"}), alert)
    assert [item.rule for item in right] == ["Right"]
    assert wrong == [f"alert 1: {why}"]


def test_the_same_labels_are_the_same_alert_whatever_their_order_and_empty_ones() -> None:
    twice = PostedAlert(labels={"a": "1", "b": "2"}), PostedAlert(labels={"b": "2", "a": "1", "c": ""})
    right, wrong = take(*twice, PostedAlert(labels={"a": "12", "b": ""}))
    assert (len(right), wrong) == (2, [])
    critical, warning = (one(labels={"alertname": "Down", "severity": word}) for word in ("critical", "warning"))
    assert critical.fingerprint != warning.fingerprint, "two rules of one Prometheus may share a name"


def test_a_scope_covers_what_may_be_said() -> None:
    mine, other = (PostedAlert(labels={"alertname": "Down", "unit": unit}) for unit in ("22015", "24133"))
    right, wrong = take(mine, other, PostedAlert(labels={"alertname": "Down"}), units=frozenset({"22015"}))
    assert [alert.labels["unit"] for alert in right] == ["22015"]
    assert wrong == [f"alert {n}: label unit must be one that the token's scope covers" for n in (1, 2)]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[1]", b'[{"labels":{"a":1}}]', b'[{"labels":{"a":"\xff"}}]', b"[" * 5000]
)
def test_a_body_that_is_no_list_of_alerts_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        decode(body)


def test_the_shipped_file_is_right_and_says_what_the_words_mean() -> None:
    config = external_file.load(CONFIG)
    assert config.resolve_timeout == 5 * MINUTE
    assert [config.severity.of({"severity": word}) for word in ("critical", "Page", "high", "warning", "low")] == [
        1, 1, 2, 3, 4,
    ]  # fmt: skip


def test_without_the_file_there_are_defaults(tmp_path: Path) -> None:
    assert external_file.load(tmp_path) == ExternalConfig()


def test_a_wrong_file_is_refused_by_line(tmp_path: Path) -> None:
    (tmp_path / "external.yaml").write_text(
        dedent("""
        resolve_timeout: 1s
        severity:
          label: a b
          values: {critical: 5}
        """),
        encoding="utf-8",
    )
    with pytest.raises(ConfigErrors) as caught:
        external_file.load(tmp_path)
    assert [error.line for error in caught.value.errors] == [2, 4, 5]
