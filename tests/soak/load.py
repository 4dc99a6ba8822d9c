"""The load: clients that write, read and probe while things break, in a thread of their own."""

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from soak.client import Client
from soak.ledger import Ledger

WRITERS = 8
READERS = 2
PACE_SECONDS = 0.02  # between the requests of a client: two cores are for the stack too
RETRY_SECONDS = 0.1
PROBE_SECONDS = 0.25
PATIENCE_SECONDS = 2  # of a probe, as a load balancer has it
CREATED = {200, 201}
OK, UNAVAILABLE = 200, 503


@contextmanager
def running(port: int, ledger: Ledger) -> Iterator[None]:
    """Keep up the load until the block ends."""
    stopping = threading.Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(_all(port, ledger, stopping))
        except BaseException as error:  # noqa: BLE001 - raised again where it is seen
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
    for error in failed:
        raise error


async def _all(port: int, ledger: Ledger, stopping: threading.Event) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            group.create_task(_write(port, ledger, stopping, number))
        for _ in range(READERS):
            group.create_task(_read(port, ledger, stopping))
        group.create_task(_probe(port, ledger, stopping))


async def _write(port: int, ledger: Ledger, stopping: threading.Event, writer: int) -> None:
    async with Client(port) as client:
        number = 0
        while not stopping.is_set():
            number += 1
            await _create(client, ledger, stopping, f"{writer}-{number}")
            await asyncio.sleep(PACE_SECONDS)


async def _create(client: Client, ledger: Ledger, stopping: threading.Event, key: str) -> None:
    """Send one create until it is acknowledged, always with the same key."""
    ledger.sent.add(key)
    while not stopping.is_set():
        answer = await client.ask("POST", "/tasks", content={"name": key}, key=key)
        if answer and answer[0] in CREATED:
            ledger.acknowledged[key] = answer[1]
            return
        if answer and answer[0] != UNAVAILABLE:
            ledger.wrong.append(f"POST /tasks of {key} was answered {answer}")
            return
        ledger.retried += 1
        await asyncio.sleep(RETRY_SECONDS)


async def _read(port: int, ledger: Ledger, stopping: threading.Event) -> None:
    async with Client(port) as client:
        while not stopping.is_set():
            await asyncio.sleep(PACE_SECONDS)
            if not ledger.acknowledged:
                continue
            writer = random.randrange(WRITERS)  # noqa: S311 - which task is read is no secret
            key = f"{writer}-{random.randint(1, 1 + len(ledger.acknowledged) // WRITERS)}"  # noqa: S311
            if not (task := ledger.acknowledged.get(key)):
                continue
            answer = await client.ask("GET", f"/tasks/{task['id']}")
            if answer == (OK, task):
                ledger.reads += 1
            elif answer and answer[0] != UNAVAILABLE:
                ledger.wrong.append(f"GET of {task} was answered {answer}")


async def _probe(port: int, ledger: Ledger, stopping: threading.Event) -> None:
    async with Client(port, PATIENCE_SECONDS) as client:
        while not stopping.is_set():
            ledger.probes[_said(await client.ask("GET", "/db-check"), ledger)] += 1
            await asyncio.sleep(PROBE_SECONDS)


def _said(answer: tuple[int, object] | None, ledger: Ledger) -> str:
    match answer:
        case None:
            return "no answer"
        case (200, {"results": [1]}):
            return "ok"
        case (503, {"code": str(code)}):
            return code
        case _:
            ledger.wrong.append(f"GET /db-check was answered {answer}")
            return "wrong"
