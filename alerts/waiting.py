"""Waiting for an event with an end; unlike `asyncio.wait_for` of Python 3.11 it never swallows a cancellation."""

import asyncio


async def wait(event: asyncio.Event, seconds: float) -> bool:
    """Return True once `event` is set, False after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
