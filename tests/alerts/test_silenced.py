"""Silences, as a night: who is told when, whatever is muted from when to when."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from ioc_core import silences
from ioc_core.alert_lifecycle import acknowledge, close, reopen
from ioc_core.errors import InputError
from ioc_core.label_matchers import LabelMatcher
from ioc_core.silences import Wanted
from tests.alerts.night import START, ZONE, Night

M, H = timedelta(minutes=1), timedelta(hours=1)


def instant(clock: str) -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return START + timedelta(hours=hours, minutes=minutes)


async def mutes(night: Night) -> list[tuple[str, str, datetime | None]]:
    rows = await night.pool.fetch(
        "SELECT a.labels->>'host' AS host, m.kind, m.until FROM alert_mutes m JOIN alerts a ON a.id = m.alert_id"
        " ORDER BY 1, 2, 3"
    )
    return [(row["host"], row["kind"], row["until"]) for row in rows]


async def test_what_begins_under_a_silence_is_told_when_the_silence_ends(night: Night) -> None:
    await night.at("0:00")
    await night.silence(H)
    await night.heat("a", 11)
    await night.heat("b", 11)
    await night.at("0:01")
    assert await night.at("0:03") == ["[P1] b nóng"]
    assert await mutes(night) == [("a", "silence", instant("1:00"))]
    assert await night.at("0:59:59") == ["[P1 · NHẮC LẠI] b nóng"]
    assert await night.at("1:00") == ["[P1] a nóng"]
    assert await mutes(night) == []
    history = await night.pool.fetch(
        "SELECT kind, actor, note, until FROM alert_history WHERE kind ~ 'muted' ORDER BY id"
    )
    assert [tuple(row) for row in history] == [
        ("muted", "engine", "Tắt báo (lan): đã biết", instant("1:00")),
        ("muted", "engine", "Sắp hết: Tắt báo (lan): đã biết", instant("1:00")),
        ("unmuted", "engine", "Tắt báo (lan): đã biết", None),
    ]


async def test_what_was_told_is_quiet_under_a_silence_and_told_again_after_it(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    assert await night.at("0:02") == ["[P1] a nóng"]
    await night.silence(H)
    assert await night.at("0:17") == []  # not repeated
    assert await night.at("1:02") == ["[P1 · CHƯA AI NHẬN] a nóng"]
    assert await night.at("1:17") == ["[P1 · NHẮC LẠI] a nóng"]


async def test_a_silence_ended_by_hand_tells_at_once_and_only_what_still_fires(night: Night) -> None:
    for host in ("a", "b"):
        await night.heat(host, 11)
    await night.at("0:00")
    silence = await night.silence(9 * H, matchers=(LabelMatcher("host", "a|b", is_regex=True),))
    assert await night.at("0:02") == []
    await night.heat("b", 1)
    await night.at("0:10")
    assert await night.at("0:12") == []  # b ended: nobody had heard of it
    assert await mutes(night) == [("a", "silence", instant("9:00"))]
    await night.expire(silence)
    assert await night.at("0:12:01") == ["[P1] a nóng"]
    assert await night.at("0:13") == []


async def test_the_end_of_what_was_told_is_told_under_a_silence(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.at("0:02")
    await night.silence(9 * H)
    await night.heat("a", 1)
    await night.at("0:03")
    assert await night.at("0:04") == ["[ĐÃ HẾT] a nóng"]
    await night.heat("a", 11)
    await night.at("0:05")
    assert await night.at("0:07") == []  # a new episode, silenced
    await night.heat("a", 1)
    await night.at("0:08")
    assert await night.at("0:09") == []
    assert await mutes(night) == []


async def test_a_muted_alert_that_grows_graver_is_not_told_until_it_is_not_muted(night: Night) -> None:
    await night.heat("a", 11, grade=2)
    await night.at("0:00")
    assert await night.at("0:02") == ["[P2] a nóng"]
    await night.silence(H)
    await night.at("0:03")
    await night.pool.execute('UPDATE series SET labels = labels || \'{"grade": "1"}\'')
    assert await night.at("0:04") == []
    assert await night.at("1:02") == ["[P1] a nóng"]


async def test_a_silence_of_one_severity_ends_for_what_grows_graver(night: Night) -> None:
    await night.heat("a", 11, grade=2)
    await night.at("0:00")
    await night.silence(H, matchers=(LabelMatcher("host", "a"), LabelMatcher("severity", "2")))
    assert await night.at("0:02") == []
    await night.pool.execute('UPDATE series SET labels = labels || \'{"grade": "1"}\'')
    assert await night.at("0:04") == ["[P1] a nóng"]
    assert await mutes(night) == []


async def test_two_silences_must_both_end(night: Night) -> None:
    await night.at("0:00")
    await night.silence(H)
    await night.silence(2 * H, comment="lần hai")
    await night.heat("a", 11)
    await night.at("0:01")
    await night.at("0:03")
    assert await night.at("1:00") == []
    assert await mutes(night) == [("a", "silence", instant("2:00"))]
    assert await night.at("2:00") == ["[P1] a nóng"]


async def test_a_recurring_silence_mutes_each_time(night: Night) -> None:
    await night.silence(H, starts_in=H, recurrence="FREQ=DAILY")
    await night.heat("a", 11)
    await night.at("0:00")
    assert await night.at("0:02") == ["[P1] a nóng"]
    await night.at("0:50")  # a repeat
    assert await night.at("1:00") == []
    assert await mutes(night) == [("a", "silence", instant("2:00"))]
    assert await night.at("1:59:59") == []
    assert await night.at("2:00") == ["[P1 · CHƯA AI NHẬN] a nóng"]
    await night.do(acknowledge, "a")
    assert await night.at("25:00") == []
    assert await mutes(night) == [("a", "silence", instant("26:00"))]


async def test_what_somebody_has_stays_quiet_after_the_silence_and_is_told_when_it_is_let_go(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.at("0:02")
    await night.silence(H)
    await night.do(acknowledge, "a", until=instant("3:00"))
    assert await night.at("1:02") == []
    assert await night.at("3:00") == ["[P1 · CHƯA AI NHẬN] a nóng"]


async def test_closing_ends_the_mute_and_opening_again_renews_it(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.silence(9 * H)
    await night.at("0:02")
    await night.do(close, "a", reason="đã biết")
    assert await night.at("0:03") == []
    assert await mutes(night) == []
    await night.do(reopen, "a")
    assert await night.at("0:04") == []
    assert await mutes(night) == [("a", "silence", instant("9:00"))]


async def test_a_new_leader_goes_on_where_the_last_one_was(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.silence(H)
    await night.silence(H, starts_in=3 * H)
    assert await night.at("0:02") == []
    await night.lead()
    assert await night.at("0:59") == []
    await night.lead()
    night.now = instant("1:30")  # it ended while nobody led
    await night.lead()
    assert await night.at("1:30") == ["[P1] a nóng"]
    assert await night.history("unmuted") == ["a unmuted"]
    night.now = instant("3:10")
    await night.lead()
    assert await night.at("3:10") == []
    assert await mutes(night) == [("a", "silence", instant("4:00"))]


async def test_a_changed_silence_is_seen_and_warned_of_again(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    silence = await night.silence(H)
    await night.at("0:02")
    await night.at("0:30")
    longer = replace(silence, ends_at=instant("3:00"))
    async with night.pool.acquire() as connection:
        assert await silences.update(connection, silence.id, longer, now=night.now, zone=ZONE) is not None
        assert await silences.update(connection, silence.id, longer, now=night.now, zone=ZONE) is None
    assert await night.at("1:00") == []
    assert await mutes(night) == [("a", "silence", instant("3:00"))]
    assert await night.at("2:30") == []
    notes = await night.pool.fetch("SELECT note FROM alert_history WHERE note ~ '^Sắp hết' ORDER BY id")
    assert len(notes) == 2
    other = replace(longer, matchers=(LabelMatcher("host", "b"),))
    async with night.pool.acquire() as connection:
        await silences.update(connection, silence.id, other, now=night.now, zone=ZONE)
    assert await night.at("2:31") == ["[P1] a nóng"]


async def test_a_short_silence_needs_no_warning(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.silence(30 * M)
    await night.at("0:02")
    assert await night.at("0:29") == []
    assert await night.history("muted") == ["a muted"]


async def test_of_a_group_only_what_is_not_muted_is_told(night: Night) -> None:
    await night.silence(H)
    for host in ("a", "b", "c"):
        await night.heat(host, 11, grade=3)
    await night.at("0:00")
    await night.at("0:02")
    assert await night.at("0:02:30") == ["[P3] b nóng (và 1 cảnh báo khác)"]
    page = night.pager.pages[-1]
    assert (page.firing, [alert.labels["host"] for alert in page.alerts]) == (2, ["b", "c"])
    assert await night.at("1:00") == []  # gathered for group_wait from now
    assert await night.at("1:00:30") == ["[P3] a nóng (và 2 cảnh báo khác)"]


async def test_a_silence_of_a_scope_mutes_only_its_units(night: Night) -> None:
    await night.heat("a", 11)
    await night.silence(H, scope="66")
    await night.at("0:00")
    assert await night.at("0:02") == ["[P1] a nóng"]  # of no unit


async def test_what_is_over_can_neither_be_changed_nor_ended(night: Night) -> None:
    silence = await night.silence(H)
    await night.expire(silence)
    wanted = Wanted(**{name: getattr(silence, name) for name in Wanted.__struct_fields__})
    async with night.pool.acquire() as connection:
        with pytest.raises(InputError, match="is over"):
            await silences.expire(connection, silence.id, now=night.now, zone=ZONE)
        with pytest.raises(InputError, match="is over"):
            await silences.update(connection, silence.id, wanted, now=night.now, zone=ZONE)
        assert await silences.running(connection, night.now) == []
