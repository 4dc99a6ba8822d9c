"""What many clients at once must be able to rely on."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import aiohttp
import pytest
import uvloop

from support.exhaustive import first
from support.http import Client
from support.ledger import Ledger, rows_in, settle
from support.load import writing
from support.server import Server, running_server
from support.waiting import eventually, load_factor


def assert_all_there(data: Path, ledger: Ledger) -> None:
    """Assert that every acknowledged task is in the database, once and in order, and that the database is whole."""
    account = settle(ledger, rows_in(data))
    assert account.is_settled, f"{account}: {account.lost[:5]} {account.duplicated[:5]} {account.out_of_order[:5]}"


def more_than(number: int, ledger: Ledger) -> None:
    assert len(ledger.names) > number


def test_a_burst_of_connections_is_dealt_out_evenly_to_the_workers(data: Path) -> None:
    with running_server(data, instrumented=True) as server, ExitStack() as open_connections:
        workers = []
        for _ in range(16):
            client = open_connections.enter_context(Client(base_url=server.url))
            workers.append(client.get("/livez").headers["x-worker"])
        assert min(Counter(workers).values()) >= 7, "the connection of the fixture counts as well"


def first_worker(server: Server) -> list[int]:
    return server.workers()[:1]


def all_workers(server: Server) -> list[int]:
    return server.workers()


@pytest.mark.parametrize(
    "victims",
    [
        pytest.param(first_worker, marks=pytest.mark.fault("P1", "K1")),
        pytest.param(all_workers, marks=pytest.mark.fault("P2", "K2")),
    ],
)
def test_sigkill_in_the_middle_of_group_commits_loses_no_acknowledged_task(
    victims: Callable[[Server], list[int]], data: Path
) -> None:
    async def kill_again_and_again(server: Server, ledger: Ledger) -> None:
        async with writing(server.url, ledger, clients=32):
            for _ in range(4):
                seen = len(ledger.names)
                await asyncio.to_thread(eventually, lambda seen=seen: more_than(seen + 200, ledger), within=20)
                await asyncio.sleep(random.uniform(0, 0.02))  # noqa: S311 - a random moment of a commit, not a wait
                for worker in victims(server):
                    os.kill(worker, signal.SIGKILL)

    with running_server(data) as server:
        ledger = Ledger()
        uvloop.run(kill_again_and_again(server, ledger))
        assert ledger.unanswered, "the kill met nobody"
        eventually(server.ready, within=10)
        assert not [status for status, _ in ledger.refused if status != 503]
    assert_all_there(data, ledger)


@pytest.mark.fault("P5")
def test_a_stop_under_load_is_clean_and_loses_no_acknowledged_task(data: Path) -> None:
    async def stop_meanwhile(server: Server, ledger: Ledger) -> int:
        async with writing(server.url, ledger, clients=16):
            await asyncio.to_thread(eventually, lambda: more_than(200, ledger), within=20)
            assert not ledger.unanswered
            return await asyncio.to_thread(server.stop)

    with running_server(data) as server:
        ledger = Ledger()
        assert uvloop.run(stop_meanwhile(server, ledger)) == 0
        assert not [status for status, _ in ledger.refused if status != 503]
        assert "Traceback" not in server.log
    assert not Path(f"{data}-wal").exists(), "the log was brought home"
    assert_all_there(data, ledger)


def test_a_query_of_many_seconds_keeps_no_probe_waiting(data: Path) -> None:
    async def probe_meanwhile(server: Server) -> list[float]:
        async with aiohttp.ClientSession() as session:
            slow = [asyncio.create_task(session.get(f"{server.url}/slow?steps=10000000")) for _ in range(2)]
            took = []
            while not all(task.done() for task in slow):
                began = time.monotonic()
                # A new connection each time: the kernel deals them out to the workers.
                async with session.get(f"{server.url}/db-check", headers={"Connection": "close"}) as answer:
                    assert await answer.read() == b'{"results":[1]}'
                took.append(time.monotonic() - began)
            assert [answer.result().status for answer in slow] == [200] * 2
            return took

    with running_server(data, instrumented=True) as server:
        began = time.monotonic()
        took = sorted(uvloop.run(probe_meanwhile(server)))
        assert time.monotonic() - began > 1, "the queries were not slow"
    assert took[int(len(took) * 0.99)] < 0.25 * load_factor()


@contextmanager
def counted_syncs(server: Server, report: Path) -> Iterator[None]:
    """Count how often the workers make the disk write what they have written."""
    assert shutil.which("strace"), "strace is missing, which counts system calls: run `apt-get install strace`."
    workers = [argument for worker in server.workers() for argument in ("-p", str(worker))]
    tracer = subprocess.Popen(
        ["strace", "-f", "-e", "trace=fdatasync,fsync", "-y", "-o", str(report), *workers], stderr=subprocess.PIPE
    )
    assert tracer.stderr is not None
    for _ in server.workers():
        assert b"attached" in tracer.stderr.readline()
    try:
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(60)
        tracer.stderr.close()


@pytest.mark.parametrize(("clients", "writes", "most"), first([(64, 3000, 0.10), (1, 300, 1.01)]))
def test_an_acknowledged_write_costs_no_more_than_its_share_of_a_sync(
    clients: int, writes: int, most: float, data: Path, tmp_path: Path
) -> None:
    async def write(server: Server, ledger: Ledger) -> None:
        async with writing(server.url, ledger, clients=clients):
            await asyncio.to_thread(eventually, lambda: more_than(writes, ledger), within=30)

    with running_server(data) as server, counted_syncs(server, tmp_path / "syncs"):
        ledger = Ledger()
        uvloop.run(write(server, ledger))
    syncs = (tmp_path / "syncs").read_text().count("sync(")
    assert 0 < syncs <= most * len(ledger.names) + 10, "ten more for the checks of two workers"
