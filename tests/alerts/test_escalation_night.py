"""Nights with a rota: whom an alert goes to, one after another, until somebody has it; whatever restarts and when."""

from datetime import timedelta

from ioc_core import alert_links
from ioc_core.alert_lifecycle import acknowledge, close, reopen, snooze
from ioc_core.oncall import Override
from ioc_core.oncall.overrides import create
from tests.alerts.night import RULES, START, Night

ROUTES = """
route: {receiver: people, group_by: [alertname], group_wait: 0s, group_interval: 0s, repeat_interval: 2h, routes: [
  {matchers: [severity="1"], group_by: ['...']}]}
receivers:
  - {name: people, escalate: urgent}
  - {name: board, channels: [{type: webhook, url: "http://127.0.0.1/"}]}
"""
ONCALL = """
ways: {phone: {type: webhook}, mail: {type: smtp, host: mail.example.vn, from: a@example.vn}}
people:
  - {name: an, ways: [{kind: phone, address: 'http://127.0.0.1/'}, {kind: mail, address: an@example.vn}]}
  - {name: ba, ways: [{kind: phone, address: 'http://127.0.0.1/'}, {kind: mail, address: ba@example.vn}]}
  - {name: chi, ways: [{kind: mail, address: chi@example.vn}]}
rotations:
  - {name: duty, kind: daily, members: [an, ba], start: 2026-11-20, hand_over: 18:00}   # the night begins at 19:00
policies:
  - name: urgent
    steps:
      - {whom: [{rotation: duty}]}
      - {wait: 5m, whom: [{rotation: duty}], how: all}
      - {wait: 10m, whom: [{person: chi}, {receiver: board}]}
    repeat: 1
    repeat_after: 15m
"""
WHOLE = {
    "0:02": ["an: [P1] a nóng"],
    "0:07": ["an: [P1 · CHUYỂN CẤP] a nóng"] * 2,
    "0:17": ["board: [P1 · CHUYỂN CẤP] a nóng", "chi: [P1 · CHUYỂN CẤP] a nóng"],
    "0:32": ["an: [P1 · CHUYỂN CẤP] a nóng"],
    "0:37": ["an: [P1 · CHUYỂN CẤP] a nóng"] * 2,
    "0:47": ["board: [P1 · CHUYỂN CẤP] a nóng", "chi: [P1 · CHUYỂN CẤP] a nóng"],
}


async def lead(night: Night) -> None:
    await night.lead(RULES, ROUTES, ONCALL)


async def at(night: Night, clock: str) -> list[str]:
    """Turn the clock; who was told what."""
    read = len(night.pager.pages)
    await night.at(clock)
    return sorted(f"{page.receiver.removeprefix('person:')}: {page.title}" for page in night.pager.pages[read:])


async def ended(night: Night) -> list[tuple[str, str]]:
    rows = await night.pool.fetch("SELECT state, reason FROM escalations ORDER BY id")
    return [(row["state"], row["reason"]) for row in rows]


async def test_from_step_to_step_and_round_to_round_with_a_new_leader_each_time(night: Night) -> None:
    await night.heat("a", 11)
    await lead(night)
    await at(night, "0:00")
    for clock, told in WHOLE.items():
        minute = int(clock.split(":")[1])
        assert await at(night, f"0:{minute - 1:02}:59") == []
        await lead(night)
        assert await at(night, clock) == told, clock
    assert await ended(night) == [("finished", "finished")]
    assert await at(night, "2:01") == []
    assert await at(night, "2:02") == ["an: [P1 · NHẮC LẠI] a nóng"]  # repeat_interval: from the beginning
    assert (await night.history("escalated", "escalation_stopped"))[-2:] == ["a escalation_stopped", "a escalated"]


async def test_a_day_without_a_leader_skips_no_step_and_doubles_none(night: Night) -> None:
    await night.heat("a", 11)
    await lead(night)
    await at(night, "0:00")
    assert await at(night, "0:02") == WHOLE["0:02"]
    await lead(night)
    late = await at(night, "23:30")  # back to back, and whoever is on call now is called
    called = [message.replace("ba:", "an:") for message in late]
    assert called == sorted([*WHOLE["0:07"], *WHOLE["0:17"], *WHOLE["0:32"], *WHOLE["0:37"], *WHOLE["0:47"]])
    assert "ba: [P1 · CHUYỂN CẤP] a nóng" in late
    rows = await night.pool.fetch("SELECT round, step, due_at, done_at FROM escalation_steps ORDER BY round, step")
    assert [(row["due_at"] - START) // timedelta(minutes=1) for row in rows] == [2, 7, 17, 32, 37, 47]
    order = await night.pool.fetch("SELECT step FROM notifications WHERE step IS NOT NULL ORDER BY id")
    assert [row["step"] for row in order] == [0, 1, 1, 2, 2, 0, 1, 1, 2, 2]


async def test_whoever_takes_it_on_stops_it_and_when_that_runs_out_it_begins_again(night: Night) -> None:
    await night.heat("a", 11)
    await lead(night)
    await at(night, "0:00")
    await at(night, "0:02")
    await night.do(acknowledge, "a", until=START + timedelta(hours=1))
    assert await at(night, "0:03") == []
    assert await ended(night) == [("stopped", "acknowledged")]
    assert await at(night, "0:59") == []
    assert await at(night, "1:00") == ["an: [P1 · CHƯA AI NHẬN] a nóng"]
    assert await at(night, "1:05") == WHOLE["0:07"]
    await night.do(snooze, "a", until=START + timedelta(hours=2))
    assert await at(night, "1:15") == []
    assert await at(night, "2:00") == ["an: [P1 · CHƯA AI NHẬN] a nóng"]
    await night.do(close, "a", reason="báo nhầm")
    assert await at(night, "2:04") == ["an: [ĐÃ HẾT] a nóng", "an: [ĐÃ HẾT] a nóng"]  # by every way he was called by
    assert await at(night, "2:30") == []
    await night.do(reopen, "a")
    assert await at(night, "2:31") == ["an: [P1] a nóng"]
    await night.heat("a", 1)
    await at(night, "2:32")
    assert await at(night, "2:33") == ["an: [ĐÃ HẾT] a nóng"]
    assert [reason for _, reason in await ended(night)] == ["acknowledged", "snoozed", "over", "over"]


async def test_a_silence_stops_it_and_when_that_ends_it_begins_again(night: Night) -> None:
    await night.heat("a", 11)
    await lead(night)
    await at(night, "0:00")
    await at(night, "0:02")
    await night.silence(timedelta(hours=1))
    assert await at(night, "0:03") == []
    assert await ended(night) == [("stopped", "muted")]
    assert await at(night, "0:17") == []
    assert await at(night, "1:02") == ["an: [P1 · CHƯA AI NHẬN] a nóng"]
    assert await at(night, "1:07") == WHOLE["0:07"]


async def test_it_was_taken_on_and_let_go_while_nobody_led(night: Night) -> None:
    await night.heat("a", 11)
    await lead(night)
    await at(night, "0:00")
    await at(night, "0:02")
    await night.do(acknowledge, "a", until=START + timedelta(minutes=20))
    await lead(night)
    assert await at(night, "0:21") == ["an: [P1 · CHƯA AI NHẬN] a nóng"]
    assert await at(night, "0:26") == WHOLE["0:07"]
    assert [reason for _, reason in await ended(night)] == ["returned", ""]


async def test_news_of_a_group_on_its_way_goes_to_whom_the_last_step_called(night: Night) -> None:
    await night.heat("a", 11, grade=2)
    await lead(night)
    await at(night, "0:00")
    assert await at(night, "0:02") == ["an: [P2] a nóng"]
    await night.heat("b", 11, grade=2)
    await at(night, "0:03")
    assert await at(night, "0:05") == ["an: [P2] b nóng (và 1 cảnh báo khác)"]
    await night.take("a")
    assert len(await at(night, "0:07")) == 2  # b is nobody's
    await night.take("b")
    assert await at(night, "0:17") == []


async def test_the_one_who_stands_in_is_called(night: Night) -> None:
    async with night.pool.acquire() as connection:
        swap = Override(0, "duty", "ba", START, START + timedelta(minutes=5))
        await create(connection, swap, reason="ốm", created_by="chi", now=START)
    await night.heat("a", 11)
    await lead(night)
    await at(night, "0:00")
    assert await at(night, "0:02") == ["ba: [P1] a nóng"]
    assert await at(night, "0:07") == WHOLE["0:07"]


async def test_a_storm_is_ten_pages_and_a_digest_at_once(night: Night) -> None:
    for number in range(30):
        await night.heat(f"h{number:02}", 11)
    await lead(night)
    await at(night, "0:00")
    told = await at(night, "0:02")
    assert len(told) == 11
    assert [text for text in told if "TIN GỘP" in text] == ["an: [P1 · TIN GỘP] h10 nóng (và 19 cảnh báo khác)"]
    assert await at(night, "0:06:59") == []
    late = await at(night, "0:07")  # the ten minutes aren't over: all of it in one message, by each of his ways
    assert late == ["an: [P1 · TIN GỘP] h00 nóng (và 29 cảnh báo khác)"] * 2
    kinds = await night.pool.fetch(
        "SELECT kind, count(*) AS n FROM person_messages WHERE told_at IS NOT NULL GROUP BY kind"
    )
    assert {row["kind"]: row["n"] for row in kinds} == {"page": 60, "digest": 2}
    assert await night.pool.fetchval("SELECT count(*) FROM escalation_steps") == 60


async def test_what_waited_for_a_digest_and_was_taken_on_is_told_no_more(night: Night) -> None:
    for number in range(12):
        await night.heat(f"h{number:02}", 11, grade=2 if number > 9 else 1)
    await lead(night)
    await at(night, "0:00")
    first = await at(night, "0:02")
    assert len(first) == 10  # the P2 group waits
    await night.take("h10")
    await night.take("h11")
    for number in range(10):
        await night.take(f"h{number:02}")
    assert await at(night, "0:20") == []
    assert (
        await night.pool.fetchval("SELECT count(*) FROM person_messages WHERE dropped_at IS NULL AND told_at IS NULL")
        == 0
    )
    assert await night.pool.fetchval("SELECT count(*) FROM person_messages WHERE dropped_at IS NOT NULL") == 1


async def test_the_link_in_a_page_acts_as_the_person(night: Night) -> None:
    await night.heat("a", 11)
    await lead(night)
    await at(night, "0:00")
    await at(night, "0:02")
    page = night.pager.pages[-1]
    token = page.links["ack"].rsplit("/", 1)[1]
    link = alert_links.read(b"k" * 32, token)
    assert link.notification == page.id
    async with night.pool.acquire() as connection:
        message = await alert_links.message_of(connection, link)
        assert message is not None
        who = alert_links.signature(message.receiver, "")
        await alert_links.use(connection, link, message, "acknowledge", by=who, address="127.0.0.1", now=night.now)
    assert await night.pool.fetchval("SELECT acknowledged_by FROM alerts") == "an (qua tin báo)"
    assert await at(night, "0:07") == []
    assert await ended(night) == [("stopped", "acknowledged")]


async def test_a_policy_that_is_gone_stops_and_says_so(night: Night) -> None:
    await night.heat("a", 11)
    await lead(night)
    await at(night, "0:00")
    await at(night, "0:02")
    await night.lead(RULES, ROUTES.replace("urgent", "other"), ONCALL.replace("urgent", "other"))
    assert await at(night, "0:07") == ["an: [P1] a nóng"]  # by the policy that its receiver has now
    assert await ended(night) == [("stopped", "policy_gone"), ("running", "")]
