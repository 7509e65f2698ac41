"""A night that is explained: at each moment the API says why the on-call person was, or wasn't, told."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.channels.outcome import Permanent, Surroundings, Temporary
from alerts.receivers import make_receivers
from alerts.route_file import load_routing
from alerts.routing_record import to_record
from ioc_api.explain.reading import facts
from ioc_api.explain.telling import explanation
from ioc_api.explain.words import Clock
from ioc_api.models.explanation import Explanation
from ioc_core import alert_lifecycle as lifecycle
from ioc_core import silences
from ioc_core.label_matchers import LabelMatcher
from ioc_core.routing import record
from ioc_core.silences import Wanted
from tests.alerts.night import RULES, Night
from tests.alerts.test_escalation_night import ONCALL
from tests.alerts.test_escalation_night import ROUTES as PEOPLE_ROUTES

UTC = ZoneInfo("UTC")
MINUTE = timedelta(minutes=1)


async def explained(night: Night, host: str = "a") -> Explanation:
    """What the API says now of the newest alert about a host."""
    async with night.pool.acquire() as connection:
        alert_id = await connection.fetchval("SELECT max(id) FROM alerts WHERE labels->>'host' = $1", host)
        known = await facts(connection, alert_id, None)
    assert known is not None
    return explanation(known, Clock(UTC, night.now))


async def why(night: Night, host: str = "a") -> list[str]:
    """The answers, as `receiver code: text`."""
    return [f"{each.receiver} {each.code}: {each.text}" for each in (await explained(night, host)).answers]


@pytest.fixture
async def told(night: Night) -> Night:
    """The night with its routes recorded, as a leader does."""
    routing = load_routing(night._folder)
    async with night.pool.acquire() as connection:
        receivers = make_receivers(routing, Surroundings({}, UTC))
        await record(connection, to_record(routing, receivers), night.now)
        await connection.execute("UPDATE alert_leader SET leader = 'máy-1/77', since = $1", night.now)
    return night


async def test_the_whole_way_of_a_page(told: Night) -> None:
    await told.heat("a", 11)
    await told.at("0:00")
    assert await why(told) == [
        "duty pending: Chưa báo: điều kiện đúng từ 12:00:00, chưa đủ thời gian mà quy tắc đòi hỏi (for)."
    ]
    told.pager.plan.append(Temporary("HTTP 503"))
    await told.at("0:02")
    (answer,) = await why(told)
    assert answer.startswith("duty sending: Chưa gửi được qua webhook/0 sau 1 lần thử: HTTP 503; thử lại lúc 12:02:0")
    await told.at("0:02:05")
    assert await why(told) == [
        "duty told: Đã báo lúc 12:02:05 qua webhook/0. Chưa ai nhận: xem lại để nhắc lúc 12:17:00."
    ]
    await told.at("0:17")
    assert await why(told) == [
        "duty told: Đã báo lúc 12:02:05 qua webhook/0; tin thứ 2 lúc 12:17:00 (nhắc lại vì chưa ai nhận)."
        " Chưa ai nhận: xem lại để nhắc lúc 12:32:00."
    ]
    await told.take("a")
    assert (await why(told))[0].endswith("Không nhắc lại vì lan đã nhận.")
    await told.heat("a", 1)
    await told.at("0:20")
    await told.at("0:21")
    found = await explained(told)
    assert [step.kind for step in found.steps] == [
        "pending", "firing", "notified", "notified", "acknowledged", "resolved", "notified",
    ]  # fmt: skip
    assert found.steps[4].text == "Đã nhận xử lý · lan · đang xử lý"
    assert [(delivery.state, delivery.reason, delivery.attempts) for delivery in found.deliveries] == [
        ("sent", "first", 2), ("sent", "repeat", 1), ("sent", "resolved", 1),
    ]  # fmt: skip
    assert found.rule.place.endswith("test.yaml:5")
    assert found.leader == "máy-1/77 điều khiển từ 12:00:00."


async def test_the_route_says_which_branch_and_why_not_the_others(told: Night) -> None:
    await told.heat("a", 11, grade=3)
    await told.at("0:00")
    await told.at("0:02")
    found = await explained(told)
    assert [(route.depth, route.asked, route.text) for route in found.routes] == [
        (0, "taken", "Không nhánh nào khớp, gốc nhận cảnh báo này: báo cho duty."),
        (1, "no_match", 'Không khớp severity="4": nhãn severity là 3.'),
        (1, "no_match", 'Không khớp severity=~"1|2": nhãn severity là 3.'),
    ]
    assert found.answers[0].text == "Chưa báo: nhóm đang gom tin, báo lúc 12:02:30."
    assert found.groups[0].text == (
        "Gom theo alertname=GaugeHigh, có 1 cảnh báo; tin mới chờ 30 giây, giữa hai tin ít nhất 5 phút,"
        " nhắc lại sau 1 giờ nếu chưa ai nhận; xem lại lúc 12:02:30."
    )


async def test_for_the_screens_only(told: Night) -> None:
    await told.heat("a", 11, grade=4)
    await told.at("0:00")
    await told.at("0:02")
    assert await why(told) == [
        "screens no_channel: Không báo ai: nơi nhận này chỉ dành cho màn hình, không có kênh nào."
    ]
    assert (await explained(told)).routes[1].text == "Nhận cảnh báo này: nơi nhận screens không có kênh nào đang bật."


async def test_a_silence_before_it_began_and_after_it_ended(told: Night) -> None:
    wanted = Wanted(
        matchers=(LabelMatcher("host", "a"),), starts_at=told.now, ends_at=told.now + 10 * MINUTE, comment="thay quạt"
    )
    async with told.pool.acquire() as connection:
        await silences.create(connection, wanted, actor="lan", now=told.now, zone=UTC)
    await told.applier.follow_mutes(told.now)
    await told.heat("a", 11)
    await told.at("0:00")
    assert await told.at("0:02") == []
    (answer,) = await why(told)
    assert answer.startswith("duty muted: Không báo: đang tắt báo (")
    assert "thay quạt" in answer
    assert answer.endswith(", từ 12:02:00, đến 12:10:00.")
    (mute,) = (await explained(told)).mutes
    assert (mute.kind, mute.until) == ("silence", wanted.ends_at)
    await told.applier.follow_mutes(wanted.ends_at)
    await told.at("0:10")
    (answer,) = await why(told)
    assert answer.startswith("duty told: Đã báo lúc 12:10:00")
    kinds = [step.kind for step in (await explained(told)).steps]
    assert [kind for kind in kinds if kind in {"muted", "unmuted"}] == ["muted", "unmuted"]


async def test_put_off_taken_before_it_was_told_over_before_it_was_told_and_never_delivered(told: Night) -> None:
    for host, grade in (("a", 3), ("b", 3), ("c", 3), ("d", 1)):
        await told.heat(host, 11, grade=grade)
    told.pager.plan.append(Permanent("HTTP 404"))
    await told.at("0:00")
    await told.at("0:02")
    await told.do(lifecycle.snooze, "a", until=told.now + 30 * MINUTE)
    await told.take("b")
    await told.do(lifecycle.close, "c", reason="thử máy")
    await told.at("0:03")
    assert await why(told, "a") == ["duty snoozed: Không báo: lan tạm hoãn lúc 12:02:00, đến 12:32:00."]
    assert await why(told, "b") == ["duty acknowledged: Không báo: lan đã nhận lúc 12:02:00, trước khi tới lượt báo."]
    assert await why(told, "c") == ["duty over: Không báo: cảnh báo lan đóng lúc 12:02:00, trước khi tới lượt báo."]
    assert await why(told, "d") == [
        "duty failed: Không gửi được qua webhook/0 sau 1 lần thử, thôi gửi lúc 12:02:00: HTTP 404."
    ]


async def test_nobody_has_led_yet_and_out_of_scope(night: Night) -> None:
    await night.pool.execute("TRUNCATE alert_routing")
    await night.heat("a", 11)
    await night.at("0:00")
    assert await why(night) == [" no_leader: Chưa có tiến trình cảnh báo nào từng chạy."]
    async with night.pool.acquire() as connection:
        alert_id = await connection.fetchval("SELECT max(id) FROM alerts")
        assert await facts(connection, alert_id, ["22015"]) is None
        assert await facts(connection, alert_id + 1, None) is None


async def test_from_person_to_person(night: Night) -> None:
    await night.lead(RULES, PEOPLE_ROUTES, ONCALL)
    routing = load_routing(night._folder)
    async with night.pool.acquire() as connection:
        await record(connection, to_record(routing, make_receivers(routing, Surroundings({}, UTC))), night.now)
    await night.heat("a", 11)
    await night.at("0:00")
    await night.at("0:02")
    assert await why(night) == [
        "people told: Gọi người theo quy trình urgent: đã gọi an; tin tới nơi lần đầu lúc 12:02:00;"
        " bước 2 lúc 12:07:00 nếu chưa ai nhận."
    ]
    await night.at("0:07")
    await night.at("0:17")
    await night.take("a")
    await night.at("0:18")
    found = await explained(night)
    (escalation,) = found.escalations
    assert escalation.state == "stopped"
    assert escalation.text.endswith("đã có người nhận.")
    assert [step.text for step in escalation.steps] == [
        "Bước 1 lúc 12:02:00: gọi an.",
        "Bước 2 lúc 12:07:00: gọi an.",
        "Bước 3 lúc 12:17:00: gọi chi, board.",
    ]
    assert "board" not in [answer.receiver for answer in found.answers], "the board was called by the escalation"
