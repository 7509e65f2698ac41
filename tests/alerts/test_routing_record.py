"""The recorded tree says of every alert what the leader does with it, and why; random trees agree."""

from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.outcome import Surroundings
from alerts.matchers import parse_matcher
from alerts.receivers import make_receivers
from alerts.route_file import load_routing
from alerts.routes import Route, Waits, group_for, routes_for
from alerts.routing_record import node, to_record
from ioc_core.routing import Asked, Routing, group_labels, taken, walk

WAITS = Waits(timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=4))
ROUTES = """
route:
  receiver: all
  routes:
    - matchers: [severity="1", team!="b"]
      receiver: duty
      routes:
        - {matchers: [unit=~"2.*"], receiver: commune}
    - {matchers: [severity=~"1|2"], receiver: log, continue: true}
    - {matchers: [severity="2"], receiver: office}
    - {matchers: [severity="2"], receiver: nobody}
receivers:
  - {name: all, channels: [{type: webhook, url: "http://127.0.0.1/"}, {type: webhook, url_env: NOT_SET}]}
  - {name: duty}
  - {name: commune}
  - {name: log}
  - {name: office}
  - {name: nobody}
"""


def recorded(folder: Path) -> Routing:
    """What a leader with these routes records, through JSON and back."""
    (folder / "routes.yaml").write_text(dedent(ROUTES), encoding="utf-8")
    routing = load_routing(folder)
    made = to_record(routing, make_receivers(routing, Surroundings({}, ZoneInfo("UTC"))))
    return msgspec.convert(msgspec.to_builtins(made), Routing)


def said(routing: Routing, **labels: str) -> list[str]:
    return [
        f"{visit.node.receiver} {visit.asked}" + (f" {visit.failed}" if visit.failed else "")
        for visit in walk(routing.root, labels)
    ]


def test_every_route_says_why(tmp_path: Path) -> None:
    routing = recorded(tmp_path)
    assert said(routing, severity="1", unit="22015") == [
        "all passed_down", "duty passed_down", "commune taken", "log not_asked", "office not_asked",
        "nobody not_asked",
    ]  # fmt: skip
    assert said(routing, severity="2") == [
        "all passed_down", 'duty no_match severity="1"', "log taken", "office taken", "nobody not_asked",
    ]  # fmt: skip
    assert said(routing, severity="1", team="b") == [
        "all passed_down", 'duty no_match team!="b"', "log taken", 'office no_match severity="2"',
        'nobody no_match severity="2"',
    ]  # fmt: skip
    assert said(routing, severity="4")[0] == "all taken"
    assert [visit.place for visit in walk(routing.root, {"severity": "1", "unit": "2"})][:3] == [(), (0,), (0, 0)]


def test_what_of_the_receivers_does_not_work(tmp_path: Path) -> None:
    routing = recorded(tmp_path)
    assert [(channel.name, channel.disabled) for channel in routing.receivers[0].channels] == [
        ("webhook/0", ""), ("webhook/1", "NOT_SET isn't set"),
    ]  # fmt: skip
    assert routing.reachable("all")
    assert not routing.reachable("duty")


_MATCHERS = st.builds(
    lambda label, operator, value: parse_matcher(f'{label}{operator}"{value}"'),
    st.sampled_from("abc"),
    st.sampled_from(["=", "!=", "=~", "!~"]),
    st.sampled_from(["", "1", "2", "1|2", ".*"]),
)
_TREES = st.recursive(
    st.just(()),
    lambda below: st.lists(
        st.builds(
            Route,
            path=st.just(""),
            receiver=st.sampled_from("xyz"),
            group_by=st.sampled_from([None, (), ("a",), ("b", "c")]),
            waits=st.just(WAITS),
            matchers=st.lists(_MATCHERS, min_size=1, max_size=2).map(tuple),
            go_on=st.booleans(),
            routes=below,
        ),
        max_size=3,
    ).map(tuple),
    max_leaves=12,
)


@given(_TREES, st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"), max_size=3))
def test_it_takes_the_routes_that_the_leader_takes(routes: tuple[Route, ...], labels: dict[str, str]) -> None:
    root = Route("", "root", ("a",), WAITS, (), go_on=False, routes=routes)
    own = routes_for(root, labels)
    found = taken(node(root), labels)
    assert found == [node(route) for route in own]
    assert [group_labels(each, labels) for each in found] == [dict(group_for(route, labels).labels) for route in own]
    assert [visit.node for visit in walk(node(root), labels) if visit.asked is Asked.TAKEN] == found
