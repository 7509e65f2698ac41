"""What begins again and again is one alert, and a flood is one message."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.matchers import parse_matcher
from alerts.mutes.causes import FlapRule
from alerts.mutes.flapping import flapping, lately
from alerts.mutes.mute import Target
from tests.alerts.night import ROUTES, START, Night

NOW = datetime(2026, 11, 20, 23, tzinfo=UTC)
M = timedelta(minutes=1)
DOWN = FlapRule((parse_matcher('alertname="Down"'),), 3, 30 * M, 15 * M)
ANY = FlapRule((parse_matcher('alertname!=""'),), 2, 10 * M, 5 * M)


def alert(number: int, ago: int, name: str = "Down") -> Target:
    return Target(number, {"alertname": name}, "", "iGate", f"f{number}", NOW - ago * M)


@pytest.mark.parametrize(
    ("target", "times", "until"),
    [
        (alert(1, 1), 3, NOW + 14 * M),
        (alert(1, 1), 2, None),
        (alert(1, 15), 9, None),
        (alert(1, 14), 9, NOW + M),
        (alert(1, 1, "Other"), 2, NOW + 4 * M),
        (alert(1, 5, "Other"), 2, None),
    ],
    ids=["too often", "not too often", "calm", "almost calm", "by another rule", "calm by that rule"],
)
def test_it_flaps(target: Target, times: int, until: datetime | None) -> None:
    suspects = list(lately([DOWN, ANY], [target], NOW))
    assert [mute.until for _, mute in flapping(suspects, {1: times})] == ([] if until is None else [until])


FLAPPING = (
    ROUTES
    + """
flapping:
  - {matchers: [host="a"], begins: 3, within: 30m, calm: 15m}
"""
)
RULES = """
groups:
  - name: test
    rules:
      - alert: GaugeHigh
        expr: |
          SELECT labels->>'host' AS host, value, (labels->>'grade')::int AS grade
          FROM v_series WHERE metric = 'test_gauge' AND value > 10
        severity: grade
        annotations: {summary: "{{ host }} nóng"}
      - alert: AlertFlapping
        expr: SELECT ref AS flapping, reason, severity AS grade, alerts AS value FROM v_mutes WHERE kind = 'flapping'
        keep_firing_for: 15m
        severity: grade
        details: [reason]
        annotations: {summary: "{{ reason }}"}
"""


async def flap(night: Night, host: str, minute: int) -> list[str]:
    """An alert begins at the minute and ends half a minute later; who was told what."""
    await night.heat(host, 11)
    pages = await night.at(f"0:{minute:02}")
    await night.heat(host, 1)
    return [*pages, *await night.at(f"0:{minute:02}:30")]


async def test_an_alert_that_flaps_is_one_alert(night: Night) -> None:
    await night.lead(RULES, FLAPPING)
    for minute in (0, 4):
        assert await flap(night, "a", minute) == ["[P1] a nóng", "[ĐÃ HẾT] a nóng"]
    assert await flap(night, "a", 8) == ["[P1] Chập chờn, 3 lần trong 30m: a nóng"]
    assert await flap(night, "b", 9) == ["[P1] b nóng", "[ĐÃ HẾT] b nóng"]
    await night.lead(RULES, FLAPPING)
    assert await flap(night, "a", 12) == []
    await night.heat("a", 11)
    assert await night.at("0:16") == []
    assert await night.pool.fetchval("SELECT until FROM alert_mutes") == START + 31 * M
    assert await night.at("0:30:59") == ["[P1 · NHẮC LẠI] Chập chờn, 5 lần trong 30m: a nóng"]
    assert await night.at("0:31") == ["[P1] a nóng"]  # it has fired without a break: it doesn't flap
    assert await night.at("0:31:15") == []
    over, again = "[ĐÃ HẾT] Chập chờn, 5 lần trong 30m: a nóng", "[P1 · NHẮC LẠI] a nóng"
    assert set(await night.at("0:46:15")) == {over, again}


FLOODING = ROUTES.replace("repeat_interval: 1h", "repeat_interval: 1h\n  flood_over: 3", 1)


async def test_a_flood_is_one_message_and_stays_one_group(night: Night) -> None:
    await night.lead(RULES, FLOODING)
    for number in range(5):
        await night.heat(f"h{number}", 11)
    assert await night.at("0:00") == ["[P1] h0 nóng (và 4 cảnh báo khác)"]
    await night.heat("h5", 11)
    assert await night.at("0:00:30") == []  # at most once a minute
    assert await night.at("0:01") == ["[P1] h5 nóng (và 5 cảnh báo khác)"]
    await night.heat("h6", 11)
    assert await night.at("0:05") == ["[P1] h6 nóng"]  # minutes later it is no flood
    await night.lead(RULES, FLOODING)
    assert await night.at("0:06") == []
    assert sorted(await night.at("0:16")) == ["[P1 · NHẮC LẠI] h0 nóng (và 5 cảnh báo khác)"]
    await night.pool.execute("UPDATE series_current SET value = 1")
    assert sorted(await night.at("0:17")) == ["[ĐÃ HẾT] h0 nóng (và 5 cảnh báo khác)", "[ĐÃ HẾT] h6 nóng"]


async def test_what_is_grouped_already_is_no_flood(night: Night) -> None:
    await night.lead(RULES, FLOODING)
    for number in range(5):
        await night.heat(f"h{number}", 11, grade=3)
    assert await night.at("0:00") == []
    assert await night.at("0:00:30") == ["[P3] h0 nóng (và 4 cảnh báo khác)"]
    assert await night.pool.fetchval("SELECT group_interval FROM notification_groups") == 5 * M
