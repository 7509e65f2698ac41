"""Senders killed at random awaits around send: nothing is missed, and only what wasn't recorded is repeated."""

import random

from ioc_core.db import Pool
from tests.alerts.kill_points import Story, killed_at
from tests.alerts.phone import Phone, ringing_phone

POINTS = 12


async def test_wherever_a_sender_dies_nothing_is_missed(alert_pool: Pool, alert_dsn: str, phone: Phone) -> None:
    await alert_pool.execute("DELETE FROM channel_rates")
    async with ringing_phone() as refusing:
        story = Story(alert_dsn, alert_pool, phone, refusing, random.Random(20261126))
        await killed_at(story, POINTS)
    assert story.kills == POINTS
    assert story.missed() == []
    assert story.unexplained() == []
    assert await story.history() == story.expected_history()
    states = await alert_pool.fetch("SELECT state, count(*) AS n FROM notifications GROUP BY state")
    refused = story.expected_history()["way_failed"]
    assert {row["state"]: row["n"] for row in states} == {"sent": len(story.asked), "failed": refused}
