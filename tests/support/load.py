"""Many clients at once, who ask until they are answered and remember what was acknowledged to them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support.client import Client
from support.ledger import Entry, Ledger

CREATED = 201
LONGEST_SECONDS = 15
PATIENCE_SECONDS = 0.05  # after a refusal


@asynccontextmanager
async def writing(url: str, ledger: Ledger, *, clients: int, label: str = "", pace: float = 0) -> AsyncIterator[None]:
    """Create tasks from so many clients, each on a connection of its own, until the block ends.

    A client that is refused, or gets no answer, asks for the same task again, with the same idempotency key.

    Args:
        url: Where the API is.
        ledger: Where to write down what was acknowledged.
        clients: How many at once.
        label: Tells them from other clients of the same ledger.
        pace: Seconds of rest for a client after each task.

    """
    stopping = asyncio.Event()

    async def write(name: str) -> None:
        async with Client(url, LONGEST_SECONDS) as client:
            number = 1
            while not stopping.is_set():
                if await _create(client, ledger, name, f"{name}-{number}"):
                    number += 1
                    if pace:
                        await asyncio.sleep(pace)
                else:
                    await asyncio.sleep(PATIENCE_SECONDS)

    tasks = [asyncio.create_task(write(f"{label}{number}")) for number in range(clients)]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.gather(*tasks)


async def _create(client: Client, ledger: Ledger, name: str, task: str) -> bool:
    began = time.monotonic()
    ledger.in_doubt.add(task)
    answer = await client.ask("POST", "/tasks", content={"name": task}, key=f"{ledger.run}-{task}")
    ledger.longest = max(ledger.longest, time.monotonic() - began)
    if answer is None:
        ledger.unanswered += 1
        return False
    if answer.status != CREATED:
        ledger.refused.append((answer.status, str(answer.content)))
        return False
    ledger.in_doubt.discard(task)
    ledger.add(Entry(name, task, answer.content["id"], answer.worker))
    return True
