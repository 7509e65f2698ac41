"""What an on-call person is told in a night, step by step, on both engines."""

from pathlib import Path

import pytest

from alerts.channels.outcome import Permanent, Temporary
from alerts.leadership import LeadershipLostError
from tests.alerts.night import ROUTES, RULES, Night


async def test_a_whole_night(night: Night) -> None:
    await night.heat("igate", 11)
    assert await night.at("0:00") == []  # pending
    assert await night.at("0:01:59") == []
    assert await night.at("0:02") == ["[P1] igate nóng"]  # `for` has passed: at once
    assert await night.at("0:10") == []  # nothing new
    assert await night.at("0:17") == ["[P1 · NHẮC LẠI] igate nóng"]  # nobody took it for 15 minutes
    await night.take("igate")
    assert await night.at("0:32") == []  # taken: no more
    await night.heat("igate", 5)
    assert await night.at("0:40") == []  # keep_firing_for
    assert await night.at("0:41") == ["[ĐÃ HẾT] igate nóng"]
    assert await night.at("2:00") == []
    assert await night.history() == [
        "igate pending", "igate firing", "igate notified", "igate notified", "igate acknowledged",
        "igate resolved", "igate notified",
    ]  # fmt: skip


async def test_p3_is_gathered_and_told_together(night: Night) -> None:
    for host in ("a", "b"):
        await night.heat(host, 11, grade=3)
    await night.at("0:00")
    assert await night.at("0:02") == []  # fires, and waits 30 s for others
    await night.heat("c", 11, grade=3)
    await night.at("0:02:10")
    assert await night.at("0:02:30") == ["[P3] a nóng (và 1 cảnh báo khác)"]
    await night.at("0:04:10")  # c fires
    assert await night.at("0:05") == []  # group_interval: not before 0:07:30
    assert await night.at("0:07:30") == ["[P3] c nóng (và 2 cảnh báo khác)"]
    assert [alert.labels["host"] for alert in night.pager.pages[-1].alerts] == ["c", "a", "b"]  # news first
    await night.heat("b", None)
    await night.at("0:08")
    await night.at("0:09")  # b is over
    assert await night.at("0:12:30") == ["[P3] Đã hết: b nóng (còn 2 cảnh báo)"]
    assert await night.at("1:12:29") == []
    assert await night.at("1:12:30") == ["[P3 · NHẮC LẠI] a nóng (và 1 cảnh báo khác)"]


async def test_p4_wakes_nobody(night: Night) -> None:
    await night.heat("a", 11, grade=4)
    await night.at("0:00")
    await night.at("0:02")
    assert await night.at("9:00") == []
    assert await night.history() == ["a pending", "a firing"]
    assert await night.pool.fetchval("SELECT count(*) FROM notification_members") == 0


async def test_a_short_peak_is_not_an_alert_and_leaves_nothing(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    assert await night.pool.fetchval("SELECT state FROM alerts") == "pending"
    await night.heat("a", 9)
    assert await night.at("0:01") == []
    await night.heat("a", 11)
    await night.at("0:02")
    assert await night.at("0:03") == []  # counts anew
    assert await night.at("0:04") == ["[P1] a nóng"]
    assert await night.pool.fetchval("SELECT count(*) FROM alerts") == 1


async def test_what_ends_before_it_was_told_is_never_told(night: Night) -> None:
    await night.heat("a", 11, grade=3)
    await night.at("0:00")
    await night.at("0:02")  # fires; told at 0:02:30
    await night.heat("a", 1)
    await night.at("0:02:05")
    await night.pool.execute("UPDATE alerts SET absent_since = absent_since - interval '1 minute'")
    await night.lead()
    assert await night.at("0:02:10") == []
    assert await night.at("0:10") == []
    assert await night.history() == ["a pending", "a firing", "a resolved"]


async def test_a_graver_severity_pages_again_and_a_lesser_one_does_not(night: Night) -> None:
    await night.heat("a", 11, grade=3)
    await night.at("0:00")
    await night.at("0:02")
    assert await night.at("0:02:30") == ["[P3] a nóng"]
    await night.pool.execute('UPDATE series SET labels = labels || \'{"grade": "1"}\'')
    assert await night.at("0:03") == ["[P1] a nóng"]  # another route now, at once
    await night.pool.execute('UPDATE series SET labels = labels || \'{"grade": "3"}\'')
    assert await night.at("0:10") == []
    assert await night.at("0:59") == []
    assert await night.history("severity_changed", "firing") == [
        "a firing", "a severity_changed", "a severity_changed",
    ]  # fmt: skip
    await night.heat("a", 1)
    await night.at("1:00")
    await night.at("1:01")
    assert await night.at("1:05") == ["[ĐÃ HẾT] a nóng"]


async def test_a_restart_forgets_nothing(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.lead()
    await night.at("0:01")
    await night.lead()
    assert await night.at("0:02") == ["[P1] a nóng"]  # `for` went on counting
    await night.lead()
    assert await night.at("0:03") == []  # told once
    await night.heat("a", 1)
    await night.at("0:04")
    await night.lead()
    assert await night.at("0:04:59") == []
    await night.lead()
    assert await night.at("0:05") == ["[ĐÃ HẾT] a nóng"]  # keep_firing_for went on too
    await night.lead()
    assert await night.at("5:00") == []
    assert await night.history("firing", "resolved") == ["a firing", "a resolved"]


async def test_an_alert_that_ended_may_begin_again(night: Night) -> None:
    for hour in range(2):
        await night.heat("a", 11)
        await night.at(f"{hour}:00")
        assert await night.at(f"{hour}:02") == ["[P1] a nóng"]
        await night.heat("a", 1)
        await night.at(f"{hour}:03")
        assert await night.at(f"{hour}:04") == ["[ĐÃ HẾT] a nóng"]
    assert await night.pool.fetchval("SELECT count(*) FROM alerts WHERE state = 'resolved'") == 2


async def test_a_pager_that_is_down_gets_everything_in_order_when_it_is_back(night: Night) -> None:
    night.pager.plan.extend(Temporary("HTTP 503") for _ in range(3))
    await night.heat("a", 11)
    await night.at("0:00")
    assert await night.at("0:02") == []
    await night.heat("a", 1)
    await night.at("0:02:10")
    await night.at("0:03:10")
    assert await night.at("0:10") == ["[P1] a nóng", "[ĐÃ HẾT] a nóng"]
    keys = [message.id for message in night.pager.tried]
    assert len(keys) == 5
    assert len(set(keys)) == 2  # every attempt of a notification has the same key
    assert keys == sorted(keys, key=keys.index)


async def test_no_repeat_piles_up_behind_a_pager_that_is_down(night: Night) -> None:
    night.pager.plan.extend(Temporary("HTTP 503") for _ in range(500))
    await night.heat("a", 11)
    await night.at("0:00")
    for minute in range(2, 120):
        await night.at(f"0:{minute}")
    assert await night.pool.fetchval("SELECT count(*) FROM notifications") == 1
    night.pager.plan.clear()
    assert await night.at("2:10") == ["[P1] a nóng"]


async def test_a_permanent_refusal_ends_it_and_is_history(night: Night) -> None:
    night.pager.plan.append(Permanent("HTTP 404"))
    await night.heat("a", 11)
    await night.at("0:00")
    assert await night.at("0:02") == []
    assert await night.at("0:10") == []
    assert await night.history("notified", "notification_failed") == ["a notification_failed"]
    note = await night.pool.fetchval("SELECT note FROM alert_history WHERE kind = 'notification_failed'")
    assert note == "duty · webhook/0 · first: HTTP 404"


async def test_after_six_hours_of_trying_it_gives_up_and_says_so(night: Night) -> None:
    night.pager.plan.extend(Temporary("HTTP 500") for _ in range(10_000))
    await night.heat("a", 11)
    await night.at("0:00")
    await night.at("0:02")
    for minute in range(3, 370, 2):
        await night.at(f"0:{minute}", evaluate=False)
    row = await night.pool.fetchrow("SELECT state, error, attempts FROM notifications ORDER BY id LIMIT 1")
    assert row is not None
    assert (row["state"], row["error"]) == ("failed", "gave up: HTTP 500")
    assert row["attempts"] > 50
    assert "a notification_failed" in await night.history()


async def test_a_rule_that_is_gone_ends_its_alerts(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    assert await night.at("0:02") == ["[P1] a nóng"]
    await night.lead(RULES.replace("GaugeHigh", "Other"))
    assert await night.at("0:03") == ["[ĐÃ HẾT] a nóng"]
    note = await night.pool.fetchval("SELECT note FROM alert_history WHERE kind = 'resolved'")
    assert note == "the rule is no longer there"


async def test_new_routes_page_only_whom_the_old_ones_did_not(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    assert await night.at("0:02") == ["[P1] a nóng"]
    await night.lead(routes=ROUTES.replace("group_by: ['...']", "group_by: [host]"))
    assert await night.at("0:03") == []  # the same receiver knows it already
    assert await night.at("0:16:59") == []
    assert await night.at("0:17") == ["[P1 · NHẮC LẠI] a nóng"]
    await night.lead(routes=ROUTES.replace("name: duty", "name: other").replace("receiver: duty", "receiver: other"))
    assert await night.at("0:19") == ["[P1] a nóng"]  # somebody else now
    assert night.pager.pages[-1].receiver == "other"


async def test_an_old_leader_can_write_nothing(night: Night, tmp_path: Path) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    other = Night(night.pool, night.sessions, tmp_path / "other")
    await other.lead()
    with pytest.raises(LeadershipLostError):
        await night.at("0:02")
    assert await night.history() == ["a pending"]
    assert await other.at("0:02") == ["[P1] a nóng"]


async def test_a_failing_rule_keeps_its_alerts_and_says_so(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.at("0:02")
    await night.pool.execute('UPDATE series SET labels = labels || \'{"grade": "none"}\'')
    await night.at("0:03")
    await night.heat("a", None)
    await night.heat("b", 11)
    await night.pool.execute('UPDATE series SET labels = labels || \'{"grade": "7"}\'')
    assert await night.at("0:10") == []
    assert await night.pool.fetchval("SELECT state FROM alerts") == "firing"
    row = await night.pool.fetchrow("SELECT * FROM v_rule_evaluations WHERE rule = 'GaugeHigh'")
    assert row is not None
    assert row["error"] == "column grade must be a severity from 1 to 4, got 7"
    assert (row["failing_since"] - row["ok_at"]).total_seconds() == 60
    assert night.sample("ioc_rule_evaluation_failures_total", rule="GaugeHigh") == 2
    await night.heat("b", 1)
    await night.at("0:11")
    assert await night.pool.fetchval("SELECT failing_since FROM rule_evaluations WHERE rule = 'GaugeHigh'") is None


async def test_two_rows_of_one_identity_fail_the_rule(night: Night) -> None:
    await night.lead(RULES.replace("SELECT labels->>'host' AS host,", "SELECT 'x' AS host,"))
    await night.heat("a", 11)
    await night.heat("b", 12)
    await night.at("0:00")
    error = await night.pool.fetchval("SELECT error FROM rule_evaluations")
    assert error == "finds two rows with the labels {'host': 'x'}"
    assert await night.pool.fetchval("SELECT count(*) FROM alerts") == 0


async def test_somebody_elses_write_is_noticed_and_read_anew(night: Night) -> None:
    """The leader's memory of an alert is wrong (a restore, a person with SQL): it reads the table and goes on."""
    await night.heat("a", 11)
    await night.at("0:00")
    await night.pool.execute("UPDATE alerts SET state = 'resolved', resolved_at = now()")
    assert await night.at("0:02") == []
    error = await night.pool.fetchval("SELECT error FROM rule_evaluations")
    assert "1 alerts should have changed their state" in error
    await night.at("0:03")
    assert await night.at("0:05") == ["[P1] a nóng"]


async def test_values_and_texts_of_a_firing_alert_stay_up_to_date(night: Night) -> None:
    await night.heat("a", 11)
    await night.at("0:00")
    await night.at("0:02")
    await night.heat("a", 12.5)
    await night.at("0:03")
    row = await night.pool.fetchrow("SELECT value, annotations, labels FROM alerts")
    assert row is not None
    assert (row["value"], row["annotations"], row["labels"]) == (12.5, {"summary": "a nóng"}, {"host": "a"})
    before = await night.pool.fetchval("SELECT updated_at FROM alerts")
    await night.at("0:04")
    assert await night.pool.fetchval("SELECT updated_at FROM alerts") == before  # nothing new, nothing written


WATCHED = """
groups:
  - name: test
    rules:
      - alert: GaugeHigh
        expr: |
          SELECT labels->>'host' AS host, value, (labels->>'grade')::int AS grade
          FROM v_series WHERE metric = 'test_gauge'
        fire_when: value > 10
        clear_when: value < 8
        no_data: POLICY
        severity: grade
        annotations:
          summary: "{{ host }} nóng"
          no_data: "{{ host }}: không có dữ liệu từ {{ since | local }}"
"""
KEPT = WATCHED.replace("POLICY", "keep").replace(WATCHED[WATCHED.index('          no_data: "') :], "")
MISSED = WATCHED.replace("POLICY", "alert")


async def test_hysteresis(night: Night) -> None:
    await night.lead(KEPT)
    await night.heat("a", 9)
    assert await night.at("0:00") == []
    await night.heat("a", 11)
    assert await night.at("0:01") == ["[P1] a nóng"]
    await night.heat("a", 9)
    await night.lead(KEPT)
    assert await night.at("0:02") == []  # neither: it stays, whoever leads
    assert await night.pool.fetchval("SELECT value FROM alerts") == 9
    await night.heat("a", 7)
    assert await night.at("0:03") == ["[ĐÃ HẾT] a nóng"]
    await night.heat("a", 9)
    assert await night.at("0:04") == []


async def test_no_data_keeps_what_fires(night: Night) -> None:
    await night.lead(KEPT)
    await night.heat("a", 11)
    await night.heat("b", 9)
    assert await night.at("0:00") == ["[P1] a nóng"]
    await night.heat("a", None)
    await night.heat("b", None)
    assert await night.at("0:01") == []
    await night.lead(KEPT)
    assert await night.at("0:02") == []
    assert await night.history() == ["a firing", "a notified", "a no_data"]  # once
    assert await night.pool.fetchval("SELECT count(*) FROM rule_subjects") == 1
    await night.heat("a", 7)
    assert await night.at("0:03") == ["[ĐÃ HẾT] a nóng"]
    assert await night.pool.fetchval("SELECT count(*) FROM rule_subjects") == 0


async def test_no_data_is_an_alert(night: Night) -> None:
    await night.lead(MISSED)
    await night.heat("a", 9, grade=2)
    assert await night.at("0:00") == []
    await night.lead(MISSED)
    assert await night.at("0:01") == []
    await night.heat("a", None)
    assert await night.at("0:02") == ["[P2] a: không có dữ liệu từ 19:01 ngày 20/11"]
    row = await night.pool.fetchrow("SELECT labels, value, severity FROM alerts")
    assert row is not None and tuple(row) == ({"host": "a"}, None, 2)
    await night.lead(MISSED)
    assert await night.at("0:03") == []
    await night.heat("a", 9)
    assert (await night.at("0:04"))[0].startswith("[ĐÃ HẾT] a: không có dữ liệu")
    assert await night.history("firing", "no_data", "resolved") == ["a firing", "a resolved"]
    assert await night.pool.fetchval("SELECT note FROM alert_history WHERE kind = 'firing'") == "no data"


async def test_an_alert_that_falls_silent_stays_one_alert_and_says_so(night: Night) -> None:
    await night.lead(MISSED)
    await night.heat("a", 11)
    assert await night.at("0:00") == ["[P1] a nóng"]
    await night.heat("a", None)
    await night.lead(MISSED)
    assert await night.at("0:10") == []
    assert (await night.pool.fetchval("SELECT annotations FROM alerts"))["summary"].startswith("a: không có dữ liệu")
    await night.heat("a", 9)
    assert await night.at("0:11") == []  # it fired before it fell silent: it stays
    assert (await night.pool.fetchval("SELECT annotations FROM alerts"))["summary"] == "a nóng"
    assert await night.history("firing", "no_data", "resolved") == ["a firing", "a no_data"]


async def test_subjects_of_another_rule_of_that_name_are_not_missed(night: Night) -> None:
    await night.lead(MISSED)
    await night.heat("a", 9)
    await night.at("0:00")
    await night.lead(MISSED.replace("'test_gauge'", "'other_gauge'"))
    assert await night.at("0:01") == []
    assert await night.pool.fetchval("SELECT count(*) FROM rule_subjects") == 0
