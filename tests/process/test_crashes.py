"""What a crash leaves behind, and what must come of it at the next start."""

import asyncio
import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import uvloop

from support.http import ask
from support.ledger import Ledger, names_in, rows_in, settle
from support.load import writing
from support.problem import assert_unavailable
from support.server import Server, running_server
from support.waiting import eventually


@contextmanager
def killed_master(server: Server) -> Iterator[list[int]]:
    """Kill gunicorn's master alone, give its workers, and see to it that none of them outlives the block."""
    workers = server.workers()
    maps = "".join(Path(f"/proc/{worker}/maps").read_text() for worker in workers)
    (metrics,) = set(re.findall(r"/dev/shm/api-metrics-\w+", maps))
    server.process.kill()
    server.process.wait(60)
    try:
        yield workers
    finally:
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        eventually(lambda: assert_gone(workers), within=5)
        shutil.rmtree(metrics)  # the master would have done so


def assert_gone(processes: list[int]) -> None:
    assert not [process for process in processes if is_alive(process)]


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def crash(data: Path) -> None:
    """Leave a database behind whose last task is only in the log."""
    with running_server(data) as server:
        assert server.client.post("/tasks", json={"name": "at home"}).status_code == 201
        assert server.stop() == 0
    with running_server(data) as server:
        assert server.client.post("/tasks", json={"name": "in the log"}).status_code == 201
        for worker in server.workers():
            os.kill(worker, signal.SIGSTOP)  # so that none brings the log home before it is killed
        with killed_master(server):
            pass
    assert Path(f"{data}-wal").stat().st_size


@pytest.mark.fault("P11", "K3")
def test_the_workers_of_a_killed_master_end_by_themselves_and_no_acknowledged_task_is_lost(data: Path) -> None:
    def acknowledged(at_least: int) -> None:
        assert len(ledger.entries) >= at_least

    async def kill_the_master(server: Server) -> None:
        async with writing(server.url, ledger, clients=16):
            await asyncio.to_thread(eventually, lambda: acknowledged(200), within=20)
            with killed_master(server) as workers:
                await asyncio.to_thread(eventually, lambda: assert_gone(workers), within=10)

    ledger = Ledger()
    with running_server(data) as server:
        uvloop.run(kill_the_master(server))
    assert ledger.unanswered
    with running_server(data):
        account = settle(ledger, rows_in(data))
    assert account.is_settled, str(account)


@pytest.mark.fault("D6")
def test_a_log_that_is_deleted_after_a_crash_takes_along_what_was_in_it_and_nothing_else(data: Path) -> None:
    crash(data)
    Path(f"{data}-wal").unlink()
    with running_server(data) as server:
        assert server.stop() == 0
    assert names_in(data) == ["at home"]


@pytest.mark.fault("D15")
def test_the_log_of_a_vanished_database_is_left_alone_and_nothing_is_created(data: Path) -> None:
    crash(data)
    data.rename(data.with_name("elsewhere"))
    log = Path(f"{data}-wal").read_bytes()
    with running_server(data, healthy=False) as server:
        eventually(lambda: assert_unavailable(ask("GET", f"{server.url}/db-check"), "db_missing"), within=5)
        assert not data.exists()
        assert Path(f"{data}-wal").read_bytes() == log
        data.with_name("elsewhere").rename(data)
        eventually(server.ready, within=10)
        assert server.stop() == 0
    assert names_in(data) == ["at home", "in the log"]


@pytest.mark.fault("D12")
def test_nothing_of_the_database_is_open_in_the_process_that_forks(data: Path) -> None:
    def opened(process: int) -> set[str]:
        links = [str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir() if link.is_symlink()]
        return {link for link in links if link.startswith(str(data)) or f"/.{data.name}" in link}

    with running_server(data) as server:
        assert opened(server.workers()[0]), "the worker has it open"
        assert opened(server.process.pid) == set()


@pytest.mark.fault("D9")
def test_fifty_writers_of_two_servers_wait_for_each_other_and_none_is_refused(data: Path) -> None:
    async def write(one: Server, other: Server, ledger: Ledger) -> None:
        async with (
            writing(one.url, ledger, clients=25, label="one"),
            writing(other.url, ledger, clients=25, label="other"),
        ):
            await asyncio.sleep(3)  # the time over which is counted

    (data.parent / "other").mkdir()
    (data.parent / "other" / "api.db").symlink_to(data)  # the same database, and a log file of its own for the server
    with running_server(data) as one, running_server(data.parent / "other" / "api.db") as other:
        ledger = Ledger()
        uvloop.run(write(one, other, ledger))
    assert ledger.refused == []
    assert ledger.unanswered == 0
    assert {name[:3] for name in ledger.names} == {"one", "oth"}
    assert set(ledger.names) <= set(names_in(data))
