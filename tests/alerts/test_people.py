"""What people do to alerts, as a night: who is told when, whatever is acknowledged, snoozed, closed, opened again."""

from datetime import datetime, timedelta

import pytest

from ioc_core.alert_lifecycle import acknowledge, assign, close, reopen, snooze, unacknowledge, unsnooze
from ioc_core.errors import InputError
from tests.alerts.night import RULES, START, Night


def instant(clock: str) -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return START + timedelta(hours=hours, minutes=minutes)


async def test_an_acknowledgement_that_runs_out_pages_again_at_once(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    assert await night.at("0:02") == ["[P1] a nóng"]
    await night.do(acknowledge, "a", until=instant("1:00"))
    assert await night.at("0:17") == []  # not repeated
    assert await night.at("0:59:59") == []
    assert await night.at("1:00") == ["[P1 · CHƯA AI NHẬN] a nóng"]
    assert await night.at("1:14:59") == []
    assert await night.at("1:15") == ["[P1 · NHẮC LẠI] a nóng"]
    assert await night.history("acknowledged", "ack_expired") == ["a acknowledged", "a ack_expired"]
    row = await night.pool.fetchrow("SELECT * FROM alert_history WHERE kind = 'ack_expired'")
    assert row is not None
    assert (row["actor"], row["person"], row["at"]) == ("engine", "lan", instant("1:00"))


async def test_it_runs_out_while_nobody_leads_and_pages_with_the_next_leader(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.at("0:02")
    await night.do(acknowledge, "a", until=instant("1:00"))
    await night.lead()
    assert await night.at("2:00") == ["[P1 · CHƯA AI NHẬN] a nóng"]
    await night.lead()
    assert await night.at("2:00:01") == []
    assert await night.history("ack_expired") == ["a ack_expired"]


async def test_longer_in_time_or_over_before_it_runs_out_is_no_news(night: Night) -> None:
    for host in ("a", "b"):
        await night.heat(host, 11)
    await night.at("0:00")
    assert sorted(await night.at("0:02")) == ["[P1] a nóng", "[P1] b nóng"]
    for host in ("a", "b"):
        await night.do(acknowledge, host, until=instant("0:30"))
    await night.do(acknowledge, "a", until=instant("2:00"))
    await night.heat("b", 1)
    await night.at("0:28")
    assert await night.at("0:29") == ["[ĐÃ HẾT] b nóng"]
    assert await night.at("0:30") == []
    assert await night.at("1:59:59") == []


async def test_letting_go_pages_at_once_and_taking_over_does_not(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.at("0:02")
    await night.do(acknowledge, "a")
    with pytest.raises(InputError, match="acknowledged by lan"):
        await night.do(acknowledge, "a", actor="hai")
    assert await night.do(acknowledge, "a", actor="hai", take_over=True, note="đổi ca")
    assert await night.at("1:00") == []
    assert await night.do(unacknowledge, "a", actor="hai")
    assert not await night.do(unacknowledge, "a", actor="hai")
    assert await night.at("1:00:01") == ["[P1 · CHƯA AI NHẬN] a nóng"]
    assert await night.do(assign, "a", person="mai")
    assert await night.at("1:00:02") == []
    assert await night.history("acknowledged", "unacknowledged", "assigned") == [
        "a acknowledged", "a acknowledged", "a unacknowledged", "a assigned",
    ]  # fmt: skip


async def test_a_snoozed_alert_is_quiet_until_its_time_and_then_told(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.at("0:02")
    await night.do(snooze, "a", until=instant("0:32"))
    assert await night.at("0:31:59") == []
    assert await night.at("0:32") == ["[P1 · CHƯA AI NHẬN] a nóng"]
    await night.do(snooze, "a", until=instant("5:00"))
    await night.at("0:40")
    assert await night.do(unsnooze, "a")
    assert await night.at("0:40:01") == ["[P1 · CHƯA AI NHẬN] a nóng"]


async def test_a_snoozed_alert_that_grows_graver_is_told(night: Night) -> None:
    await night.heat("a", 11, grade=2)
    await night.at("0:00")
    assert await night.at("0:02") == ["[P2] a nóng"]
    await night.do(snooze, "a", until=instant("9:00"))
    await night.pool.execute('UPDATE series SET labels = labels || \'{"grade": "1"}\'')
    assert await night.at("0:03") == ["[P1] a nóng"]


async def test_a_closed_alert_is_told_as_over_and_stays_so_while_its_condition_holds(night: Night) -> None:
    await night.heat("a", 11, grade=2)
    await night.at("0:00")
    await night.at("0:02")
    assert await night.do(close, "a", reason="đang bảo trì")
    assert await night.at("0:02:30") == ["[ĐÃ HẾT] a nóng"]
    told = night.pager.pages[-1].alerts[0]
    assert (told.status, told.closed_by, told.close_reason) == ("resolved", "lan", "đang bảo trì")
    await night.pool.execute('UPDATE series SET labels = labels || \'{"grade": "1"}\'')
    assert await night.at("0:10") == []  # not even graver
    await night.lead()
    assert await night.at("6:00") == []
    assert await night.pool.fetchval("SELECT state FROM alerts") == "closed"
    await night.heat("a", 1)
    await night.at("6:01")
    assert await night.at("6:02") == []  # it was told as over already
    assert await night.pool.fetchval("SELECT state FROM alerts") == "resolved"
    await night.heat("a", 11)
    await night.at("6:03")
    assert await night.at("6:05") == ["[P1] a nóng"]  # a new episode
    assert await night.history("firing", "closed", "resolved") == [
        "a firing", "a closed", "a resolved", "a firing",
    ]  # fmt: skip


async def test_a_condition_that_only_flickers_does_not_end_a_closed_alert(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.at("0:02")
    await night.do(close, "a", reason="đã biết")
    await night.at("0:03")
    await night.heat("a", 1)
    await night.at("0:04")  # keep_firing_for is a minute
    await night.heat("a", 11)
    assert await night.at("0:04:30") == []
    assert await night.pool.fetchval("SELECT state FROM alerts") == "closed"


async def test_a_closed_alert_is_opened_again_by_hand_or_by_time(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.at("0:02")
    await night.do(acknowledge, "a")
    await night.do(close, "a", reason="nhầm")
    assert await night.at("0:03") == ["[ĐÃ HẾT] a nóng"]
    assert await night.do(reopen, "a")
    assert await night.at("0:04") == ["[P1] a nóng"]  # nobody has it
    await night.do(close, "a", reason="bảo trì đến 2 giờ", until=instant("2:00"))
    assert await night.at("0:05") == ["[ĐÃ HẾT] a nóng"]
    assert await night.at("1:59:59") == []
    assert await night.at("2:00") == ["[P1] a nóng"]
    assert await night.history("closed", "reopened") == ["a closed", "a reopened", "a closed", "a reopened"]
    actors = await night.pool.fetch("SELECT actor FROM alert_history WHERE kind = 'reopened' ORDER BY id")
    assert [row["actor"] for row in actors] == ["lan", "engine"]


async def test_closed_and_opened_before_anybody_was_told_of_it_is_told_as_open(night: Night) -> None:
    await night.heat("a", 11, grade=3)
    await night.at("0:00")
    await night.at("0:02")
    assert await night.at("0:02:30") == ["[P3] a nóng"]
    await night.do(close, "a", reason="nhầm")
    assert await night.at("0:03") == []  # group_interval
    await night.do(reopen, "a")
    assert await night.at("0:03:01") == ["[P3 · CHƯA AI NHẬN] a nóng"]
    await night.heat("a", 1)
    await night.at("0:04")
    await night.at("0:05")
    assert await night.at("0:08:01") == ["[ĐÃ HẾT] a nóng"]


async def test_a_rule_that_is_gone_ends_what_was_closed(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.at("0:02")
    await night.do(close, "a", reason="đã biết")
    await night.at("0:03")
    await night.lead(RULES.replace("GaugeHigh", "Other"))
    assert await night.at("0:04") == []
    assert await night.pool.fetchval("SELECT state FROM alerts WHERE rule = 'GaugeHigh'") == "resolved"


async def test_what_is_pending_can_be_taken_and_is_told_when_that_runs_out(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.do(acknowledge, "a", until=instant("0:10"))
    assert await night.at("0:02") == []
    assert await night.at("0:10") == ["[P1] a nóng"]


async def test_a_storm_that_runs_out_at_once_is_told(night: Night) -> None:
    for number in range(12):
        await night.heat(f"h{number:02}", 11, grade=3)
    await night.at("0:00")
    await night.at("0:02")
    assert len(await night.at("0:02:30")) == 1
    for number in range(12):
        await night.do(acknowledge, f"h{number:02}", until=instant("1:00"))
    told = await night.at("1:00")
    assert len(told) == 1 and "và 11 cảnh báo khác" in told[0]
