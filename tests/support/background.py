"""An event loop beside the test, for what is asynchronous and never ends by itself."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Call = Callable[..., object]


@contextmanager
def running(make: Callable[[], Coroutine[Any, Any, None]]) -> Iterator[Call]:
    """Run what `make` makes until the end of the block, which gets a way to call functions within its loop."""
    loop, started, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def work() -> None:
        task = asyncio.create_task(make())
        started.set()
        await over.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    thread = threading.Thread(target=lambda: asyncio.Runner(loop_factory=lambda: loop).run(work()))
    thread.start()
    started.wait()
    try:
        yield loop.call_soon_threadsafe
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
