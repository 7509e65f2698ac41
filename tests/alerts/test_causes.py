"""Alerts that other alerts explain: pure, and as a night."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.matchers import parse_matcher
from alerts.mutes.causes import Causes, Dependencies, InhibitRule, System, depending, inhibited, stands_on
from alerts.mutes.mute import Kind, Target
from ioc_core.alert_lifecycle import close
from tests.alerts.night import ROUTES, RULES, START, Night


def rule(source: str, target: str, *equal: str) -> InhibitRule:
    return InhibitRule("r", (parse_matcher(source),), (parse_matcher(target),), equal)


def alert(number: int, unit: str = "", **labels: str) -> Target:
    return Target(number, labels, unit, f"alert {number}")


LINE, PORTAL = alert(1, unit="A", kind="line", unit_label="A"), alert(2, unit="A", kind="portal", unit_label="A")
OTHER = alert(3, unit="B", kind="portal", unit_label="B")
BARE_LINE, BARE = alert(4, kind="line"), alert(5, kind="portal")
BOTH, BOTH_TOO = alert(6, kind="line", also="portal"), alert(7, kind="line", also="portal")

CASES = [
    ("a source mutes targets that agree", rule('kind="line"', 'kind="portal"', "unit_label"), [LINE], [PORTAL, OTHER],
     [2]),
    ("a label that neither has is equal", rule('kind="line"', 'kind="portal"', "unit_label"), [BARE_LINE],
     [PORTAL, BARE], [5]),
    ("without equal labels everything", rule('kind="line"', 'kind="portal"'), [LINE], [PORTAL, OTHER, BARE],
     [2, 3, 5]),
    ("no source, no mute", rule('kind="line"', 'kind="portal"'), [PORTAL], [PORTAL, OTHER], []),
    ("nothing mutes itself", rule('kind="line"', 'also="portal"'), [BOTH], [BOTH], []),
    ("two that are both don't mute each other", rule('kind="line"', 'also="portal"'), [BOTH, BOTH_TOO],
     [BOTH, BOTH_TOO], []),
    ("a source that isn't a target mutes both", rule('kind="line"', 'also="portal"'), [BOTH, LINE], [BOTH, BOTH_TOO],
     [6, 7]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("of", "firing", "targets", "muted"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_inhibition(of: InhibitRule, firing: list[Target], targets: list[Target], muted: list[int]) -> None:
    found = list(inhibited(of, firing, targets))
    assert [alert_id for alert_id, _ in found] == muted
    assert all(mute.kind is Kind.INHIBITED and mute.ref == "r" for _, mute in found)


LABELS = st.fixed_dictionaries({}, optional={name: st.sampled_from("xy") for name in "abc"})
MATCHERS = st.builds(
    lambda name, operator, value: parse_matcher(f'{name}{operator}"{value}"'),
    st.sampled_from("abc"),
    st.sampled_from(["=", "!=", "=~"]),
    st.sampled_from(["x", "y", "", "x|y"]),
)


@given(
    sources=st.lists(MATCHERS, min_size=1, max_size=2),
    targets=st.lists(MATCHERS, min_size=1, max_size=2),
    equal=st.sets(st.sampled_from("abc")),
    labels=st.lists(LABELS, max_size=8),
)
def test_inhibition_is_alertmanagers_word_for_word(
    sources: list[object], targets: list[object], equal: set[str], labels: list[dict[str, str]]
) -> None:
    """Against the sentence of its documentation, pair by pair."""
    of = InhibitRule("r", tuple(sources), tuple(targets), tuple(sorted(equal)))  # type: ignore[arg-type]
    alerts = [Target(number, said, "") for number, said in enumerate(labels)]

    def is_source(one: Target) -> bool:
        return all(matcher.matches(one.labels) for matcher in of.sources)

    def is_target(one: Target) -> bool:
        return all(matcher.matches(one.labels) for matcher in of.targets)

    expected = {
        target.alert_id
        for target in alerts
        if is_target(target)
        and any(
            is_source(source)
            and all(source.labels.get(name, "") == target.labels.get(name, "") for name in equal)
            and not (is_source(target) and is_target(source))
            for source in alerts
        )
    }
    assert {alert_id for alert_id, _ in inhibited(of, alerts, alerts)} == expected


SYSTEMS = {
    code: System(code, code.upper(), owner, frozenset(below))
    for code, owner, below in [
        ("net", "IT", ()), ("auth", "IT", ("net",)), ("portal", "OFFICE", ("auth",)), ("mail", "IT", ()),
    ]
}  # fmt: skip
DOWN = Dependencies((parse_matcher('alertname="Down"'),), (parse_matcher('alertname=~"Down|Slow"'),))


def down(number: int, system: str, unit: str = "", name: str = "Down") -> Target:
    return Target(number, {"alertname": name, "system": system}, unit, f"{system} hỏng")


DEPENDING = [
    ("what stands on it, however indirectly", [down(1, "net")], [down(1, "net"), down(2, "portal"), down(3, "mail")],
     [(2, "net")]),
    ("each that is below", [down(1, "net"), down(2, "auth")], [down(3, "portal")], [(3, "auth"), (3, "net")]),
    ("down at a unit: only there", [down(1, "net", "A")], [down(2, "portal", "A"), down(3, "portal", "B")],
     [(2, "net")]),
    ("down at its owner: everywhere", [down(1, "net", "IT")], [down(2, "portal", "A")], [(2, "net")]),
    ("not what stands above", [down(1, "portal")], [down(2, "net")], []),
    ("not what isn't asked for", [down(1, "net")], [down(2, "portal", name="Other")], []),
    ("not by what isn't down", [down(1, "net", name="Slow")], [down(2, "portal")], []),
    ("not of unknown systems", [down(1, "x")], [down(2, "y"), down(3, "")], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("firing", "targets", "muted"), [row[1:] for row in DEPENDING], ids=[row[0] for row in DEPENDING]
)
def test_dependencies(firing: list[Target], targets: list[Target], muted: list[tuple[int, str]]) -> None:
    found = [(alert_id, mute.ref) for alert_id, mute in depending(DOWN, SYSTEMS, firing, targets)]
    assert found == muted
    for _, mute in depending(DOWN, SYSTEMS, firing, targets):
        assert mute.reason == f"Phụ thuộc {mute.ref.upper()}: {mute.ref} hỏng"


def test_what_a_system_stands_on_never_is_itself() -> None:
    circle = {code: System(code, code, "", frozenset({other})) for code, other in [("a", "b"), ("b", "a")]}
    assert stands_on("a", circle) == {"b"}
    assert stands_on("portal", SYSTEMS) == {"auth", "net"}


def test_only_alerts_that_can_explain_have_others_looked_at() -> None:
    assert Causes().source_rules() == frozenset()
    named = InhibitRule("r", (parse_matcher('alertname="A"'),), (parse_matcher('x="y"'),), ())
    assert Causes((named,), DOWN).source_rules() == frozenset({"A", "Down"})
    unnamed = InhibitRule("r", (parse_matcher('alertname=~"A"'),), (parse_matcher('x="y"'),), ())
    assert Causes((named, unnamed)).source_rules() is None


INHIBITING = (
    ROUTES
    + """
inhibit_rules:
  - {name: line, source_matchers: [host="line"], target_matchers: [host=~"portal.*"]}
"""
)


async def told(night: Night, clock: str) -> list[str]:
    return sorted(await night.at(clock))


async def test_a_line_that_is_down_is_one_page_and_its_portals_none(night: Night) -> None:
    await night.lead(RULES, INHIBITING)
    for host in ("line", "portal1", "portal2", "other"):
        await night.heat(host, 11)
    await night.at("0:00")
    assert await told(night, "0:02") == ["[P1] line nóng", "[P1] other nóng"]
    notes = await night.pool.fetch("SELECT kind, ref, reason, until FROM alert_mutes")
    assert [tuple(row) for row in notes] == [("inhibited", "line", "Đã có cảnh báo khác: line nóng", None)] * 2
    await night.heat("other", 1)
    await night.heat("line", 1)
    await night.heat("portal1", 1)
    await night.at("0:03")
    assert await told(night, "0:04") == ["[ĐÃ HẾT] line nóng", "[ĐÃ HẾT] other nóng"]
    until = await night.pool.fetchval("SELECT until FROM alert_mutes")  # of portal2: it may come back any moment
    assert until == START + timedelta(minutes=6)
    assert await told(night, "0:05:59") == []
    assert await told(night, "0:06") == ["[P1] portal2 nóng"]


async def test_a_source_that_comes_back_goes_on_muting(night: Night) -> None:
    await night.lead(RULES, INHIBITING)
    for host in ("line", "portal"):
        await night.heat(host, 11)
    await night.at("0:00")
    await night.at("0:02")
    await night.do(close, "line", reason="báo nhầm")  # closed: it explains nothing any more
    assert await night.at("0:03") == ["[ĐÃ HẾT] line nóng"]
    assert await night.pool.fetchval("SELECT until FROM alert_mutes") == START + timedelta(minutes=5)
    await night.lead(RULES, INHIBITING)
    assert await night.at("0:04") == []
    await night.pool.execute("UPDATE alerts SET state = 'firing', stirred_at = now() WHERE state = 'closed'")
    assert await night.at("0:04:30") == ["[P1] line nóng"]
    assert await night.pool.fetchval("SELECT until FROM alert_mutes") is None
    assert await night.at("0:10") == []
    await night.lead(RULES, ROUTES)  # the rule is gone
    assert await night.at("0:12:01") == ["[P1] portal nóng"]


async def test_what_was_told_before_its_cause_is_quiet_from_then_on(night: Night) -> None:
    await night.lead(RULES, INHIBITING)
    await night.heat("portal", 11)
    await night.at("0:00")
    assert await night.at("0:02") == ["[P1] portal nóng"]
    await night.heat("line", 11)
    await night.at("0:03")
    assert await night.at("0:05") == ["[P1] line nóng"]
    assert await told(night, "0:20") == ["[P1 · NHẮC LẠI] line nóng"]
