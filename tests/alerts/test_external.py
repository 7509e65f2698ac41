"""Nights with alerts that other systems send: the leader's side of them, on both engines."""

from datetime import datetime, timedelta

import pytest

from alerts.external import External
from alerts.leadership import LeadershipLostError
from ioc_core import external_alerts
from ioc_core.external_alerts import ExternalAlert, fingerprint
from tests.alerts.night import Night

M = timedelta(minutes=1)
ROUTES = """
route: {receiver: duty, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers:
  - {name: duty, channels: [{type: webhook, url: "http://127.0.0.1/"}]}
"""


def alert(
    ends_at: datetime, host: str = "a", *, rule: str = "GaugeHigh", severity: int = 2, said: str = ""
) -> ExternalAlert:
    """An alert as it was sent; its name is that of a rule of ours."""
    return ExternalAlert(
        fingerprint=fingerprint({"alertname": rule, "host": host}), rule=rule, severity=severity,
        labels={"host": host},
        details={"sender": "token:p"}, annotations={"summary": said or f"{host} ngoài"}, starts_at=ends_at - 10 * M,
        ends_at=ends_at,
    )  # fmt: skip


class Outside:
    """What other systems send to a night, and the leader's look at it."""

    def __init__(self, night: Night) -> None:
        self.night = night
        self.take_over()

    def take_over(self) -> None:
        """Another leader, which remembers nothing."""
        self.external = External(
            self.night.pool, self.night.applier, metrics=self.night._metrics, clock=lambda: self.night.now
        )

    async def send(self, *alerts: ExternalAlert) -> bool:
        """The API receives them."""
        async with self.night.pool.acquire() as connection:
            return await external_alerts.receive(connection, alerts, self.night.now)

    async def at(self, clock: str) -> list[str]:
        """The clock turns, everything due is done; the new pages."""
        pages = await self.night.at(clock)
        await self.external.follow(self.night.now)
        await self.night.applier.flush_due(self.night.now)
        await self.night.deliver()
        return pages + self.night.new_pages()

    async def left(self) -> list[tuple[str, bool]]:
        """What is still kept of what was sent: host, and whether it waits to be seen."""
        rows = await self.night.pool.fetch("SELECT labels->>'host' AS host, waiting FROM external_alerts ORDER BY 1")
        return [(row["host"], row["waiting"]) for row in rows]


@pytest.fixture
async def outside(night: Night) -> Outside:
    """A night with routes that tell at once."""
    await night.pool.execute("TRUNCATE external_alerts")
    await night.lead(routes=ROUTES)
    return Outside(night)


async def test_an_alert_fires_is_renewed_silently_and_ends_when_it_is_not_sent_again(outside: Outside) -> None:
    night = outside.night
    assert await outside.at("0:00") == []
    assert await outside.send(alert(night.now + 5 * M))
    assert await outside.at("0:00:01") == ["[P2] a ngoài"]
    assert await outside.left() == [("a", False)]
    await outside.at("0:03")
    assert not await outside.send(alert(night.now + 5 * M)), "only the end is another"
    assert await outside.at("0:07") == []
    assert await outside.at("0:08:01") == ["[ĐÃ HẾT] a ngoài"]
    assert await night.history() == ["a firing", "a notified", "a resolved", "a notified"]
    assert await outside.left() == []


async def test_the_sender_says_that_it_is_over_and_the_same_labels_are_a_new_episode(outside: Outside) -> None:
    night = outside.night
    await outside.send(alert(night.now + 5 * M))
    await outside.at("0:01")
    assert await outside.send(alert(night.now))
    assert await outside.at("0:01:02") == ["[ĐÃ HẾT] a ngoài"]
    assert not await outside.send(alert(night.now - M)), "Prometheus tells of an end for 15 minutes"
    assert await outside.left() == []
    await outside.send(alert(night.now + 5 * M))
    assert await outside.at("0:02") == ["[P2] a ngoài"]
    assert await night.pool.fetchval("SELECT count(*) FROM alerts") == 2


async def test_text_and_severity_change_and_graver_is_told(outside: Outside) -> None:
    night = outside.night
    await outside.send(alert(night.now + 5 * M, severity=3))
    assert await outside.at("0:00:01") == ["[P3] a ngoài"]
    await outside.send(alert(night.now + 5 * M, severity=3, said="a ngoài 2"))
    assert await outside.at("0:00:03") == []
    assert await night.pool.fetchval("SELECT annotations->>'summary' FROM alerts") == "a ngoài 2"
    await outside.send(alert(night.now + 5 * M, severity=1, said="a ngoài 2"))
    assert await outside.at("0:00:05") == ["[P1] a ngoài 2"]


async def test_a_rule_of_the_same_name_and_labels_and_a_new_leader_leave_it_alone(outside: Outside) -> None:
    night = outside.night
    await night.heat("a", 11)
    await outside.send(alert(night.now + 60 * M, said="a của Prometheus"))
    await outside.at("0:00")
    assert await outside.at("0:02") == ["[P1] a nóng (và 1 cảnh báo khác)"]
    for rules in ({}, {"rules": OTHER}):
        await night.lead(routes=ROUTES, **rules)
        outside.take_over()
        await outside.at("0:03")
    rows = await night.pool.fetch("SELECT origin, state FROM alerts ORDER BY origin")
    assert [tuple(row) for row in rows] == [("external", "firing"), ("rule", "resolved")]


async def test_what_begins_and_ends_while_nobody_leads_is_history_and_wakes_nobody(outside: Outside) -> None:
    night = outside.night
    await outside.send(alert(night.now + 5 * M), alert(night.now + 60 * M, "b"))
    night.now += 2 * M
    await outside.send(alert(night.now))
    assert await outside.at("0:10") == ["[P2] b ngoài"]
    assert await night.history() == ["a firing", "b firing", "a resolved", "b notified"]
    assert await outside.left() == [("b", False)]
    outside.take_over()
    assert await outside.at("0:11") == []
    assert len(await night.history()) == 4


async def test_a_leader_that_dies_before_its_commit_leaves_everything_to_the_next(outside: Outside) -> None:
    night = outside.night
    await outside.send(alert(night.now + 5 * M))
    dead = outside.external
    await night.lead(routes=ROUTES)
    with pytest.raises(LeadershipLostError):
        await dead.follow(night.now)
    assert await outside.left() == [("a", True)]
    outside.take_over()
    assert await outside.at("0:00:01") == ["[P2] a ngoài"]


async def test_of_two_replicas_the_later_end_holds_until_one_says_that_it_is_over(outside: Outside) -> None:
    night = outside.night
    await outside.send(alert(night.now + 5 * M))
    await outside.send(alert(night.now + 3 * M))
    await outside.at("0:04")
    assert await outside.left() == [("a", False)]
    await outside.send(alert(night.now))
    assert await outside.at("0:04:01") == ["[ĐÃ HẾT] a ngoài"]


async def test_what_was_sent_again_after_the_leader_looked_is_not_forgotten(outside: Outside) -> None:
    night = outside.night
    await outside.send(alert(night.now))
    await outside.send(alert(night.now + M))
    async with night.pool.acquire() as connection:
        (seen,) = await external_alerts.to_see(connection, night.now + 2 * M, 10)
        night.now += 3 * M
        await external_alerts.receive(connection, [alert(night.now + 5 * M)], night.now)
        await external_alerts.saw(connection, [seen], night.now + 20 * M)
    assert await outside.left() == [("a", True)]


async def test_a_live_alert_of_which_nothing_is_known_any_more_ends(outside: Outside) -> None:
    night = outside.night
    await outside.send(alert(night.now + 60 * M))
    await outside.at("0:01")
    await night.pool.execute("TRUNCATE external_alerts")
    outside.take_over()
    assert await outside.at("0:02") == ["[ĐÃ HẾT] a ngoài"]


async def test_thousands_at_once_fire_and_end(outside: Outside) -> None:
    night = outside.night
    storm = [alert(night.now + 5 * M, f"h{n}", rule=f"Rule{n % 3}") for n in range(3000)]
    await outside.send(*storm)
    assert len(await outside.at("0:00:01")) == 3
    assert await night.pool.fetchval("SELECT count(*) FROM alerts WHERE state = 'firing'") == 3000
    await outside.at("0:06")
    assert await night.pool.fetchval("SELECT count(*) FROM alerts WHERE state = 'resolved'") == 3000
    assert await outside.left() == []


OTHER = """
groups:
  - name: test
    rules:
      - alert: Other
        expr: SELECT 1 AS value WHERE false
        severity: 3
        annotations: {summary: nothing}
"""
