"""The scoreboard over HTTP: figures, scopes, what is behind them, forecasts, what-ifs, closed months."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from ioc_api.accounts.roles import Role
from ioc_core.db import Connection
from ioc_core.db import connect as connect_database
from ioc_core.engine import EmbeddedPostgres
from tests.api.board_seed import seed_dossiers
from tests.api.conftest import SCOPE, Centre, register, seeded_centre

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TODAY = datetime.now(ZONE).date()
LAST_MONTH_END = TODAY.replace(day=1) - timedelta(days=1)
LAST_MONTH = {"from": LAST_MONTH_END.replace(day=1).isoformat(), "to": LAST_MONTH_END.isoformat()}
RUNNING = {"from": (TODAY - timedelta(days=20)).isoformat(), "to": (TODAY + timedelta(days=10)).isoformat()}
"""A period that runs on every day of the year, with a past and a future."""
PARTS = ("lost", "numerator", "denominator")


@pytest.fixture(scope="module", params=["timescaledb", "plain"])
async def centre(
    request: pytest.FixtureRequest,
    timescaledb_server: EmbeddedPostgres,
    plain_server: EmbeddedPostgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Centre]:
    """A running API with dossiers since the beginning of last month, and a leader of one commune."""
    server = timescaledb_server if request.param == "timescaledb" else plain_server
    async with seeded_centre(server, tmp_path_factory.mktemp(f"board-{request.param}")) as running:
        async with register(running) as accounts:
            running.tokens["scoped-leader"] = await accounts.create_token(
                "scoped-leader", role=Role.LEADER, scope=SCOPE, expires_at=None, now=running.now
            )
        since = datetime.combine(LAST_MONTH_END.replace(day=1), datetime.min.time(), ZONE)
        connection = await connect_database(running.dsn, application="test")
        await seed_dossiers(connection, since, running.now, 1500)
        await connection.close()
        yield running


@pytest.fixture
async def database(centre: Centre) -> AsyncIterator[Connection]:
    """A connection to the API's database."""
    connection = await connect_database(centre.dsn, application="test")
    yield connection
    await connection.close()


async def answered(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def line_of(board: dict[str, Any], unit: str) -> dict[str, Any]:
    found: dict[str, Any] = next(line for line in board["lines"] if line["unit"] == unit)
    return found


async def test_the_running_month_of_everybody(centre: Centre, database: Connection) -> None:
    async with centre.client("viewer") as client:
        board = await answered(await client.get("/scoreboard"))
        detail = await answered(await client.get("/scoreboard/66"))
    assert (board["from"], board["running"], board["closed"], board["live"]) == (
        TODAY.replace(day=1).isoformat(),
        True,
        None,
        None,
    )
    assert board["version"]["from"] == "2026-01-01"
    assert board["previous"] | {"as_then": None} == {**LAST_MONTH, "as_then": None}
    peers = [line["peers"] for line in board["lines"]]
    assert peers[0] == "province"
    assert (peers.count("commune"), peers.count("unmapped")) == (102, 1)
    assert {"department", "office"} <= set(peers)
    communes = [line for line in board["lines"] if line["peers"] == "commune"]
    assert [line["rank"] for line in communes] == sorted(line["rank"] for line in communes)
    assert all(line["ranked"] == 102 for line in communes)
    province = line_of(board, "66")
    measured = [points for points in province["points"].values() if points is not None]
    assert province["score"] == pytest.approx(sum(measured), abs=0.06)
    assert province["per_100"] == pytest.approx(100 * province["score"] / province["reachable"], abs=0.02)
    assert province["points"]["1.4"] is None, "no portal tells what is synchronised"
    progress = next(it for it in detail["indicators"] if it["id"] == "2.1")
    begin = datetime.combine(TODAY.replace(day=1), datetime.min.time(), ZONE)
    row = await database.fetchrow(
        "SELECT count(*) AS n, count(*) FILTER (WHERE CASE WHEN ended_at IS NULL THEN late_at IS NULL OR late_at >= $2"
        " ELSE lateness <= 2 END) AS hit FROM dossiers WHERE accepted_at IS NOT NULL AND filed_at < $2"
        " AND (ended_at IS NULL OR ended_at >= $1)",
        begin,
        datetime.fromisoformat(detail["made_at"]),
    )
    assert row is not None
    assert (progress["numerator"], progress["denominator"]) == (row["hit"], row["n"])
    assert progress["points"] == pytest.approx(20 * row["hit"] / row["n"], abs=0.005)
    assert progress["lost"] == pytest.approx(20 - progress["points"])


async def test_kinds_and_units(centre: Centre) -> None:
    async with centre.client("viewer") as client:
        departments = (await answered(await client.get("/scoreboard", params={"by": "department"})))["lines"]
        offices = (await answered(await client.get("/scoreboard", params={"by": "office"})))["lines"]
        office = (await answered(await client.get("/scoreboard", params={"unit": "VPUBND"})))["lines"]
        whole = (await answered(await client.get("/scoreboard", params={"unit": "66"})))["lines"]
        everybody = (await answered(await client.get("/scoreboard")))["lines"]
    assert {line["parent"] for line in departments} == {"66"}
    assert {line["parent"] for line in offices} == {"VPUBND", "SKHCN"}
    assert {line["unit"] for line in office} == {"VPUBND", "TTPVHCC"}
    assert len(whole) == len(everybody)


async def test_districts_are_history(centre: Centre) -> None:
    async with centre.client("viewer") as client:
        then = {"from": "2025-06-01", "to": "2025-06-30"}
        before = await answered(await client.get("/scoreboard", params={"by": "district", **then}))
        today = await answered(await client.get("/scoreboard", params={"by": "district"}))
    assert len(before["lines"]) == 15
    assert before["version"]["from"] == "2022-06-23"
    assert today["lines"] == []


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        pytest.param("", {"from": "2026-06-01"}, 422, id="one day without the other"),
        pytest.param("", {"from": "2026-06-02", "to": "2026-06-01"}, 422, id="the wrong way round"),
        pytest.param("", {"from": "2020-01-01", "to": "2020-01-31"}, 422, id="before there was a scoreboard"),
        pytest.param("", {"unit": "KHONGCO"}, 404, id="a unit that isn't"),
        pytest.param("", {**LAST_MONTH, "closing": 7}, 404, id="a closing that isn't"),
        pytest.param("/KHONGCO", {}, 404, id="the score of a unit that isn't"),
        pytest.param("/643", {}, 404, id="of a district that isn't any more"),
        pytest.param("/9.9/dossiers", {"unit": "66"}, 404, id="an indicator that isn't"),
        pytest.param("/3.3/dossiers", {"unit": "66"}, 404, id="one of another version"),
        pytest.param("/5.2/dossiers", {"unit": "66"}, 404, id="one that dossiers don't feed"),
        pytest.param("/3.5b/dossiers", {"unit": "66"}, 422, id="what is lost of procedures is no dossier"),
        pytest.param("/2.1/procedures", {"unit": "66"}, 404, id="procedures of what counts dossiers"),
        pytest.param("/2.1/dossiers", {"unit": "66", "cursor": "x"}, 422, id="no cursor of ours"),
    ],
)
async def test_what_is_refused(centre: Centre, path: str, params: dict[str, Any], status: int) -> None:
    async with centre.client("viewer") as client:
        answer = await client.get(f"/scoreboard{path}", params=params)
    assert answer.status_code == status, answer.text


async def test_a_scope_sees_itself_ranked_among_all(centre: Centre) -> None:
    async with centre.client("admin") as all_, centre.client("scoped") as scoped:
        everybody = await answered(await all_.get("/scoreboard", params=LAST_MONTH))
        mine = await answered(await scoped.get("/scoreboard", params=LAST_MONTH))
        assert [line["unit"] for line in mine["lines"]] == [SCOPE]
        assert mine["lines"][0]["rank"] == line_of(everybody, SCOPE)["rank"]
        assert mine["lines"][0]["ranked"] == 102
        for path in ("/66", "/24133", "/unmapped", "/66/forecast", "/2.1/dossiers?unit=66", "/3.1/procedures?unit=66"):
            assert (await scoped.get(f"/scoreboard{path}")).status_code == 404, path
        assert (await scoped.get("/scoreboard", params={"unit": "66"})).status_code == 404
        assert (await scoped.get(f"/scoreboard/{SCOPE}")).status_code == 200
        tried = {"overdue_of": "66", "actions": ["finish_now"], **RUNNING}
        assert (await scoped.post("/scoreboard/what-if", json=tried)).status_code == 404


@pytest.mark.parametrize("unit", ["66", SCOPE, "VPUBND", "unmapped"])
async def test_every_count_is_as_long_as_its_list(centre: Centre, unit: str) -> None:
    async with centre.client("viewer") as client:
        detail = await answered(await client.get(f"/scoreboard/{unit}", params=LAST_MONTH))
        looked_at = 0
        for indicator in detail["indicators"]:
            if indicator["behind"] != "dossiers" or indicator["denominator"] is None or indicator["id"] == "5.4":
                continue
            counts = dict(
                zip(PARTS, (indicator["denominator"] - indicator["numerator"], indicator["numerator"],
                            indicator["denominator"]), strict=True)
            )  # fmt: skip
            for part, count in counts.items():
                codes = await _all_pages(client, indicator["id"], {**LAST_MONTH, "unit": unit, "part": part})
                assert len(codes) == len(set(codes)) == count, (indicator["id"], part)
                looked_at += len(codes)
    assert looked_at > 0


async def _all_pages(client: httpx.AsyncClient, indicator: str, params: dict[str, Any]) -> list[str]:
    codes: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get(f"/scoreboard/{indicator}/dossiers", params={**params, **cursor, "limit": 500})
        body = await answered(answer)
        codes += [item["code"] for item in body["items"]]
        if body["next"] is None:
            return codes
        cursor = {"cursor": body["next"]}


async def test_procedures_behind_a_count(centre: Centre) -> None:
    async with centre.client("viewer") as client:
        detail = await answered(await client.get(f"/scoreboard/{SCOPE}", params=LAST_MONTH))
        paid = next(it for it in detail["indicators"] if it["id"] == "3.5b")
        assert paid["behind"] == "procedures"
        for part, count in (("numerator", paid["numerator"]), ("denominator", paid["denominator"])):
            params = {**LAST_MONTH, "unit": SCOPE, "part": part}
            found = await answered(await client.get("/scoreboard/3.5b/procedures", params=params))
            assert len(found["items"]) == count
            assert all(item["level"] == "commune" and item["fee_vnd"] > 0 for item in found["items"])


async def test_a_forecast_is_around_the_score(centre: Centre) -> None:
    async with centre.client("viewer") as client:
        for unit in ("66", "unmapped", SCOPE):
            found = await answered(await client.get(f"/scoreboard/{unit}/forecast"))
            assert found["month"] == f"{TODAY:%Y-%m}"
            assert found["interval"] == 80
            assert found["score"]["low"] <= found["score"]["expected"] <= found["score"]["high"]
            assert 0 <= found["per_100"]["low"] <= found["per_100"]["high"] <= 100
            assert "2.1" in found["points"]


async def add_dossier(
    database: Connection, code: str, *, late_in: timedelta, filed: timedelta = timedelta(days=5)
) -> None:
    """Add a running dossier of the scope's commune that becomes (or became) late so long from now."""
    now = datetime.now(UTC)
    await database.execute(
        "INSERT INTO dossiers (code, source, status, effective_at, told_at, content_id, resolving_unit,"
        " procedure_code, channel, filed_at, accepted_at, due_at, is_open, waiting_for_citizen, first_told_at,"
        " deadline_at, late_at)"
        " VALUES ($1, 'igate', 4, $2, $2, 'x', $3, '1.001193', 2, $2, $2, $4, true, false, $2, $4, $4)",
        code,
        now - filed,
        SCOPE,
        now + late_in,
    )


async def tried(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    found: dict[str, Any] = await answered(
        await client.post("/scoreboard/what-if", json={"unit": SCOPE, **RUNNING, **body})
    )
    return found


async def test_finishing_what_is_overdue_wins_nothing_of_this_period(centre: Centre, database: Connection) -> None:
    await add_dossier(database, "OVERDUE-1", late_in=-timedelta(days=1))
    async with centre.client("leader") as client:
        found = await tried(client, codes=["OVERDUE-1"], actions=["finish_now"])
    assert found["dossiers"] == 1
    assert found["notes"]["stay_late"] == 1
    assert (found["now"]["won"], found["at_end"]["won"]) == (0, 0)
    assert found["indicators"] == []
    assert found["carried_before"]["late"] - found["carried_after"]["late"] == 1
    assert found["carried_before"]["dossiers"] - found["carried_after"]["dossiers"] == 1


async def test_finishing_what_is_due_keeps_it_in_time(centre: Centre, database: Connection) -> None:
    for number in range(5):
        await add_dossier(database, f"DUE-{number}", late_in=timedelta(days=3))
    async with centre.client("leader") as client:
        found = await tried(client, codes=[f"DUE-{number}" for number in range(5)], actions=["finish_now"])
        all_due = await tried(client, due_of=SCOPE, actions=["finish_now"])
    assert found["notes"]["kept_in_time"] == 5
    assert found["now"]["won"] == 0, "they are in time now as well"
    assert found["at_end"]["won"] > 0
    assert found["at_end"]["after"]["per_100"] > found["at_end"]["before"]["per_100"]
    assert [(it["id"], it["dossiers"]) for it in found["indicators"]] == [("2.1", 5)]
    assert all_due["dossiers"] >= 5
    assert all_due["at_end"]["won"] >= found["at_end"]["won"]


async def test_attaching_results_and_papers_wins_at_once(centre: Centre, database: Connection) -> None:
    for number in range(3):
        await add_dossier(database, f"PAPERS-{number}", late_in=timedelta(days=30))
    codes = [f"PAPERS-{number}" for number in range(3)]
    async with centre.client("leader") as client:
        results = await tried(client, codes=codes, actions=["attach_result"])
        papers = await tried(client, codes=codes, actions=["digitise"])
        both = await tried(client, codes=codes, actions=["attach_result", "digitise"])
    assert {it["id"]: it["dossiers"] for it in results["indicators"]} == {"3.full": 3, "4.1": 3}
    assert results["now"]["won"] == pytest.approx(sum(it["won"] for it in results["indicators"]), abs=0.02)
    assert papers["indicators"] == [], "digitised papers count together with an electronic result"
    assert {it["id"]: it["dossiers"] for it in both["indicators"]} == {"3.full": 3, "4.1": 3, "4.2": 3}


async def test_what_if_says_what_it_could_not_find(centre: Centre, database: Connection) -> None:
    other = await database.fetchval("SELECT code FROM dossiers WHERE work_unit = '24133' LIMIT 1")
    ended = await database.fetchval("SELECT code FROM dossiers WHERE work_unit = $1 AND NOT is_open LIMIT 1", SCOPE)
    async with centre.client("scoped") as client:
        found = await tried(client, codes=["KHONGCO", other, ended], actions=["finish_now"])
    assert found["notes"]["not_found"] == sorted(["KHONGCO", other])
    assert (found["dossiers"], found["notes"]["ended_already"]) == (1, 1)
    assert found["now"]["won"] == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"actions": ["finish_now"]}, 422, id="which dossiers?"),
        pytest.param({"actions": ["finish_now"], "codes": ["x"], "overdue_of": "66"}, 422, id="two ways at once"),
        pytest.param({"actions": [], "codes": ["x"]}, 422, id="nothing done"),
        pytest.param({"actions": ["clear"], "codes": ["x"]}, 422, id="an action that isn't"),
        pytest.param({"actions": ["finish_now"], "overdue_of": "KHONGCO"}, 404, id="a unit that isn't"),
        pytest.param({"actions": ["finish_now"], "codes": ["x"], **LAST_MONTH}, 409, id="a period that is over"),
    ],
)
async def test_what_ifs_that_are_refused(centre: Centre, body: dict[str, Any], status: int) -> None:
    async with centre.client("leader") as client:
        answer = await client.post("/scoreboard/what-if", json=body)
    assert answer.status_code == status, answer.text


async def test_closing_a_month_and_opening_it_again(centre: Centre, database: Connection) -> None:
    month = f"{LAST_MONTH_END:%Y-%m}"
    async with centre.client("leader") as leader, centre.client("viewer") as viewer:
        closed = await answered(await leader.post("/scoreboard/closings", json={"month": month}), 201)
        assert (closed["month"], closed["version"], closed["closed_by"]) == (month, 1, "token:leader")
        first = await answered(await viewer.get("/scoreboard", params=LAST_MONTH))
        assert first["closed"]["version"] == 1
        assert first["closed"]["by"] == "token:leader"

        await database.execute("UPDATE dossiers SET papers_reused = true WHERE work_unit = $1", SCOPE)
        async with asyncio.timeout(10):
            while True:  # what others asked for within two seconds is shared
                board = await answered(await viewer.get("/scoreboard", params={**LAST_MONTH, "live": True}))
                if line_of(board["live"], SCOPE)["points"]["4.3"] == 2.0:
                    break
                await asyncio.sleep(0.2)
        assert _without_changes(board["lines"]) == _without_changes(first["lines"])
        beside = await answered(await viewer.get(f"/scoreboard/{SCOPE}", params={**LAST_MONTH, "live": True}))
        frozen, live = (
            next(it["points"] for it in held if it["id"] == "4.3") for held in (beside["indicators"], beside["live"])
        )
        assert (live, frozen < live) == (2.0, True)

        reopening = f"/scoreboard/closings/{month}/reopen"
        assert (await leader.post(reopening, json={"reason": "  "})).status_code == 422
        reopened = await answered(await leader.post(reopening, json={"reason": "Bổ sung hồ sơ tái sử dụng"}))
        assert (reopened["reopened_by"], reopened["reopen_reason"]) == ("token:leader", "Bổ sung hồ sơ tái sử dụng")
        assert (await leader.post(reopening, json={"reason": "lần nữa"})).status_code == 409
        assert (await answered(await viewer.get("/scoreboard", params=LAST_MONTH)))["closed"] is None

        again = {"month": month}
        assert (await leader.post("/scoreboard/closings", json=again)).status_code == 422
        second = await answered(await leader.post("/scoreboard/closings", json={**again, "reason": "Đã bổ sung"}), 201)
        assert (second["version"], second["reason"]) == (2, "Đã bổ sung")
        now = await answered(await viewer.get("/scoreboard", params=LAST_MONTH))
        then = await answered(await viewer.get("/scoreboard", params={**LAST_MONTH, "closing": 1}))
        assert (now["closed"]["version"], line_of(now, SCOPE)["points"]["4.3"]) == (2, 2.0)
        assert _without_changes(then["lines"]) == _without_changes(first["lines"])
        held = await answered(await viewer.get("/scoreboard/closings"))
        assert [(it["month"], it["version"]) for it in held["items"]] == [(month, 2), (month, 1)]
    rows = await database.fetch(
        "SELECT action, target, actor, details FROM audit_log WHERE action LIKE 'scoreboard.%' ORDER BY seq"
    )
    assert [tuple(row) for row in rows] == [
        ("scoreboard.close", month, "token:leader", {"version": 1, "reason": ""}),
        ("scoreboard.reopen", month, "token:leader", {"version": 1, "reason": "Bổ sung hồ sơ tái sử dụng"}),
        ("scoreboard.close", month, "token:leader", {"version": 2, "reason": "Đã bổ sung"}),
    ]


def _without_changes(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines without what they are compared with, which isn't frozen."""
    return [{key: value for key, value in line.items() if key != "previous"} for line in lines]


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        pytest.param("operator", {"month": "2026-01"}, 403, id="an operator may not"),
        pytest.param("scoped-leader", {"month": "2026-01"}, 403, id="nor the leader of a commune"),
        pytest.param("leader", {"month": f"{TODAY:%Y-%m}"}, 409, id="a month that isn't over"),
        pytest.param("leader", {"month": "2022-06"}, 422, id="one that began without a scoreboard"),
        pytest.param("leader", {"month": "2026-13"}, 422, id="no month"),
        pytest.param("leader", {"month": "2026-01", "by": "x"}, 422, id="unknown fields"),
    ],
)
async def test_closings_that_are_refused(centre: Centre, who: str, body: dict[str, str], status: int) -> None:
    async with centre.client(who) as client:
        answer = await client.post("/scoreboard/closings", json=body)
    assert answer.status_code == status, answer.text


async def test_a_month_that_was_never_closed_cannot_be_re_opened(centre: Centre) -> None:
    async with centre.client("leader") as client:
        answer = await client.post("/scoreboard/closings/2024-02/reopen", json={"reason": "x"})
    assert answer.status_code == 404


def test_the_months_of_these_tests_have_one_version() -> None:
    assert date(2026, 1, 1) <= LAST_MONTH_END
