"""Lets a reader run a few items ahead of its consumer, never more, and ends it with the consumer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")


async def read_ahead(source: AsyncGenerator[T], depth: int) -> AsyncGenerator[T]:
    """The items of `source` in order, up to `depth` of them read before they are asked for.

    An error of the source is raised after the items that came before it. However this generator
    ends, the source is closed and its task awaited.
    """
    room = asyncio.Semaphore(depth)
    items: asyncio.Queue[tuple[T] | None] = asyncio.Queue()

    async def fill() -> None:
        async with aclosing(source):
            await room.acquire()
            async for item in source:
                items.put_nowait((item,))
                await room.acquire()

    task = asyncio.create_task(fill())
    task.add_done_callback(lambda _: items.put_nowait(None))
    try:
        while (item := await items.get()) is not None:
            room.release()
            yield item[0]
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
