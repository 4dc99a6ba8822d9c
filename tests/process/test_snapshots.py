"""The snapshot before a migration, under the real server with two workers: interrupted, and without room for it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from app.datafile import DataFile
from app.snapshots import Snapshot
from support.database import prepare_once
from support.disk import injected
from support.killing import kill_all
from support.migrating import APP, NEWEST, add_migration
from support.server import WORKERS, Server, running_server
from support.volume import MEBIBYTE, filled_up, small_volume
from support.waiting import eventually

ROWS = 40_000
ADD_A_TABLE = '    op.execute("CREATE TABLE small (id INTEGER PRIMARY KEY)")\n'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give the path of a database with rows, some 1.6 MB, which the server's version has to migrate."""
    return one_behind(tmp_path / "api.db")


def one_behind(path: Path) -> Path:
    prepare_once(DataFile(path))
    with closing(sqlite3.connect(path)) as connection, connection:
        rows = ((f"task {number}", "2026-01-01 00:00:00") for number in range(ROWS))
        connection.executemany("INSERT INTO tasks (name, created_at) VALUES (?, ?)", rows)
    add_migration(path.parent, "next", ADD_A_TABLE)
    return path


def content(data: Path) -> list[str]:
    with closing(sqlite3.connect(data)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return list(connection.iterdump())


def snapshots(data: Path) -> list[Snapshot]:
    return DataFile(data).snapshots.all()


def unfinished(data: Path) -> list[Path]:
    return list(data.parent.glob(".api.db.snapshots/*.part"))


def is_migrated(server: Server, data: Path, before: list[str]) -> None:
    """Assert that the new version works, and that one snapshot holds what was before, and nothing is left of others."""
    eventually(server.every_worker_is_ready, within=15)
    assert server.client.get("/tasks").json()["items"][0]["name"] == "task 0"
    (snapshot,) = snapshots(data)
    assert (content(snapshot.path), snapshot.revision) == (before, NEWEST)
    assert not unfinished(data)


@contextmanager
def running_behind(data: Path) -> Iterator[Server]:
    with running_server(data, healthy=False, arguments=[APP]) as server:
        yield server


@pytest.mark.fault("L12")
def test_a_kill_in_the_middle_of_the_snapshot_leaves_the_old_state_whole_and_the_next_start_takes_it_anew(
    data: Path,
) -> None:
    with closing(sqlite3.connect(data)) as connection:  # 200 MB of free pages, which take a while to be copied
        connection.execute("CREATE TABLE big AS SELECT zeroblob(?) AS content", (200 * MEBIBYTE,))
        connection.execute("DROP TABLE big")
        connection.commit()
    before = content(data)

    def in_the_middle() -> None:
        assert unfinished(data)

    with running_behind(data) as server:
        eventually(in_the_middle, within=15)
        kill_all(server)
    assert unfinished(data), "the fault did not bite"
    assert snapshots(data) == []
    assert content(data) == before
    with running_behind(data) as server:
        is_migrated(server, data, before)


@pytest.mark.fault("L13")
def test_a_disk_that_fills_up_in_the_middle_of_the_snapshot_leaves_the_old_state_and_nothing_half(data: Path) -> None:
    before = content(data)

    def has_all_workers() -> None:
        assert len(server.workers()) == WORKERS

    with closing(sqlite3.connect(data, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")  # keeps the server from its snapshot until its disk has a fault
        with running_behind(data) as server:
            eventually(has_all_workers, within=5)
            with injected("pwrite64:error=ENOSPC", server.workers(), data.with_name("strace")) as injection:
                holder.execute("ROLLBACK")
                eventually(injection.bit, within=10)
                eventually(lambda: server.every_worker_says("db_disk_full"), within=10)
                assert snapshots(data) == []
                assert content(data) == before
            holder.close()
            is_migrated(server, data, before)


@pytest.mark.fault("L13")
def test_without_room_for_the_snapshot_nothing_is_migrated_and_space_completes_it(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume") as path, ExitStack() as fault:
        data = one_behind(path)
        before = content(data)
        fault.enter_context(filled_up(data.parent, leaving=17 * MEBIBYTE))  # enough to go on, and not for a snapshot
        with running_behind(data) as server:
            eventually(lambda: server.every_worker_says("db_disk_full"), within=10)
            cause = server.logged("database fault")[0]["cause"]
            assert re.match(r"a snapshot before the migration needs \d+ bytes on the volume of .* are free", cause)
            assert snapshots(data) == []
            assert content(data) == before
            fault.close()
            is_migrated(server, data, before)
