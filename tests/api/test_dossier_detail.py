"""One dossier with its timeline, from messages that went the writer's way."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.writer.dossiers import dossier_rows, insert_dossiers
from ioc_core import dossier_clock
from ioc_core.db import connect as connect_database
from ioc_core.events import Channel, DossierEvent, DossierStatus, Supplement
from tests.api.conftest import SCOPE, Centre
from tests.conftest import CONFIG

MONDAY = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
"""08:00 in the province."""
CLOCK = dossier_clock.load(CONFIG)
HOUR = 3600


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def said(code: str, status: int, observed: float, *, told: float | None = None, **fields: Any) -> DossierEvent:
    """A step, or a record when it says what only records know."""
    return DossierEvent(
        source="igate",
        observed_at=at(observed),
        received_at=at(observed if told is None else told),
        code=code,
        record="filed_at" in fields,
        status=DossierStatus(status),
        **fields,
    )


async def detail(centre: Centre, code: str, *events: DossierEvent) -> dict[str, Any]:
    database = await connect_database(centre.dsn, application="test")
    async with database.transaction():
        await insert_dossiers(database, dossier_rows(list(events)), CLOCK)
    await database.close()
    async with centre.client() as client:
        answer = await client.get(f"/dossiers/{code}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def moment(text: str | None) -> float | None:
    """Hours after the filing."""
    return None if text is None else (datetime.fromisoformat(text) - MONDAY).total_seconds() / HOUR


async def test_a_dossier_that_was_entered_late(api: Centre) -> None:
    code = "H15-DETAIL-1"
    record: dict[str, Any] = {
        "filed_at": at(0),
        "due_at": at(50),
        "receiving_unit": "TTPVHCC",
        "resolving_unit": SCOPE,
        "channel": Channel.ONLINE,
        "fee_vnd": 25_000,
        "papers_digitised": True,
    }
    asked = Supplement(requested_at=at(24), received_at=at(27))
    events = [
        said(code, 2, 0, **record),
        said(code, 4, 2, step_department="Một cửa"),
        said(code, 4, 25, told=30, step_department="Địa chính"),
        said(code, 9, 48, told=80, **record, finished_at=at(48), supplements=(asked,), electronic_result=True),
    ]
    found = await detail(api, code, *events)
    assert (found["standing"], found["lateness"], found["on_time"], found["overdue"]) == (
        "entered_late",
        "early",
        True,
        False,
    )
    assert (found["end_status"], moment(found["ended_at"]), moment(found["entered_at"])) == (9, 48, 80)
    assert found["entry_lag_working_seconds"] == CLOCK.calendar.working_seconds(at(48), at(80))
    assert (moment(found["deadline_at"]), moment(found["late_at"])) == (53, 53), "three hours of waiting are added"
    assert (found["requests"], found["waited_seconds"], found["waiting_since"]) == (1, 3 * HOUR, None)
    assert (found["working_seconds_left"], found["accept_by"]) == (None, None)
    assert (found["fee_vnd"], found["papers_digitised"], found["papers_reused"]) == (25_000, True, None)
    assert (found["unit"], found["receiving_unit"]) == (SCOPE, "TTPVHCC")
    assert found["receiving_unit_name"].startswith("Trung tâm Phục vụ hành chính công")

    steps = [
        (one["kind"], one["status"], one["department"], moment(one["since"]), moment(one["until"]), one["arrival"])
        for one in found["steps"]
    ]
    assert steps == [
        ("work", 2, None, 0, 2, "in_order"),
        ("work", 4, "Một cửa", 2, 24, "in_order"),
        ("supplement", 5, "Một cửa", 24, 27, "in_order"),
        ("work", 4, "Địa chính", 27, 48, "in_order"),
        ("ended", 9, "Địa chính", 48, 48, "in_order"),
    ]
    assert {one["unit_name"] for one in found["steps"]} == {found["unit_name"]}
    assert sum(one["working_seconds"] for one in found["steps"]) == CLOCK.calendar.working_seconds(at(0), at(48))
    assert sum(one["elapsed_seconds"] for one in found["steps"]) == 48 * HOUR
    assert [moment(one["told_at"]) for one in found["steps"]] == [0, 2, 80, 80, 80]

    assert [(one["status"], one["record"], moment(one["holds_from"])) for one in found["timeline"]] == [
        (2, True, 0),
        (4, False, 2),
        (4, False, 25),
        (9, True, 48),
    ]
    assert found["timeline"][3]["body"]["electronic_result"] is True


async def test_a_correction_and_a_late_delivery_are_told_as_such(api: Centre) -> None:
    code = "H15-DETAIL-2"
    found = await detail(
        api,
        code,
        said(code, 2, 0, filed_at=at(0)),
        said(code, 9, 5),
        said(code, 4, 2, told=7),
        said(code, 4, 5, told=8, filed_at=at(0), due_at=at(9)),
    )
    assert [(one["status"], one["arrival"], moment(one["holds_from"])) for one in found["timeline"]] == [
        (2, "in_order", 0),
        (4, "late", 2),
        (9, "in_order", 5),
        (4, "correction", 8),
    ]
    assert [(one["kind"], one["arrival"], moment(one["until"])) for one in found["steps"]] == [
        ("work", "in_order", 2),
        ("work", "late", 5),
        ("closed", "in_order", 8),
        ("work", "correction", None),
    ]
    assert (found["standing"], found["overdue"]) == ("overdue", True)
    assert found["working_seconds_left"] < -5 * 8 * HOUR


async def test_a_dossier_that_nobody_accepted(api: Centre) -> None:
    code = "H15-DETAIL-3"
    found = await detail(api, code, said(code, 1, 0, filed_at=at(0), channel=Channel.ONLINE))
    assert (found["standing"], moment(found["accept_by"])) == ("unaccepted", 24)
    assert (found["late_at"], found["ended_at"], found["entry_lag_working_seconds"]) == (None, None, None)


async def test_a_row_of_before_the_clock_is_told_from_what_is_kept_of_it(each_api: Centre) -> None:
    database = await connect_database(each_api.dsn, application="test")
    code = await database.fetchval("SELECT code FROM dossiers WHERE NOT is_open ORDER BY code DESC LIMIT 1")
    await database.close()
    async with each_api.client() as client:
        found = (await client.get(f"/dossiers/{code}")).json()
    assert [one["kind"] for one in found["steps"]] == ["work", "ended"]
    assert found["steps"][0]["status"] is None, "only the end is known"
    assert (found["steps"][0]["since"], found["steps"][1]["since"]) == (found["filed_at"], found["ended_at"])
    assert found["timeline"] == []
