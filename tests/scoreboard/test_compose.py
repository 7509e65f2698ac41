"""What counts where: sums over units, series, and procedures counted once."""

from datetime import date
from typing import Any

import pytest

from ioc_api.scoreboard import compose
from ioc_api.scoreboard.compose import Facts, Scope
from ioc_api.scoreboard.counts import Count, Increase, SourceCounts
from ioc_api.scoreboard.definition import Version
from ioc_api.scoreboard.register import Procedure
from ioc_api.scoreboard.tree import Peers, Tree, UnitRow
from tests.scoreboard.conftest import CALENDAR, SHIPPED

BEFORE_2026, SINCE_2026 = SHIPPED.versions
TREE = Tree(
    [
        UnitRow("66", "province", "Tỉnh"),
        UnitRow("VP", "department", "Văn phòng", "66"),
        UnitRow("TT", "department", "Trung tâm", "VP"),
        UnitRow("STP", "department", "Sở Tư pháp", "66"),
        UnitRow("A", "commune", "Xã A", "66"),
        UnitRow("B", "commune", "Xã B", "66"),
        UnitRow("643", "district", "Thành phố", "66", None, date(2025, 6, 30)),
        UnitRow("P", "commune", "Phường cũ", "643", None, date(2025, 6, 30)),
    ]
)
EVERYTHING = frozenset({"channel", "paid_online", "electronic_result", "papers_digitised", "population_data"})


def row(unit: str | None, *, source: str = "igate", said: frozenset[str] = EVERYTHING, **fields: Any) -> SourceCounts:
    """What a source's dossiers of a unit say; counts by indicator, `_` for the point."""
    procedures = fields.pop("procedures", {})
    counts = {name.strip("n").replace("_", "."): Count(*pair) for name, pair in fields.items()}
    return SourceCounts(unit, source, counts, procedures, said)


def scopes(
    *rows: SourceCounts,
    version: Version = SINCE_2026,
    procedures: tuple[Procedure, ...] = (),
    increases: tuple[Increase, ...] = (),
) -> dict[str, Scope]:
    facts = Facts(
        first=date(2026, 6, 1), last=date(2026, 6, 30), dossiers=rows, procedures=procedures, increases=increases
    )
    return compose.scopes(version, facts, TREE, CALENDAR)


def counted(found: dict[str, Scope], id_: str, version: Version = SINCE_2026) -> dict[str, tuple[float, float]]:
    """Numerator and denominator of an indicator, by line, where it was measured."""
    by_line = {code: compose.counts(version, scope).get(id_) for code, scope in found.items()}
    return {code: (count.numerator, count.denominator) for code, count in by_line.items() if count is not None}


def test_sums_are_divided_never_rates_averaged() -> None:
    found = scopes(row("A", n2_1=(1, 1)), row("B", n2_1=(0, 99)))
    assert counted(found, "2.1") == {"66": (1, 100), "A": (1, 1), "B": (0, 99)}


@pytest.mark.parametrize(
    ("unit", "lines"),
    [
        pytest.param("A", {"A", "66"}, id="a commune and the province"),
        pytest.param("VP", {"VP", "66"}, id="a department"),
        pytest.param("TT", {"TT", "VP", "66"}, id="an office, its department and the province"),
        pytest.param("P", {"P", "643", "66"}, id="in history a ward, its district and the province"),
        pytest.param(None, {"unmapped", "66"}, id="what isn't mapped stands alone, and is the province's"),
        pytest.param("X", {"unmapped", "66"}, id="what no catalogue knows as well"),
    ],
)
def test_where_a_dossier_counts(unit: str | None, lines: set[str]) -> None:
    assert set(counted(scopes(row(unit, n2_1=(1, 2))), "2.1")) == lines


def test_an_office_is_no_departments_peer() -> None:
    assert [TREE.units[code].peers for code in ("VP", "TT", "STP", "A", "643", "66")] == [
        Peers.DEPARTMENT,
        Peers.OFFICE,
        Peers.DEPARTMENT,
        Peers.COMMUNE,
        Peers.DISTRICT,
        Peers.PROVINCE,
    ]


def test_a_source_that_does_not_say_is_left_out_of_that_indicator_alone() -> None:
    found = scopes(
        row("A", n2_1=(5, 10), n4_5b=(3, 10)),
        row("A", source="other", said=frozenset({"channel"}), n2_1=(1, 10), n4_5b=(0, 10)),
        row("B", source="other", said=frozenset(), n2_1=(1, 10), n4_5b=(0, 10)),
    )
    assert counted(found, "4.5b") == {"A": (3, 10), "66": (3, 10)}
    assert counted(found, "2.1") == {"A": (6, 20), "B": (1, 10), "66": (7, 30)}


def test_a_field_that_is_said_once_in_the_province_counts_for_all_of_that_source() -> None:
    found = scopes(
        row("A", n4_5b=(1, 10)), row("B", said=frozenset({"channel"}), n4_5b=(0, 7)), row("P", n4_5b=(0, 0))
    )
    assert counted(found, "4.5b") == {"A": (1, 10), "B": (0, 7), "66": (1, 17)}


SYNCED, REPORTED = "dossiers_synchronised_total", "dossiers_received_total"


@pytest.mark.parametrize(
    ("increases", "expected"),
    [
        pytest.param([], {}, id="without a series of the portal nothing is measured"),
        pytest.param([Increase(REPORTED, "66", 90)], {}, id="what is reported alone doesn't measure it"),
        pytest.param([Increase(SYNCED, "66", 80)], {"66": (80, 100)}, id="of the province: against what was received"),
        pytest.param([Increase(SYNCED, None, 80)], {"66": (80, 100)}, id="without a unit: the province's"),
        pytest.param(
            [Increase(SYNCED, "66", 80), Increase(REPORTED, "66", 160)],
            {"66": (80, 160)},
            id="against what was reported, where that is more",
        ),
        pytest.param(
            [Increase(SYNCED, "66", 80), Increase(REPORTED, "A", 60), Increase(REPORTED, "B", 70)],
            {"66": (80, 130)},
            id="what units reported is summed",
        ),
        pytest.param(
            [Increase(SYNCED, "A", 30), Increase(SYNCED, "B", 20), Increase(REPORTED, "A", 80)],
            {"A": (30, 80), "B": (20, 50), "66": (50, 90)},
            id="by unit: each against its own, the province against their sum",
        ),
        pytest.param(
            [Increase(SYNCED, "A", 30)],
            {"A": (30, 40), "66": (30, 40)},
            id="units that the portal doesn't speak of aren't held against it",
        ),
        pytest.param(
            [Increase(SYNCED, "66", 90), Increase(SYNCED, "A", 30)],
            {"A": (30, 40), "66": (90, 100)},
            id="the province's own series is the whole",
        ),
        pytest.param(
            [Increase(SYNCED, "TT", 3)], {"TT": (3, 4), "VP": (3, 4), "66": (3, 4)}, id="an office is its department's"
        ),
    ],
)
def test_synchronised(increases: list[Increase], expected: dict[str, tuple[float, float]]) -> None:
    found = scopes(
        row("A", n1_4=(40, 40)),
        row("B", n1_4=(50, 50)),
        row("TT", n1_4=(4, 4)),
        row(None, n1_4=(6, 6)),
        increases=tuple(increases),
    )
    assert counted(found, "1.4") == expected


PROCEDURES = (
    Procedure(code="c1", level="commune", service_mode="full", fee_vnd=1, for_citizens=True),
    Procedure(code="c2", level="commune", service_mode="partial", fee_vnd=0, for_citizens=False),
    Procedure(code="c3", level="commune", service_mode="information", fee_vnd=5),
    Procedure(code="p1", level="province", service_mode="full", fee_vnd=9, department="STP", for_citizens=True),
    Procedure(code="p2", level="province", service_mode=None, fee_vnd=0, department="TT"),
)


def test_procedures_of_a_unit_are_those_it_offers() -> None:
    found = scopes(version=BEFORE_2026, procedures=PROCEDURES)
    assert counted(found, "3.1", BEFORE_2026) == {
        "66": (3, 5),
        "A": (2, 3),
        "B": (2, 3),
        "P": (2, 3),
        "STP": (1, 1),
        "TT": (0, 1),
        "VP": (0, 1),
    }


def test_a_procedure_counts_once_however_many_units_used_it() -> None:
    online = {"3.2": frozenset({"c1"})}
    found = scopes(
        row("A", procedures=online),
        row("B", procedures={"3.2": frozenset({"c1", "c2", "c3"})}),
        row("STP", procedures={"3.2": frozenset({"p1", "c2"})}),
        version=BEFORE_2026,
        procedures=PROCEDURES,
    )
    assert counted(found, "3.2", BEFORE_2026) == {
        "66": (3, 3),
        "A": (1, 2),
        "B": (2, 2),
        "P": (0, 2),
        "STP": (1, 1),
    }


def test_procedures_used_are_measured_only_where_a_source_says_it() -> None:
    held = row("A", said=frozenset({"channel"}), procedures={"3.5b": frozenset()})
    assert counted(scopes(held, procedures=PROCEDURES), "3.5b") == {}
    said = row("A", said=frozenset({"paid_online"}), procedures={"3.5b": frozenset({"c1"})})
    assert counted(scopes(said, procedures=PROCEDURES), "3.5b") == {
        "66": (1, 3),
        "A": (1, 2),
        "B": (0, 2),
        "P": (0, 2),
        "STP": (0, 1),
    }


def test_population_data_counts_procedures_for_citizens() -> None:
    said = row("A", procedures={"4.5a": frozenset({"c1", "c2"})})
    assert counted(scopes(said, procedures=PROCEDURES), "4.5a")["66"] == (1, 2)


HANDLED, DISLIKED = "feedback_handled_total", "feedback_disliked_total"


def acts(unit: str | None, *held: tuple[str, int, float]) -> tuple[Increase, ...]:
    return tuple(Increase(HANDLED, unit, value, act, days) for act, days, value in held)


def test_feedback_in_time_by_the_limit_of_each_act() -> None:
    handled = acts(
        "STP",
        *[("refuse", 2, 1), ("refuse", 3, 1), ("ask", 5, 1), ("ask", 6, 1), ("resolve", 15, 3), ("resolve", 16, 1)],
        *[("publish", 2, 2), ("publish", 3, 1), ("nhắc lại", 0, 50)],
    )
    assert counted(scopes(increases=handled), "5.2") == {"STP": (7, 11), "66": (7, 11)}


def test_feedback_liked_is_what_is_neither_late_nor_disliked() -> None:
    handled = acts("66", ("refuse", 1, 10), ("resolve", 15, 60), ("resolve", 30, 30), ("publish", 9, 500))
    assert counted(scopes(increases=handled), "5.3") == {}, "nobody says what was disliked"
    disliked = Increase(DISLIKED, "66", 5)
    assert counted(scopes(increases=(*handled, disliked)), "5.3") == {"66": (65, 100)}


def test_procedures_liked_are_in_time_and_not_disliked() -> None:
    processed = row("A", n2_1=(90, 100))
    assert counted(scopes(processed), "5.4") == {}, "nobody says what was disliked"
    found = scopes(processed, increases=(Increase("dossiers_disliked_total", "A", 7),))
    assert counted(found, "5.4") == {"A": (83, 100), "66": (83, 100)}
    worse = scopes(processed, increases=(Increase("dossiers_disliked_total", "A", 500),))
    assert counted(worse, "5.4")["A"] == (0, 100)


def test_what_nothing_feeds_is_not_measured() -> None:
    silent = SINCE_2026.model_copy(
        update={
            "groups": tuple(
                group.model_copy(
                    update={
                        "indicators": tuple(it.model_copy(update={"fed_by": "nothing"}) for it in group.indicators)
                    }
                )
                for group in SINCE_2026.groups
            )
        }
    )
    found = scopes(row("A", n2_1=(1, 1), n1_4=(1, 1)), version=silent, procedures=PROCEDURES)
    assert all(compose.counts(silent, scope) == {} for scope in found.values())
