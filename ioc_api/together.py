"""Doing several things at once, and ending them for certain.

`asyncio.wait_for` of Python 3.11, which the bus' client library uses for every request, can lose a cancellation (it
was rewritten in 3.12), and a `TaskGroup` cancels its tasks only once: together they can wait for ever. So tasks are
cancelled here again and again until they are over.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

_AGAIN = 0.2


async def together(*works: Coroutine[Any, Any, None]) -> None:
    """Do all of `works` until the first of them ends or fails, then end the others; its error is raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end(tasks)


async def end(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """Cancel `tasks` until all are over; what they raise is not raised here.

    Raises:
        CancelledError: the caller was cancelled meanwhile; the tasks are over all the same.
    """
    held = list(tasks)
    cancelled = False
    while pending := [task for task in held if not task.done()]:
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending, timeout=_AGAIN)
        except asyncio.CancelledError:
            cancelled = True
    for task in held:
        if not task.cancelled():
            task.exception()  # looked at: asyncio needn't complain that nobody did
    if cancelled:
        raise asyncio.CancelledError
