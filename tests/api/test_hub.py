"""The hub, with lines in memory: what each client sees, however it comes and goes and however slow it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from ioc_api.accounts.principals import Credential, Principal
from ioc_api.accounts.roles import Role
from ioc_api.accounts.secrets import TokenKind
from ioc_api.feed.client import SLOW_SECONDS, FeedClient
from ioc_api.feed.hub import Hub
from ioc_api.feed.view import View
from ioc_api.instruments import Instruments
from ioc_api.projector.difference import apply
from ioc_core.live import Delta, Topic, encode
from tests.api.lines import MemoryLine, Screen

START = datetime(2026, 7, 1, tzinfo=UTC)
EVERYTHING = View(frozenset(Topic))
PRINCIPAL = Principal(
    name="wall", role=Role.KIOSK, scope=None, units=None, credential=Credential(TokenKind.TOKEN, b"")
)


class Clock:
    """A time that only the test moves."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


def new_hub(clock: Clock) -> Hub:
    hub = Hub(Instruments(CollectorRegistry()), clock, keep=timedelta(minutes=10))
    hub.load({topic: {} for topic in Topic}, stream="S", seq=10)
    return hub


@pytest.fixture
def hub(clock: Clock) -> Hub:
    return new_hub(clock)


def connect(hub: Hub, clock: Clock, line: MemoryLine, view: View = EVERYTHING, **resume: Any) -> FeedClient:
    client = FeedClient(line, view, PRINCIPAL, clock)
    line.client = client
    hub.join(client, **resume)
    return client


def publish(hub: Hub, clock: Clock, seq: int, topic: Topic, **items: Any) -> None:
    hub.publish(seq, encode(Delta(topic, items, clock())), published_at=clock())


def test_a_client_gets_a_snapshot_then_deltas_then_heartbeats(hub: Hub, clock: Clock) -> None:
    line = MemoryLine()
    connect(hub, clock, line)
    publish(hub, clock, 11, Topic.UNITS, a={"open": 1})
    hub.beat()
    assert [message["type"] for message in line.messages] == ["snapshot", "delta", "heartbeat"]
    assert line.messages[0]["stream"] == "S"
    assert line.messages[0]["seq"] == 10
    assert line.messages[0]["reason"] == "connect"
    assert set(line.messages[0]["state"]) == {topic.value for topic in Topic}
    assert line.messages[1]["items"] == {"a": {"open": 1}}
    assert line.messages[2]["seq"] == 11


def test_a_client_only_hears_of_the_topics_it_asked_for(hub: Hub, clock: Clock) -> None:
    line = MemoryLine()
    connect(hub, clock, line, View(frozenset({Topic.ALERTS})))
    publish(hub, clock, 11, Topic.UNITS, a=1)
    publish(hub, clock, 12, Topic.ALERTS, b=2)
    assert [message["seq"] for message in line.messages] == [10, 12]
    assert set(line.messages[0]["state"]) == {"alerts"}


def test_a_scope_hides_the_other_units_and_their_alerts(hub: Hub, clock: Clock) -> None:
    publish(hub, clock, 11, Topic.UNITS, U1=1, U2=2)
    line = MemoryLine()
    connect(hub, clock, line, View(frozenset({Topic.UNITS, Topic.ALERTS}), frozenset({"U1"})))
    publish(hub, clock, 12, Topic.ALERTS, **{"Overdue:U2": 1})
    publish(hub, clock, 13, Topic.ALERTS, **{"Overdue:U1": 1, "Down:": 2})
    publish(hub, clock, 14, Topic.UNITS, U2=5)
    screen = Screen()
    for message in line.messages:
        screen.take(message)
    assert screen.state == {"units": {"U1": 1}, "alerts": {"Overdue:U1": 1}}
    assert [message["seq"] for message in line.messages] == [11, 13]


@pytest.mark.parametrize(
    ("since", "stream", "expected"),
    [
        pytest.param(11, "S", ["resumed", "delta"], id="within the history, what was missed follows"),
        pytest.param(12, "S", ["resumed"], id="nothing was missed"),
        pytest.param(10, "S", ["resumed", "delta", "delta"], id="at the floor, everything follows"),
        pytest.param(9, "S", ["snapshot"], id="before the history, a new snapshot"),
        pytest.param(11, "T", ["snapshot"], id="of another stream, a new snapshot"),
        pytest.param(11, None, ["snapshot"], id="without a stream, a new snapshot"),
        pytest.param(999, "S", ["snapshot"], id="of a future that hasn't been, a new snapshot"),
    ],
)
def test_resuming(hub: Hub, clock: Clock, since: int, stream: str | None, expected: list[str]) -> None:
    publish(hub, clock, 11, Topic.UNITS, a=1)
    publish(hub, clock, 12, Topic.UNITS, b=2)
    line = MemoryLine()
    connect(hub, clock, line, since=since, stream=stream)
    assert [message["type"] for message in line.messages] == expected
    if expected == ["snapshot"]:
        assert line.messages[0]["reason"] == "expired"


def test_a_lost_stream_brings_everybody_a_new_snapshot(hub: Hub, clock: Clock) -> None:
    line = MemoryLine()
    connect(hub, clock, line)
    publish(hub, clock, 11, Topic.UNITS, a=1)
    hub.load({Topic.UNITS: {"z": 9}}, stream="T", seq=3)
    last = line.messages[-1]
    assert (last["type"], last["reason"], last["stream"], last["seq"]) == ("snapshot", "reset", "T", 3)
    late = MemoryLine()
    connect(hub, clock, late, since=11, stream="T")
    assert late.messages[0]["type"] == "snapshot", "what was before the loss can't be joined to"


def test_before_the_state_is_loaded_only_heartbeats_come(clock: Clock) -> None:
    hub = Hub(Instruments(CollectorRegistry()), clock, keep=timedelta(minutes=10))
    line = MemoryLine()
    connect(hub, clock, line)
    hub.beat()
    assert [message["type"] for message in line.messages] == ["heartbeat"]
    hub.load({Topic.UNITS: {}}, stream="S", seq=1)
    assert line.messages[-1]["type"] == "snapshot"
    assert line.messages[-1]["reason"] == "connect"


def test_a_full_line_gets_only_the_newest_values_once_it_is_free(hub: Hub, clock: Clock) -> None:
    slow, quick = MemoryLine(), MemoryLine()
    client = connect(hub, clock, slow)
    connect(hub, clock, quick)
    client.pause()
    for value in range(100):
        publish(hub, clock, 11 + value, Topic.UNITS, a=value)
    hub.beat()
    assert len(slow.messages) == 1, "only the snapshot so far"
    assert len(quick.messages) == 102, "the quick one has had it all"
    slow.drain()
    assert [(message["seq"], message["items"]) for message in slow.messages[1:]] == [(110, {"a": 99})]
    assert client.coalesced == 99


def test_a_line_that_stays_full_is_cut_with_1013_and_the_others_are_not(hub: Hub, clock: Clock) -> None:
    slow, quick = MemoryLine(), MemoryLine()
    connect(hub, clock, slow).pause()
    connect(hub, clock, quick)
    clock.at += timedelta(seconds=SLOW_SECONDS)
    hub.beat()
    assert slow.closed is None
    clock.at += timedelta(seconds=1)
    hub.beat()
    assert slow.closed is not None
    assert slow.closed[0] == 1013
    assert quick.closed is None
    assert len(hub.clients) == 1


def test_a_line_that_is_freed_in_time_is_not_cut(hub: Hub, clock: Clock) -> None:
    line = MemoryLine()
    client = connect(hub, clock, line)
    for _ in range(10):
        client.pause()
        clock.at += timedelta(seconds=SLOW_SECONDS - 1)
        hub.beat()
        line.drain()
    assert line.closed is None


def test_one_frame_is_made_for_all_clients_of_a_view(hub: Hub, clock: Clock) -> None:
    frames: list[bytes] = []

    class Recorder(MemoryLine):
        def write(self, data: bytes) -> None:
            frames.append(data)

    for _ in range(3):
        connect(hub, clock, Recorder())
    assert frames[0] is frames[1] is frames[2], "snapshots"
    frames.clear()
    publish(hub, clock, 11, Topic.UNITS, a=1)
    assert frames[0] is frames[1] is frames[2], "deltas"


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("publish"),
            st.sampled_from([Topic.UNITS, Topic.ALERTS]),
            st.dictionaries(st.sampled_from("abcdefgh"), st.one_of(st.none(), st.integers(0, 99)), min_size=1),
        ),
        st.tuples(st.sampled_from(["pause", "drain", "reconnect", "reset", "beat"]), st.none(), st.none()),
    ),
    max_size=40,
)


@settings(max_examples=500)
@given(steps)
def test_whatever_happens_snapshot_and_deltas_end_in_the_same_state(
    story: list[tuple[str, Topic | None, dict[str, Any] | None]],
) -> None:
    clock = Clock()
    hub = new_hub(clock)
    truth: dict[str, dict[str, Any]] = {topic.value: {} for topic in Topic}
    screen, line = Screen(), MemoryLine(limit=400)
    client = connect(hub, clock, line)
    seq = 10
    for what, topic, items in story:
        seq += 1
        if what == "publish":
            assert topic is not None
            assert items is not None
            apply(truth[topic.value], items)
            publish(hub, clock, seq, topic, **items)
        elif what == "pause":
            client.pause()
        elif what == "drain":
            line.drain()
        elif what == "beat":
            hub.beat()
        elif what == "reset":
            hub.load({Topic(name): dict(held) for name, held in truth.items()}, stream=f"S{seq}", seq=seq)
        else:
            for message in line.messages:
                screen.take(message)
            hub.leave(client)
            line = MemoryLine(limit=400)
            client = connect(hub, clock, line, since=screen.seq, stream=screen.stream)
    line.drain()
    while client.paused:  # what waits may fill the line again
        line.drain()
    for message in line.messages:
        screen.take(message)
    assert screen.state == truth
    assert {topic.value: items for topic, items in hub.state.items()} == truth
