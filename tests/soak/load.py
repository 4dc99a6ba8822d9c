"""The load: clients that write, read and probe while things break, in a thread of their own."""

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from soak.traffic import UNAVAILABLE, Traffic
from support.client import Answer, Client
from support.load import writing

WRITERS = 8
READERS = 2
PACE_SECONDS = 0.02  # between the requests of a client: two cores are for the stack too
PROBE_SECONDS = 0.25
PATIENCE_SECONDS = 5
PROBE_PATIENCE_SECONDS = 2  # as a load balancer has it
OK = 200


@contextmanager
def running(url: str, traffic: Traffic) -> Iterator[None]:
    """Keep up the load until the block ends."""
    stopping = threading.Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(_all(url, traffic, stopping))
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


async def _all(url: str, traffic: Traffic, stopping: threading.Event) -> None:
    writers = writing(url, traffic.ledger, clients=WRITERS, pace=PACE_SECONDS)
    async with writers, asyncio.TaskGroup() as group:
        for _ in range(READERS):
            group.create_task(_read(url, traffic, stopping))
        group.create_task(_probe(url, traffic, stopping))


async def _read(url: str, traffic: Traffic, stopping: threading.Event) -> None:
    async with Client(url, PATIENCE_SECONDS) as client:
        while not stopping.is_set():
            await asyncio.sleep(PACE_SECONDS)
            if not traffic.ledger.entries:
                continue
            entry = random.choice(traffic.ledger.entries)  # noqa: S311 - which task is read is no secret
            answer = await client.ask("GET", f"/tasks/{entry.id}")
            if answer and answer.status == OK and answer.content["name"] == entry.name:
                traffic.reads += 1
            elif answer and answer.status != UNAVAILABLE:
                traffic.wrong_reads.append(f"GET of {entry} was answered {answer}")


async def _probe(url: str, traffic: Traffic, stopping: threading.Event) -> None:
    async with Client(url, PROBE_PATIENCE_SECONDS) as client:
        while not stopping.is_set():
            traffic.probes[_said(await client.ask("GET", "/db-check"), traffic)] += 1
            await asyncio.sleep(PROBE_SECONDS)


def _said(answer: Answer | None, traffic: Traffic) -> str:
    match answer:
        case None:
            return "no answer"
        case Answer(200, {"results": [1]}):
            return "ok"
        case Answer(503, {"code": str(code)}):
            return code
        case _:
            traffic.wrong_reads.append(f"GET /db-check was answered {answer}")
            return "wrong"
