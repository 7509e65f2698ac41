"""Several things at once end together, also when one of them doesn't hear that it should."""

import asyncio

import pytest

from ioc_api.together import end, together


async def deaf(times: int) -> None:
    """Lose this many cancellations, as `asyncio.wait_for` can."""
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if times == 0:
                raise
            times -= 1


async def fail() -> None:
    await asyncio.sleep(0)
    raise ValueError("broken")


async def test_the_first_error_ends_all_and_is_raised() -> None:
    with pytest.raises(ValueError, match="broken"):
        await together(deaf(2), fail())


async def test_the_first_end_ends_all() -> None:
    other = asyncio.Event()

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            other.set()

    await together(wait(), asyncio.sleep(0))
    assert other.is_set()


async def test_a_cancellation_reaches_everybody_at_every_depth() -> None:
    outer = asyncio.create_task(together(together(deaf(3), deaf(1)), deaf(2)))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end([outer])
    assert outer.cancelled()


async def test_ending_what_has_failed_raises_nothing() -> None:
    task = asyncio.create_task(fail())
    await asyncio.sleep(0.01)
    await end([task])
    assert isinstance(task.exception(), ValueError)
