"""A disk that fails under the real server with two workers."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import pytest

from support.disk import injected
from support.exhaustive import EXHAUSTIVE
from support.ledger import assert_whole, names_in
from support.problem import assert_unavailable
from support.server import Server, running_server
from support.waiting import eventually

HEALED_SECONDS = 10


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        pytest.param("fdatasync:error=EIO", "db_io_error", marks=pytest.mark.fault("F8")),
        pytest.param("pwrite64:error=EIO", "db_io_error", marks=[pytest.mark.fault("F8"), EXHAUSTIVE]),
        pytest.param("pwrite64:error=ENOSPC", "db_disk_full", marks=pytest.mark.fault("F6")),
    ],
)
def test_a_write_that_the_disk_refuses_is_never_acknowledged_and_the_service_heals_by_itself(
    fault: str, code: str, data: Path, tmp_path: Path
) -> None:
    with running_server(data, instrumented=True) as server:
        workers = server.workers()
        assert server.create("before").status_code == 201
        with injected(fault, workers, tmp_path / "strace", paths=[Path(f"{data}-wal")]) as injection:
            for worker in workers:
                eventually(lambda worker=worker: refuses(server, worker, code), within=5)
            injection.bit()
            eventually(lambda: server.every_worker_says(code), within=5)
            proofs = len(injection.bites)
            eventually(lambda: injection.bit(times=proofs + 4), within=10)
            eventually(lambda: server.every_worker_says(code), within=5)
            assert server.client.get("/livez").status_code == 200
        eventually(server.every_worker_is_ready, within=HEALED_SECONDS)
        assert server.create("after").status_code == 201
        assert server.workers() == workers, "no worker had to be replaced"
        assert "Traceback" not in server.log
    names = names_in(data)
    assert {"before", "after"} <= set(names)


def salt(data: Path) -> bytes:
    """Give what tells one beginning of the log from the next; see sqlite.org/fileformat2.html#the_write_ahead_log."""
    return Path(f"{data}-wal").read_bytes()[16:24]


def acknowledges(server: Server, worker: int) -> None:
    """Assert that a write was acknowledged by this very worker."""
    answer = server.create("x")
    assert answer.status_code == 201
    assert answer.headers["x-worker"].endswith(f"-{worker}")


def refuses(server: Server, worker: int, code: str = "db_io_error") -> None:
    """Assert that this very worker refused a write."""
    answer = server.create("y")
    assert answer.headers["x-worker"].endswith(f"-{worker}")
    assert_unavailable(answer, code)


@contextmanager
def long_reader(data: Path) -> Iterator[None]:
    with closing(sqlite3.connect(data, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tasks").fetchone()
        yield


# After a failed fdatasync Linux takes the pages for written, and the next one succeeds without them.
@pytest.mark.fault("F13")
def test_nothing_is_acknowledged_behind_what_the_disk_may_have_lost(data: Path, tmp_path: Path) -> None:
    with running_server(data, instrumented=True) as server:
        worker, _ = server.workers()
        eventually(lambda: acknowledges(server, worker), within=5)
        before = salt(data)
        with injected("fdatasync:error=EIO", [worker], tmp_path / "strace"):
            eventually(lambda: refuses(server, worker), within=5)
            assert salt(data) == before, "only the log of a worker that the disk fails is begun anew"
        eventually(lambda: acknowledges(server, worker), within=HEALED_SECONDS)
        assert salt(data) != before
    assert_whole(data)


@pytest.mark.fault("F13")
def test_a_reader_in_the_way_of_emptying_the_log_keeps_writes_refused_until_it_ends(data: Path, tmp_path: Path) -> None:
    with running_server(data, instrumented=True) as server:
        worker, _ = server.workers()
        eventually(lambda: acknowledges(server, worker), within=5)
        with long_reader(data):
            with injected("fdatasync:error=EIO", [worker], tmp_path / "strace"):
                eventually(lambda: refuses(server, worker), within=5)
            for _ in range(20):
                answer = server.create("z")
                assert not answer.headers["x-worker"].endswith(f"-{worker}") or answer.status_code == 503
            eventually(lambda: refuses(server, worker), within=5)
        eventually(lambda: acknowledges(server, worker), within=HEALED_SECONDS)
        eventually(server.every_worker_is_ready, within=HEALED_SECONDS)
    assert_whole(data)


# As SQLite's own tests do it: the first call fails, then the second, and so on.
@pytest.mark.fault("F9")
@pytest.mark.parametrize(
    ("calls", "most"),
    [("pwrite64", 10), ("fdatasync", 4), ("fdatasync,ftruncate", 1), ("fdatasync,pwrite64", 3), ("openat", 1)],
)
def test_whichever_call_fails_no_acknowledged_write_is_lost(calls: str, most: int, data: Path, tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    files = [data, Path(f"{data}-wal"), Path(f"{data}-shm")]

    def use(round_of_load: Iterator[int]) -> None:
        """Write and look until every kind of call has failed."""
        name = f"{nth} {next(round_of_load)}"
        status = server.create(name).status_code
        assert status in {201, 503}
        acknowledged.update({name} if status == 201 else ())
        assert server.probe().status_code in {200, 503}
        assert set(injection.bites) == set(calls.split(",")), "the fault did not bite"

    with running_server(data) as server:
        workers = server.workers()
        for nth in range(1, most + 1):
            fault = f"{calls}:error=EIO:when={nth}"
            with injected(fault, workers, tmp_path / f"{nth}", paths=files) as injection:
                rounds = count()
                eventually(lambda rounds=rounds: use(rounds), within=10)
            eventually(server.every_worker_is_ready, within=HEALED_SECONDS)
            assert acknowledged <= set(names_in(data))
        assert server.workers() == workers
        assert "Traceback" not in server.log
    assert acknowledged <= set(names_in(data))


@pytest.mark.alone
@pytest.mark.fault("F10")
def test_a_disk_that_hangs_is_told_within_a_second_and_kills_no_worker(data: Path, tmp_path: Path) -> None:
    took = []

    def hangs() -> None:
        began = time.monotonic()
        answer = server.probe()
        took.append(time.monotonic() - began)
        assert_unavailable(answer, "db_timeout")

    with running_server(data, instrumented=True) as server, ThreadPoolExecutor() as threads:
        workers = server.workers()
        with injected("fdatasync:delay_enter=2000000", workers, tmp_path / "strace") as injection:
            answers = [threads.submit(server.create, f"{number}") for number in range(8)]
            eventually(injection.bit, within=5)
            eventually(hangs, within=5)
            assert {answer.result().status_code for answer in answers} <= {201, 503}
            assert max(took) < 1
        eventually(server.every_worker_is_ready, within=HEALED_SECONDS)
        assert server.workers() == workers
        assert "Traceback" not in server.log
    assert_whole(data)
