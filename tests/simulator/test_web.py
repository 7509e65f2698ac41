"""The simulated outside on HTTP: portals that fail on schedule, systems that go down, and the on-call phone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from ioc_core.catalogue import Catalogue
from simulator.episodes import Episodes
from simulator.progress import Phase, Progress
from simulator.web.app import OutsideWeb, outside_app
from simulator.web.outages import SYSTEM_SLOT, WATCHED_SYSTEMS, PortalFaults, State, SystemOutages
from simulator.web.phone import Phone
from simulator.workclock import DAY

NOW = datetime(2026, 11, 19, 8, 0, tzinfo=UTC)
START = int(NOW.timestamp())
UNITS = [str(number) for number in range(120)]


class Outside:
    """The simulator's application at an instant that a test sets."""

    def __init__(self, shipped: Catalogue) -> None:
        self.instant = float(START)
        self.stopping = asyncio.Event()
        self.web = OutsideWeb(
            catalogue=shipped,
            seed=766,
            zone=ZoneInfo("Asia/Ho_Chi_Minh"),
            stopping=self.stopping,
            now=lambda: self.instant,
        )
        self.progress = Progress()
        transport = httpx.ASGITransport(app=outside_app(self.web, self.progress, {"world": "test"}))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://simulator")

    def find(self, unit: str, state: State) -> int:
        """An instant at which the portal of `unit` is in that state."""
        faults = PortalFaults(766, [unit])
        return next(at for at in range(START, START + 200 * DAY, 60) if faults.at(unit, at) is state)


@pytest.fixture
async def outside(shipped: Catalogue) -> AsyncIterator[Outside]:
    """The application."""
    made = Outside(shipped)
    async with made.client:
        yield made


def test_episodes_are_the_same_for_the_same_seed_and_name() -> None:
    def made(seed: int, name: str) -> Episodes:
        return Episodes(seed, name, per_day=5, seconds=(60, 600), kinds={"a": 1, "b": 1})

    assert made(1, "x").between(START, START + DAY) == made(1, "x").between(START, START + DAY)
    assert made(1, "x").between(START, START + DAY) != made(2, "x").between(START, START + DAY)
    assert made(1, "x").between(START, START + DAY) != made(1, "y").between(START, START + DAY)


def test_an_episode_is_found_at_each_of_its_seconds_even_past_midnight() -> None:
    episodes = Episodes(3, "x", per_day=20, seconds=(3600, 7200), kinds={"a": 1})
    for episode in episodes.between(START, START + 3 * DAY):
        assert episodes.at(episode.start) is not None
        assert episodes.at(episode.end - 1) is not None
    assert any(e.end // DAY > e.start // DAY for e in episodes.between(START, START + 3 * DAY))


def test_most_portals_are_well_most_of_the_time() -> None:
    faults = PortalFaults(766, UNITS)
    states = Counter(faults.at(unit, START + minute * 600) for unit in UNITS for minute in range(144 * 2))
    assert states[State.WELL] / states.total() > 0.985
    assert set(states) == set(State)


def test_one_system_at_a_time_is_down_for_minutes() -> None:
    outages = SystemOutages(766, WATCHED_SYSTEMS)
    for slot in range(START // SYSTEM_SLOT, START // SYSTEM_SLOT + 20):
        down = [outages.at(at) for at in range(slot * SYSTEM_SLOT, (slot + 1) * SYSTEM_SLOT, 10) if outages.at(at)]
        assert len(set(down)) == 1
        assert 3 * 6 - 1 <= len(down) <= 6 * 6 + 1


async def test_a_portal_that_is_well_shows_its_name_and_news(outside: Outside) -> None:
    outside.instant = outside.find("STC", State.WELL)
    answer = await outside.client.get("/portal/STC/")
    assert answer.status_code == 200
    assert "Sở Tài chính" in answer.text
    assert "Tin mới" in answer.text


async def test_a_failing_portal_answers_503(outside: Outside) -> None:
    outside.instant = outside.find("STC", State.FAILING)
    assert (await outside.client.get("/portal/STC/")).status_code == 503


async def test_a_defaced_portal_answers_200_without_its_own_words(outside: Outside) -> None:
    outside.instant = outside.find("STC", State.DEFACED)
    answer = await outside.client.get("/portal/STC/")
    assert answer.status_code == 200
    assert "Tin mới" not in answer.text


async def test_a_hanging_portal_lets_go_when_the_simulator_stops(outside: Outside) -> None:
    outside.instant = outside.find("STC", State.HANGING)
    asked = asyncio.create_task(outside.client.get("/portal/STC/"))
    await asyncio.sleep(0.05)
    assert not asked.done()
    outside.stopping.set()
    async with asyncio.timeout(2):
        assert (await asked).status_code == 503


async def test_a_system_is_down_when_its_turn_comes(outside: Outside) -> None:
    outages = SystemOutages(766, WATCHED_SYSTEMS)
    at = next(at for at in range(START, START + SYSTEM_SLOT * 2, 10) if outages.at(at))
    down = outages.at(at)
    outside.instant = at
    answers = {system: (await outside.client.get(f"/system/{system}/")).status_code for system in WATCHED_SYSTEMS}
    assert {system for system, status in answers.items() if status == 503} == {down}


@pytest.mark.parametrize("path", ["/portal/nowhere/", "/system/nowhere/", "/portal/643/"])
async def test_what_does_not_exist_is_404(outside: Outside, path: str) -> None:
    assert (await outside.client.get(path)).status_code == 404


MESSAGE = {
    "id": "7f",
    "status": "firing",
    "severity": 2,
    "title": "[P2] Hồ sơ quá hạn tại UBND xã Ea Kly",
    "console_url": "http://127.0.0.1:8501/console",
    "links": {"ack": "http://127.0.0.1:8000/a/AbC"},
    "alerts": [{"annotations": {"summary": "Quá hạn 3 giờ", "description": "Hồ sơ 000.11.37.H15-261119-0004"}}],
}


async def test_the_phone_shows_each_notification_once(outside: Outside) -> None:
    for _ in range(3):
        answer = await outside.client.post("/phone", json=MESSAGE, headers={"Idempotency-Key": "7f"})
        assert answer.status_code == 200
    shown = (await outside.client.get("/phone/messages")).json()
    assert shown["duplicates"] == 2
    assert [message["title"] for message in shown["messages"]] == [MESSAGE["title"]]
    page = (await outside.client.get("/phone")).text
    assert page.count("Hồ sơ quá hạn tại UBND xã Ea Kly") == 1
    assert "Hồ sơ 000.11.37.H15-261119-0004" in page
    assert "15:00:00 19/11/2026" in page
    assert '<li class="p2">' in page
    assert '<a class="take" href="http://127.0.0.1:8000/a/AbC"' in page
    assert 'lang="vi"' in page
    assert 'name="viewport"' in page


async def test_the_phone_escapes_what_it_is_sent(outside: Outside) -> None:
    await outside.client.post("/phone", json={"title": "<script>x</script>", "link": "javascript:alert(1)"})
    page = (await outside.client.get("/phone")).text
    assert "<script>" not in page
    assert "javascript:" not in page


@pytest.mark.parametrize(
    ("body", "status"), [(b"not json", 400), (b"", 400), (b'"' + b"x" * 300_000 + b'"', 413), (b"[1]", 200)]
)
async def test_the_phone_refuses_what_is_no_notification(outside: Outside, body: bytes, status: int) -> None:
    assert (await outside.client.post("/phone", content=body)).status_code == status


def test_the_phone_keeps_a_hundred_and_recognises_older_ones() -> None:
    phone = Phone()
    for number in range(250):
        assert phone.receive({"title": str(number)}, key=str(number), now=NOW + timedelta(seconds=number))
    assert [message.title for message in phone.messages] == [str(number) for number in range(249, 149, -1)]
    assert not phone.receive({"title": "0"}, key="0", now=NOW)
    assert phone.receive({"title": "no key"}, key="", now=NOW)
    assert phone.receive({"title": "no key"}, key="", now=NOW)


@pytest.mark.parametrize(
    ("payload", "title", "text"),
    [
        pytest.param({"commonAnnotations": {"summary": "s", "description": "d"}}, "s", "d", id="Alertmanager's form"),
        pytest.param({"alerts": [{"labels": {"alertname": "Down"}}]}, "Down", "", id="only an alert's name"),
        pytest.param(
            {"title": "t", "alerts": [{"annotations": {"summary": "a"}}, {"annotations": {"summary": "b"}}]},
            "t",
            "a\nb",
            id="several alerts are listed",
        ),
        pytest.param([1, 2], "Thông báo", "", id="no object at all"),
        pytest.param({"alerts": "x", "title": 3}, "Thông báo", "", id="wrong types"),
    ],
)
def test_the_phone_finds_what_to_show(payload: object, title: str, text: str) -> None:
    phone = Phone()
    phone.receive(payload, key="", now=NOW)
    assert (phone.messages[0].title, phone.messages[0].text) == (title, text)


async def test_health_shows_how_far_the_past_is_in(outside: Outside) -> None:
    feed = outside.progress.feed("igate")
    feed.phase, feed.total = Phase.BACKFILL, 30
    feed.advance(entries=500, parts=12)
    body = (await outside.client.get("/healthz")).json()
    assert body["status"] == "ok"
    assert body["feeds"]["igate"]["done"] == 12
    assert (await outside.client.get("/readyz")).status_code == 503
    feed.finish(Phase.LIVE, seconds=1.0)
    assert (await outside.client.get("/readyz")).status_code == 200
    assert "ioc_simulator_backfill_ratio" in (await outside.client.get("/metrics")).text
