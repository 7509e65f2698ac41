"""Matchers and the routing tree."""

from datetime import timedelta

import pytest

from alerts.matchers import parse_matcher
from alerts.routes import Route, Waits, group_for, routes_for, routing_labels

WAITS = Waits(timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=4))


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ('severity="1"', {"severity": "1"}, True),
        ("severity=1", {"severity": "1"}, True),
        (' severity != "1" ', {"severity": "2"}, True),
        ('unit!="66"', {}, True),
        ('unit=""', {}, True),
        ('alertname=~"Dossier.*"', {"alertname": "DossierOverdue"}, True),
        ('alertname=~"Dossier"', {"alertname": "DossierOverdue"}, False),
        ('alertname!~"Dossier.*|Source.*"', {"alertname": "SourceSilent"}, False),
        ('title="Nói \\"có\\""', {"title": 'Nói "có"'}, True),
    ],
)
def test_a_matcher_matches(text: str, labels: dict[str, str], expected: bool) -> None:
    assert parse_matcher(text).matches(labels) is expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("severity", "is not a matcher"),
        ("severity=1 2", "is not a matcher"),
        ('Severity="1"', "is not a matcher"),
        ('severity="1', "is not a matcher"),
        ('severity=="1"', "is not a matcher"),
        ('unit=~"("', "is not a regular expression"),
    ],
)
def test_a_broken_matcher_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_matcher(text)


def route(name: str, *matchers: str, go_on: bool = False, routes: tuple[Route, ...] = ()) -> Route:
    """A route that is known by its receiver."""
    return Route(
        path=name,
        receiver=name,
        group_by=("alertname",),
        waits=WAITS,
        matchers=tuple(parse_matcher(matcher) for matcher in matchers),
        go_on=go_on,
        routes=routes,
    )


TREE = route(
    "root",
    routes=(
        route("screens", 'severity="4"'),
        route("copy", 'unit=~"66.*"', go_on=True),
        route("security", 'team="security"', routes=(route("night", 'severity="1"'),)),
        route("critical", 'severity=~"1|2"'),
    ),
)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"severity": "3"}, ["root"]),
        ({"severity": "4", "unit": "66001"}, ["screens"]),
        ({"severity": "2", "unit": "66001"}, ["copy", "critical"]),
        ({"severity": "3", "unit": "66001"}, ["copy"]),
        ({"severity": "1", "team": "security"}, ["night"]),
        ({"severity": "2", "team": "security"}, ["security"]),
    ],
    ids=[
        "what nothing matches goes to the root",
        "the first match ends the search",
        "`continue` asks the siblings too",
        "a match that goes on still counts",
        "the deepest match wins",
        "without a deeper match the node itself",
    ],
)
def test_the_tree(labels: dict[str, str], expected: list[str]) -> None:
    assert [found.receiver for found in routes_for(TREE, labels)] == expected


def test_alerts_with_the_same_labels_in_group_by_share_a_group() -> None:
    one = routing_labels("SystemDown", 1, {"system": "igate", "target": "a"})
    other = routing_labels("SystemDown", 1, {"system": "idesk", "target": "b"})
    by_name = route("x")
    assert group_for(by_name, one).key == group_for(by_name, other).key
    assert group_for(by_name, one).labels == {"alertname": "SystemDown"}
    alone = Route("x", "x", None, WAITS, (), go_on=False, routes=())
    assert group_for(alone, one).key != group_for(alone, other).key
    assert group_for(alone, one).labels == one


def test_a_group_of_another_route_or_receiver_is_another_group() -> None:
    labels = routing_labels("SystemDown", 1, {})
    assert group_for(route("a"), labels).key != group_for(route("b"), labels).key
