"""A thousand senders killed at random awaits around send: how many notifications were missed, how many repeated."""

import logging
import random

import structlog

from bench.engines import engines
from bench.result import Result
from ioc_core.db import create_pool
from tests.alerts.kill_points import Story, killed_at
from tests.alerts.phone import ringing_phone

POINTS = 1000


async def measure() -> list[Result]:
    """Return missed and unexplained messages, which must be none, and how many were repeated."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    async with (
        engines() as running,
        await create_pool(running.database_url, application="bench") as pool,
        ringing_phone() as phone,
        ringing_phone() as refusing,
    ):
        story = Story(running.database_url, pool, phone, refusing, random.Random(20261126))
        await killed_at(story, POINTS)
        wrong = (await story.history()) != story.expected_history()
    note = f"{story.kills} kills, {len(story.asked)} notifications"
    return [
        Result("kill points: missed", len(story.missed()), "", budget=0, at_least=False, note=note),
        Result("kill points: repeated without need", len(story.unexplained()), "", budget=0, at_least=False),
        Result("kill points: history wrong", float(wrong), "", budget=0, at_least=False),
        Result("kill points: repeated, same key", story.repeats, ""),
    ]
