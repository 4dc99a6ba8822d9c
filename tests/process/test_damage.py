"""Damage to pages under the real server with two workers: found by itself, told by all, and over without a restart."""

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from app.datafile import DataFile
from support.damage import Page, filled, flipped, verdict
from support.http import Client
from support.problem import assert_unavailable
from support.server import ENOUGH, WORKERS, Server, running_server
from support.waiting import eventually

ROWS = 20_000
SOUND_ROWS = 100  # the first pages, which stay as they are


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    return filled(tmp_path / "api.db", rows=ROWS)


def faults(server: Server) -> list[str]:
    return [line["code"] for line in server.logged("database fault")]


def checked(server: Server) -> list[str]:
    return [line["result"] for line in server.logged("integrity checked")]


def assert_each_worker_told(server: Server) -> None:
    assert faults(server) == ["db_corrupt"] * WORKERS


class Load:
    """Reads and writes over the rows whose pages are sound, as fast as one client can."""

    def __init__(self, url: str) -> None:
        self.statuses: set[int] = set()
        self.is_over = threading.Event()
        self._client = Client(base_url=url, timeout=10)
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        number = 0
        while not self.is_over.is_set():
            number += 1
            task = 1 + number % SOUND_ROWS
            self.statuses.add(self._client.get(f"/tasks/{task}").status_code)
            self.statuses.add(self._client.patch(f"/tasks/{task}", json={"name": f"{number}"}).status_code)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self.is_over.set()
        self._thread.join()
        self._client.close()


@contextmanager
def load(server: Server) -> Iterator[Load]:
    load = Load(server.url)
    load.start()
    try:
        yield load
    finally:
        load.end()


@pytest.mark.fault("D13")
def test_damage_is_found_under_load_told_by_both_workers_and_over_with_a_mended_file(file: DataFile) -> None:
    with running_server(file.path) as server:
        with load(server) as under_load, flipped(file.path):
            eventually(lambda: loaded(under_load), within=5)
            assert under_load.statuses == {200}
            before = len(checked(server))
            file.record.write(None)  # so that a check is due
            eventually(lambda: server.every_worker_says("db_corrupt"), within=10)
            eventually(lambda: assert_each_worker_told(server), within=5)
            assert set(checked(server)[before:]) == {"damaged"}
            assert verdict(file).damage
        eventually(server.every_worker_is_ready, within=10)
        assert under_load.statuses == {200, 503}
        assert server.client.post("/tasks", json={"name": "and on"}).status_code == 201
        assert faults(server) == ["db_corrupt"] * WORKERS
        assert server.stop() == 0


def loaded(under_load: Load) -> None:
    assert under_load.statuses


def read_all(server: Server) -> set[int]:
    statuses = set()
    for cursor in range(0, ROWS, 200):
        answer = server.client.get("/tasks", params={"limit": 200, "cursor": cursor})
        statuses.add(answer.status_code)
        if answer.status_code != 200:
            assert_unavailable(answer, "db_corrupt")
    return statuses


def meets_damage(server: Server) -> None:
    assert 503 in read_all(server)


@pytest.mark.fault("D3", "D14")
def test_damage_that_a_request_meets_is_told_by_both_workers_and_a_backup_used_without_a_restart(
    file: DataFile,
) -> None:
    backup, damaged = file.path.with_name("backup"), file.path.with_name("damaged")
    shutil.copy(file.path, backup)
    with running_server(file.path) as server:
        with ExitStack() as healing:
            healing.enter_context(flipped(file.path))
            eventually(lambda: meets_damage(server), within=5)
            eventually(lambda: server.every_worker_says("db_corrupt"), within=5)
            eventually(lambda: assert_each_worker_told(server), within=5)
            shutil.copy(file.path, damaged)
            with server.frozen():  # nobody sees the moment in which the file is mended in its place
                healing.close()
                damaged.replace(file.path)
        assert {server.probe().status_code for _ in range(ENOUGH)} == {503}
        eventually(lambda: server.every_worker_says("db_corrupt"), within=5)
        restore(backup, file)
        eventually(server.every_worker_is_ready, within=10)
        assert read_all(server) == {200}
        assert server.stop() == 0


def restore(backup: Path, file: DataFile) -> None:
    """As the remedy says."""
    for path in (file.path, file.log_path, file.index_path):
        path.unlink(missing_ok=True)
    backup.rename(file.path)


@pytest.mark.fault("D3", "P1")
@pytest.mark.parametrize("kind", [Page.TABLE_LEAF, Page.INDEX_LEAF, Page.TABLE_INTERIOR])
def test_damage_is_found_at_the_start_and_by_every_worker_that_comes_later(kind: Page, file: DataFile) -> None:
    with flipped(file.path, kind), running_server(file.path, healthy=False) as server:
        eventually(lambda: server.every_worker_says("db_corrupt"), within=10)
        os.kill(server.workers()[0], signal.SIGKILL)
        eventually(lambda: server.every_worker_says("db_corrupt"), within=10)
        assert server.client.get("/livez").status_code == 200
        assert server.stop() == 0
