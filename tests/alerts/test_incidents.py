"""A hundred incidents under leaders that are killed at random statements; ten thousand are a benchmark."""

import random

from ioc_core.db import create_pool
from tests.alerts.incidents import Fuse, World, incidents, judge, mortal_pool


async def test_a_hundred_incidents_miss_no_step_and_double_none(database: str) -> None:
    fuse = Fuse()
    some = incidents(100, 60, seed=7, grid=15)
    async with await mortal_pool(database, fuse) as pool, await create_pool(database, application="judge") as steady:
        world = World(pool, steady, fuse, policies=4, people=8, chance=random.Random(7))
        await world.run(some, kill=0.4)
        found = await judge(steady, some)
    assert found.wrong == []
    assert world.kills >= 10
    assert found.steps >= 300
    assert found.pages == found.steps
