"""What the lists answer, held against the tables themselves, on each engine."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ioc_core.db import connect as connect_database
from ioc_core.db.pool import Connection
from ioc_core.dossier import Standing
from tests.api.conftest import Centre
from tests.api.seed import seed_samples


async def pages(client: httpx.AsyncClient, path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
    """Return every row of a list, page by page."""
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        asked = {"limit": limit, **query} | ({} if cursor is None else {"cursor": cursor})
        answer = await client.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert len(body["items"]) <= limit
        rows += body["items"]
        cursor = body["next"]
        if cursor is None:
            return rows


async def open_database(centre: Centre) -> Connection:
    return await connect_database(centre.dsn, application="test")


STANDING = (
    "dossier_standing(accepted_at, ended_at, lateness, entered_late, waiting_since, late_at, late_clock, accept_by,"
    " now(), working_clock(now()), (SELECT due_soon FROM clock_rules))"
)
DOSSIER_QUERIES: list[Any] = [
    pytest.param({}, "true", id="all"),
    pytest.param({"open": True}, "is_open", id="open"),
    pytest.param({"open": False}, "NOT is_open", id="ended"),
    pytest.param({"overdue": True}, "is_open AND late_at < now()", id="overdue"),
    pytest.param(
        {"overdue": False},
        "(is_open AND late_at < now()) IS NOT TRUE",
        id="not overdue",
    ),
    pytest.param({"status": [5, 9]}, "status IN (5, 9)", id="two statuses"),
    pytest.param({"unit": "22015"}, "coalesce(resolving_unit, receiving_unit) = '22015'", id="a unit"),
    pytest.param(
        {"unit": "VPUBND"},
        "coalesce(resolving_unit, receiving_unit) IN (SELECT code FROM units WHERE 'VPUBND' IN (code, parent))",
        id="a unit and what is below it",
    ),
    pytest.param({"channel": "online"}, "channel = 2", id="a channel"),
    pytest.param({"procedure": "1.000656"}, "procedure_code = '1.000656'", id="a procedure"),
    pytest.param({"q": "H15.26"}, "code LIKE 'H15.26%'", id="a beginning of the code"),
    pytest.param({"q": "H15._6"}, "false", id="a beginning with a wildcard is not a pattern"),
    pytest.param({"sort": "due"}, "is_open AND late_at IS NOT NULL", id="by due date"),
    pytest.param(
        {"receiving_unit": "VPUBND"},
        "receiving_unit IN (SELECT code FROM units WHERE 'VPUBND' IN (code, parent))",
        id="handed in at a unit or below it",
    ),
    *[
        pytest.param({"standing": standing.value}, f"{STANDING} = '{standing}'", id=f"standing {standing}")
        for standing in Standing
    ],
    pytest.param(
        {"standing": ["overdue", "late"], "sort": "code"},
        f"{STANDING} IN ('overdue', 'late')",
        id="any of two standings",
    ),
    pytest.param({"lateness": ["early", "late"]}, "lateness IN (1, 3)", id="early or late"),
    pytest.param({"entered_late": True, "lateness": "early"}, "entered_late AND lateness = 1", id="entered late"),
    pytest.param({"entered_late": False, "open": False}, "NOT entered_late AND NOT is_open", id="not entered late"),
    pytest.param(
        {"sort": "due", "overdue": True, "unit": "66", "channel": "counter"},
        "is_open AND late_at < now() AND channel = 1 AND coalesce(resolving_unit, receiving_unit) IS NOT NULL",
        id="several at once",
    ),
]


@pytest.mark.parametrize(("query", "condition"), DOSSIER_QUERIES)
async def test_dossiers_page_by_page_are_those_of_the_table(
    each_api: Centre, query: dict[str, Any], condition: str
) -> None:
    async with each_api.client() as client:
        rows = await pages(client, "/dossiers", 173, **query)
    database = await open_database(each_api)
    wanted = {row["code"] for row in await database.fetch(f"SELECT code FROM dossiers WHERE {condition}")}
    await database.close()
    assert {row["code"] for row in rows} == wanted
    assert len(rows) == len(wanted), "no row comes twice"
    key = {"due": lambda row: (row["late_at"], row["code"]), "code": lambda row: row["code"]}.get(
        query.get("sort", ""), (lambda row: row["code"]) if "q" in query else None
    )
    if key is not None:
        assert rows == sorted(rows, key=key)
    else:
        told = [datetime.fromisoformat(row["told_at"]) for row in rows]
        assert told == sorted(told, reverse=True)


async def test_dossiers_of_a_time_of_filing(each_api: Centre) -> None:
    since, until = each_api.now - timedelta(days=20), each_api.now - timedelta(days=10)
    query = {"from": since.isoformat(), "to": until.isoformat()}
    async with each_api.client() as client:
        rows = await pages(client, "/dossiers", 500, **query)
    assert rows
    assert all(since <= datetime.fromisoformat(row["filed_at"]) < until for row in rows)


async def test_dossiers_that_become_overdue_in_a_time(each_api: Centre) -> None:
    since, until = each_api.now - timedelta(days=2), each_api.now + timedelta(days=2)
    query = {"late_from": since.isoformat(), "late_to": until.isoformat(), "sort": "due"}
    async with each_api.client() as client:
        rows = await pages(client, "/dossiers", 90, **query)
    assert len(rows) > 90
    assert all(row["is_open"] and since <= datetime.fromisoformat(row["late_at"]) < until for row in rows)
    standings = {row["standing"] for row in rows}
    assert standings >= {"overdue", "due_soon_3"}
    for row in rows:
        assert (row["standing"] == "overdue") == (datetime.fromisoformat(row["late_at"]) < each_api.now)
        assert (row["working_seconds_left"] < 0) <= (row["standing"] == "overdue")


async def test_one_dossier_with_its_timeline(each_api: Centre) -> None:
    database = await open_database(each_api)
    code = await database.fetchval("SELECT code FROM dossiers ORDER BY code LIMIT 1")
    for hour, status in ((2, 4), (1, 2), (3, 9)):
        await database.execute(
            "INSERT INTO dossier_events (code, content_id, observed_at, received_at, source, record, status, body)"
            " VALUES ($1, $2, $3, $3, 'igate', false, $2::text::smallint, $4) ON CONFLICT DO NOTHING",
            code,
            str(status),
            each_api.now - timedelta(hours=10 - hour),
            {"status": status},
        )
    await database.close()
    async with each_api.client() as client:
        found = (await client.get(f"/dossiers/{code}")).json()
        assert (await client.get("/dossiers/none-such")).status_code == 404
    assert [entry["status"] for entry in found["timeline"]] == [2, 4, 9]
    assert found["timeline"][0]["body"] == {"status": 2}
    assert found["unit_name"]
    assert found["procedure_name"]


async def test_the_period_report_is_what_a_naive_count_gives(each_api: Centre) -> None:
    day = (each_api.now + timedelta(hours=7)).date()
    first, last = day - timedelta(days=20), day - timedelta(days=11)
    async with each_api.client() as client:
        report = (await client.get("/reports/period", params={"from": str(first), "to": str(last)})).json()
    figures = {figure["id"]: figure for figure in report["figures"]}
    database = await open_database(each_api)
    rows = await database.fetch("SELECT *, coalesce(finished_at, effective_at) AS end_at FROM dossiers")
    await database.close()
    for when, (start, end) in {
        "now": (first, last),
        "before": (first - timedelta(days=10), first - timedelta(days=1)),
    }.items():
        since = datetime(start.year, start.month, start.day, tzinfo=UTC) - timedelta(hours=7)
        until = datetime(end.year, end.month, end.day, tzinfo=UTC) + timedelta(days=1) - timedelta(hours=7)
        received = [row for row in rows if since <= row["filed_at"] < until]
        ended = [row for row in rows if not row["is_open"] and since <= row["end_at"] < until]
        measured = [row for row in ended if row["accepted_at"] is not None]
        on_time = [row for row in measured if row["end_at"].replace(second=0, microsecond=0) <= row["due_at"]]
        running = [row for row in rows if row["filed_at"] < until and (row["is_open"] or row["end_at"] >= until)]
        overdue = [row for row in running if row["late_at"] is not None and row["late_at"] < until]
        online = [row for row in received if row["channel"] == 2]
        parts = {name: (figure[when]["numerator"], figure[when]["denominator"]) for name, figure in figures.items()}
        assert parts == {
            "received": (len(received), None),
            "resolved": (len(measured), None),
            "on_time": (len(on_time), len(measured)),
            "open": (len(running), None),
            "overdue": (len(overdue), len(running)),
            "online": (len(online), len(received)),
        }, when
    assert sum(line["received"] for line in report["by_unit"]) == figures["received"]["now"]["numerator"]
    assert report["scope_name"] == "Tỉnh Đắk Lắk"
    assert (report["before_from"], report["before_to"]) == (
        str(first - timedelta(days=10)),
        str(first - timedelta(days=1)),
    )


async def test_units_with_their_work(each_api: Centre) -> None:
    async with each_api.client() as client:
        communes = (await client.get("/units", params={"kind": "commune", "current": True})).json()["items"]
        former = (await client.get("/units", params={"kind": "district"})).json()["items"]
        below = (await client.get("/units", params={"within": "VPUBND"})).json()["items"]
    assert len(communes) == 102
    assert len(former) == 15
    assert not any(unit["current"] for unit in former)
    assert {unit["code"] for unit in below} == {"VPUBND", "TTPVHCC"}
    database = await open_database(each_api)
    counted = await database.fetchval(
        "SELECT count(*) FROM dossiers WHERE is_open AND coalesce(resolving_unit, receiving_unit) = '22015'"
    )
    await database.close()
    assert next(unit for unit in communes if unit["code"] == "22015")["work"]["open"] == counted


async def test_systems_are_up_when_their_targets_are(each_api: Centre) -> None:
    async with each_api.client() as client:
        systems = (await client.get("/systems")).json()
    assert sum(system["up"] is False for system in systems["items"]) == 1
    assert systems["other_targets"] == []
    down = next(system for system in systems["items"] if system["up"] is False)
    assert down["targets"][0]["error"] == "timed out"


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        pytest.param({}, "true", id="the last seven days"),
        pytest.param({"severity": 70}, "event_severity >= 70", id="serious ones"),
        pytest.param({"unit": "66"}, "unit IS NOT NULL", id="of a unit and below"),
        pytest.param({"source_ip": "203.0.113.7"}, "source_ip = '203.0.113.7'", id="from an address"),
        pytest.param({"host": "igate-01", "action": "ssh_login", "category": "authentication"}, "true", id="several"),
        pytest.param({"source": "none"}, "false", id="of an unknown source"),
    ],
)
async def test_security_events(each_api: Centre, query: dict[str, Any], condition: str) -> None:
    async with each_api.client() as client:
        rows = await pages(client, "/security-events", 400, **query)
    database = await open_database(each_api)
    counted = await database.fetchval(f"SELECT count(*) FROM security_events WHERE {condition}")
    await database.close()
    assert len(rows) == counted
    assert len({row["event_id"] for row in rows}) == counted
    times = [datetime.fromisoformat(row["observed_at"]) for row in rows]
    assert times == sorted(times, reverse=True)
    assert all(row["raw"] is None for row in rows)


async def test_the_raw_record_comes_when_it_is_asked_for(each_api: Centre) -> None:
    async with each_api.client() as client:
        rows = (await client.get("/security-events", params={"raw": True, "limit": 1})).json()["items"]
    assert rows[0]["raw"] == "<38>raw"


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        pytest.param({}, "true", id="all"),
        pytest.param({"state": "firing"}, "state = 'firing'", id="firing"),
        pytest.param(
            {"state": ["firing", "pending"], "severity": [1, 2]}, "state = 'firing' AND severity <= 2", id="two"
        ),
        pytest.param({"rule": "SystemDown"}, "rule = 'SystemDown'", id="of a rule"),
        pytest.param({"unit": "22015"}, "unit = '22015'", id="of a unit"),
    ],
)
async def test_alerts(each_api: Centre, query: dict[str, Any], condition: str) -> None:
    async with each_api.client() as client:
        rows = await pages(client, "/alerts", 7, **query)
    database = await open_database(each_api)
    wanted = [row["id"] for row in await database.fetch(f"SELECT id FROM alerts WHERE {condition} ORDER BY id DESC")]
    await database.close()
    assert [row["id"] for row in rows] == wanted


async def test_sources_and_their_freshness(each_api: Centre) -> None:
    async with each_api.client() as client:
        sources = {source["source"]: source for source in (await client.get("/sources")).json()["items"]}
    assert sources["silent-one"]["state"] == "silent"
    assert sources["never-one"]["state"] == "never"
    assert sources["never-one"]["last_seen_at"] is None
    assert sources["igate"]["rejected_total"] == 2


async def test_rejected_input_is_shown_whatever_its_bytes(each_api: Centre) -> None:
    async with each_api.client() as client:
        rows = await pages(client, "/rejected", 50)
        none = await pages(client, "/rejected", 50, reason="other")
    assert len(rows) == 120
    assert none == []
    assert {row["encoding"] for row in rows} == {"utf-8", "base64"}
    text = next(row for row in rows if row["encoding"] == "utf-8")
    assert text["preview"].startswith('{"MaHoSo": ')
    assert text["size"] == len(text["preview"])


@pytest.mark.parametrize(
    ("step", "aggregate", "resolution"),
    [
        (10, "avg", "raw"),
        (30, "max", "raw"),
        (60, "avg", "1m"),
        (300, "min", "1m"),
        (3600, "last", "1h"),
        (3600, "sum", "1h"),
        (86400, "count", "1d"),
        (86400, "max", "1d"),
    ],
)
async def test_ranges_are_the_same_from_rollups_as_from_raw_samples(
    each_api: Centre, step: int, aggregate: str, resolution: str
) -> None:
    database = await open_database(each_api)
    found = await database.fetchval("SELECT min(id) FROM series")
    if found is None:
        found = await seed_samples(database, each_api.now)
    since, until = each_api.now - timedelta(hours=2), each_api.now + timedelta(seconds=1)
    async with each_api.client() as client:
        query = {"series": found, "from": since.isoformat(), "to": until.isoformat(), "step": step}
        answer = (await client.get("/query_range", params=query | {"aggregate": aggregate})).json()
    assert answer["resolution"] == resolution
    start, end = datetime.fromisoformat(answer["since"]), datetime.fromisoformat(answer["until"])
    rows = await database.fetch(
        "SELECT time, value FROM samples WHERE series_id = $1 AND time >= $2 AND time < $3 ORDER BY time",
        found,
        start,
        end,
    )
    await database.close()
    bins: dict[datetime, list[float]] = {}
    for row in rows:
        bins.setdefault(start + (row["time"] - start) // timedelta(seconds=step) * timedelta(seconds=step), []).append(
            row["value"]
        )
    how: dict[str, Any] = {
        "avg": lambda values: sum(values) / len(values),
        "min": min,
        "max": max,
        "sum": sum,
        "last": lambda values: values[-1],
        "count": len,
    }
    points = {datetime.fromisoformat(at): value for at, value in answer["series"][0]["points"]}
    assert points == {at: pytest.approx(how[aggregate](values)) for at, values in bins.items()}


async def test_series_are_found_by_metric_and_labels(each_api: Centre) -> None:
    database = await open_database(each_api)
    if await database.fetchval("SELECT count(*) FROM series") == 0:
        await seed_samples(database, each_api.now)
    await database.close()
    async with each_api.client() as client:
        for query, count in (
            ({"metric": "dossiers_open"}, 1),
            ({"label": "unit:66"}, 1),
            ({"label": ["unit:66", "level:province"], "metric": "dossiers_open", "source": "igate"}, 1),
            ({"label": "unit:67"}, 0),
            ({"metric": "dossiers_open2"}, 0),
        ):
            found = (await client.get("/series", params=query)).json()["items"]
            assert len(found) == count, query
        found = (await client.get("/series", params={"metric": "dossiers_open"})).json()["items"]
        assert found[0]["value"] == 0.0
        missing = await client.get("/query_range", params={"metric": "nothing"})
        assert missing.status_code == 404


@pytest.mark.parametrize(
    ("path", "query", "parameter", "value"),
    [
        ("/dossiers", {"limit": 0}, "query.limit", "0"),
        ("/dossiers", {"limit": 501}, "query.limit", "501"),
        ("/dossiers", {"status": 11}, "query.status.0", "11"),
        ("/dossiers", {"open": "maybe"}, "query.open", "maybe"),
        ("/dossiers", {"channel": "pigeon"}, "query.channel", "pigeon"),
        ("/dossiers", {"q": "ab"}, "query.q", "ab"),
        ("/dossiers", {"cursor": "!!!"}, "query.cursor", "!!!"),
        ("/dossiers", {"cursor": "WyJ4Il0"}, "query.cursor", "WyJ4Il0"),
        ("/dossiers", {"sort": "due", "open": False}, "query.sort", "due"),
        (
            "/dossiers",
            {"late_to": "2026-07-01T00:00:00Z", "open": False},
            "query.late_to",
            "2026-07-01 00:00:00+00:00",
        ),
        (
            "/dossiers",
            {"late_from": "2026-07-02T00:00:00Z", "late_to": "2026-07-01T00:00:00Z"},
            "query.late_from",
            "2026-07-02T00:00:00+00:00",
        ),
        ("/dossiers", {"standing": "sitting"}, "query.standing.0", "sitting"),
        ("/dossiers", {"lateness": "tardy"}, "query.lateness.0", "tardy"),
        ("/dossiers", {"format": "pdf"}, "query.format", "pdf"),
        ("/dossiers/summary", {"by": "unit", "service_level": "level5"}, "query.service_level", "level5"),
        ("/dossiers", {"from": "yesterday"}, "query.from", "yesterday"),
        ("/dossiers", {"from": "2026-07-01T00:00:00"}, "query.from", "2026-07-01T00:00:00"),
        (
            "/dossiers",
            {"from": "2026-07-02T00:00:00Z", "to": "2026-07-01T00:00:00Z"},
            "query.from",
            "2026-07-02T00:00:00+00:00",
        ),
        ("/dossiers/summary", {"by": "citizen"}, "query.by", "citizen"),
        ("/alerts", {"state": "angry"}, "query.state.0", "angry"),
        ("/alerts", {"severity": 5}, "query.severity.0", "5"),
        ("/alerts/0", {}, "path.alert_id", "0"),
        ("/alerts/x", {}, "path.alert_id", "x"),
        ("/security-events", {"severity": 101}, "query.severity", "101"),
        ("/series", {"label": "unit"}, "query.label", "unit"),
        ("/query_range", {}, "query.series", None),
        ("/query_range", {"metric": "m", "series": 1}, "query.series", "[1]"),
        ("/query_range", {"series": 2**31}, "query.series.0", str(2**31)),
        ("/query_range", {"metric": "m", "step": 0}, "query.step", "0"),
        ("/query_range", {"metric": "m", "step": 90}, "query.step", 90),
        ("/query_range", {"metric": "m", "aggregate": "median"}, "query.aggregate", "median"),
        ("/reports/period", {"from": "2026-07-01"}, "query.to", None),
        ("/reports/period", {"from": "2026-07-02", "to": "2026-07-01"}, "query.to", "2026-07-01"),
        ("/reports/period", {"from": "2024-07-02", "to": "2026-07-01"}, "query.to", "2026-07-01"),
        ("/reports/period", {"from": "0001-01-01", "to": "0001-01-02"}, "query.from", "0001-01-01"),
        ("/rejected", {"source": "x" * 101}, "query.source", "x" * 101),
    ],
)
async def test_bad_parameters_are_named_with_their_value(
    api: Centre, path: str, query: dict[str, Any], parameter: str, value: object
) -> None:
    async with api.client() as client:
        answer = await client.get(path, params=query)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 422
    assert [(wrong["parameter"], wrong["value"]) for wrong in problem["errors"]] == [(parameter, value)]
    assert problem["errors"][0]["reason"]
