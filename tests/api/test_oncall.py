"""The rota over HTTP: who is on call, overrides, and calendars that a calendar client reads."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from icalendar import Calendar

from ioc_api import oncall_calendar, oncall_view
from ioc_core.alert_links import signing_key
from ioc_core.db import connect
from ioc_core.oncall import Override, load_oncall
from ioc_core.oncall.overrides import Entry
from tests.api.conftest import Centre
from tests.conftest import CONFIG

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ONCALL = load_oncall(CONFIG, ZONE)
MONDAY = datetime(2026, 12, 7, 5, tzinfo=UTC)  # noon
DAY = timedelta(days=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def entry(number: int, person: str | None, starts_at: datetime, ends_at: datetime) -> Entry:
    return Entry(
        id=number, rotation="truc-ban", person=person, starts_at=starts_at, ends_at=ends_at, reason="ốm",
        created_by="truc-1", created_at=MONDAY, cancelled_by=None, cancelled_at=None,
    )  # fmt: skip


def test_the_view_of_a_week_with_a_hole_in_it() -> None:
    hole = entry(1, None, local("2026-12-07T20:00"), local("2026-12-07T22:00"))
    found = oncall_view.view(
        ONCALL, [hole], at=MONDAY, since=MONDAY, until=MONDAY + 2 * DAY, address=lambda name: f"https://x/{name}"
    )
    duty = found["rotations"][0]
    assert (duty["name"], duty["calendar_url"]) == ("truc-ban", "https://x/truc-ban")
    first = duty["now"]["person"]
    assert duty["now"]["starts_at"] == local("2026-12-07T07:00")
    assert [shift["person"] for shift in duty["shifts"]] == [
        first,
        None,
        first,
        duty["next"]["person"],
        duty["shifts"][4]["person"],
    ]
    assert duty["next"]["starts_at"] == local("2026-12-08T07:00")
    assert [(gap["starts_at"], gap["ends_at"]) for gap in found["warnings"]] == [(hole.starts_at, hole.ends_at)]
    assert found["people"][0]["ways"] == ["webhook", "mail"]
    assert [step["how"] for step in found["policies"][0]["steps"]] == ["first", "all", "all"]


def test_a_calendar_has_every_shift_once_and_says_where_nobody_is() -> None:
    swap = Override(7, "truc-ban", "truong-ca", local("2026-12-08T07:00"), local("2026-12-09T07:00"))
    hole = Override(8, "truc-ban", None, local("2026-12-09T07:00"), local("2026-12-10T07:00"))
    raw = oncall_calendar.calendar(
        ONCALL, ONCALL.rotations["truc-ban"], [swap, hole], now=MONDAY, host="ioc.example.vn"
    )
    read = Calendar.from_ical(raw)
    events = list(read.walk("VEVENT"))
    by_start = {event.decoded("dtstart"): event for event in events}
    assert len(by_start) == len({str(event["uid"]) for event in events}) == len(events)
    assert str(by_start[swap.starts_at]["summary"]) == "Trực ban: Trưởng ca"
    assert str(by_start[hole.starts_at]["summary"]) == "Trực ban: CHƯA CÓ NGƯỜI TRỰC"
    plain = Calendar.from_ical(
        oncall_calendar.calendar(ONCALL, ONCALL.rotations["truc-ban"], [], now=MONDAY + DAY / 2, host="ioc.example.vn")
    )
    same = {str(event["uid"]): event for event in plain.walk("VEVENT")}
    assert str(by_start[swap.starts_at]["uid"]) in same, "whoever takes a shift over, it is the same event"
    ends = [event.decoded("dtend") for event in events]
    assert ends[:-1] == [event.decoded("dtstart") for event in events[1:]]
    mine = oncall_calendar.calendar(
        ONCALL, ONCALL.rotations["truc-ban"], [swap], now=MONDAY, host="x", person="truong-ca"
    )
    assert [event.decoded("dtstart") for event in Calendar.from_ical(mine).walk("VEVENT")] == [swap.starts_at]


@pytest.fixture
async def http(api: Centre) -> AsyncIterator[httpx.AsyncClient]:
    """Asks the API as an operator's token."""
    headers = {"Authorization": f"Bearer {api.tokens['operator']}"}
    async with httpx.AsyncClient(base_url=f"{api.url}/api/v1", headers=headers) as opened:
        yield opened


async def test_overrides_are_made_seen_and_taken_back(api: Centre, http: httpx.AsyncClient) -> None:
    start = datetime.now(UTC) + timedelta(days=3)
    wanted = {
        "rotation": "truc-ban", "person": "truong-ca", "reason": "đi họp",
        "starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=5)).isoformat(),
    }  # fmt: skip
    made = await http.post("/oncall/overrides", json=wanted)
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    assert made.json()["created_by"] == "token:operator"
    view = (await http.get("/oncall")).json()
    assert [item["id"] for item in view["overrides"]] == [number]
    shifts = next(item for item in view["rotations"] if item["name"] == "truc-ban")["shifts"]
    assert [shift["person"] for shift in shifts if shift["override"] == number] == ["truong-ca"]
    ended = await http.delete(f"/oncall/overrides/{number}")
    assert ended.json()["cancelled_by"] == "token:operator"
    assert (await http.delete(f"/oncall/overrides/{number}")).status_code == 409
    assert (await http.delete("/oncall/overrides/999999")).status_code == 404
    assert (await http.get("/oncall")).json()["overrides"] == []
    connection = await connect(api.dsn, application="test")
    rows = await connection.fetch("SELECT action, actor FROM audit_log WHERE action LIKE 'oncall.%' ORDER BY seq")
    await connection.close()
    assert [(row["action"], row["actor"]) for row in rows] == [
        ("oncall.override", "token:operator"),
        ("oncall.cancel", "token:operator"),
    ]


async def test_one_that_runs_ends_now(http: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    wanted = {
        "rotation": "truc-nghi", "person": None, "reason": "thử",
        "starts_at": (now - timedelta(hours=1)).isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    made = (await http.post("/oncall/overrides", json=wanted)).json()
    ended = (await http.delete(f"/oncall/overrides/{made['id']}")).json()
    assert datetime.fromisoformat(ended["ends_at"]) <= datetime.now(UTC)
    assert ended["cancelled_at"] is None


WRONG = [
    ("rotation", "nobody", "body.rotation"),
    ("person", "nobody", "body.person"),
    ("reason", " ", "body.reason"),
    ("ends_at", "2020-01-01T00:00:00Z", "body.ends_at"),
    ("starts_at", "soon", "body.starts_at"),
]


@pytest.mark.parametrize(("field", "value", "parameter"), WRONG, ids=[case[0] for case in WRONG])
async def test_what_is_wrong_is_named(http: httpx.AsyncClient, field: str, value: str, parameter: str) -> None:
    wanted = {
        "rotation": "truc-ban", "person": None, "reason": "x",
        "starts_at": "2019-12-01T00:00:00Z", "ends_at": "2100-01-01T00:00:00Z",
    }  # fmt: skip
    answer = await http.post("/oncall/overrides", json=wanted | {field: value})
    assert answer.status_code == 422
    assert [item["parameter"] for item in answer.json()["errors"]] == [parameter]


async def test_too_long_a_stretch_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.get("/oncall", params={"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "query.to")


async def test_a_calendar_client_reads_by_address_by_basic_and_not_otherwise(
    api: Centre, http: httpx.AsyncClient
) -> None:
    rotations = (await http.get("/oncall")).json()["rotations"]
    addresses = {
        item["name"]: item["calendar_url"].replace(api.settings.public_address, api.url) for item in rotations
    }
    async with httpx.AsyncClient() as client:
        by_address = await client.get(addresses["truc-ban"])
        assert by_address.headers["content-type"].startswith("text/calendar")
        first = next(iter(Calendar.from_ical(by_address.content).walk("VEVENT")))
        assert first.decoded("dtstart").date() >= date(2026, 1, 5)
        token = addresses["truc-ban"].split("/")[-2]
        assert (
            await client.get(addresses["truc-nghi"].replace(addresses["truc-nghi"].split("/")[-2], token))
        ).status_code == 404
        usual = f"{api.url}/api/v1/oncall/truc-ban.ics"
        assert (await client.get(usual)).status_code == 401
        assert (await client.get(usual, auth=("calendar", api.tokens["viewer"]))).status_code == 200
        assert (await client.get(usual.replace("truc-ban", "x"), auth=("c", api.tokens["viewer"]))).status_code == 404
    connection = await connect(api.dsn, application="test")
    assert len(await signing_key(connection)) == 32
    await connection.close()
