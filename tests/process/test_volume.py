"""A volume that fills up, or that the kernel makes read-only, under the real server with two workers."""

import json
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from support.problem import assert_unavailable
from support.server import Server, running_server
from support.volume import MEBIBYTE, at_most, broken_down, failing_volume, filled_up, small_volume
from support.waiting import eventually

HEALED_SECONDS = 10
ANEW = {"Connection": "close"}  # the kernel deals new connections out to the workers


def every_worker_says(server: Server, code: str) -> None:
    for _ in range(10):
        assert_unavailable(server.client.get("/db-check", headers=ANEW), code)


def every_worker_is_ready(server: Server) -> None:
    for _ in range(10):
        assert server.client.get("/db-check", headers=ANEW).status_code == 200


def write(server: Server, name: str) -> int:
    return server.client.post("/tasks", json={"name": name}, headers=ANEW).status_code


def refuses(server: Server, code: str) -> None:
    for _ in range(10):
        assert_unavailable(server.client.post("/tasks", json={"name": "x" * 200}, headers=ANEW), code)


def tells_once_a_worker(server: Server, code: str) -> None:
    lines = [json.loads(line) for line in server.log.splitlines()]
    assert [line["code"] for line in lines if line["event"] == "database fault"] == [code] * 2


def stored(data: Path) -> list[str]:
    with closing(sqlite3.connect(data)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [name for (name,) in connection.execute("SELECT name FROM tasks ORDER BY id")]


@pytest.mark.fault("F6")
def test_a_volume_that_is_almost_full_is_told_while_writes_still_succeed(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume") as data, running_server(data) as server:
        with filled_up(data.parent, leaving=8 * MEBIBYTE):
            eventually(lambda: every_worker_says(server, "db_disk_full"), within=5)
            assert write(server, "still") == 201
        eventually(lambda: every_worker_is_ready(server), within=HEALED_SECONDS)


@pytest.mark.fault("F6")
def test_a_full_volume_refuses_writes_and_lets_read_until_there_is_space_again(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume") as data:
        with running_server(data) as server:
            assert write(server, "before") == 201
            with filled_up(data.parent):
                eventually(lambda: refuses(server, "db_disk_full"), within=10)
                every_worker_says(server, "db_disk_full")
                tasks = server.client.get("/tasks").json()
                assert tasks["items"][0]["name"] == "before"
                eventually(lambda: tells_once_a_worker(server, "db_disk_full"), within=5)
            eventually(lambda: every_worker_is_ready(server), within=HEALED_SECONDS)
            assert write(server, "after") == 201
            assert "Traceback" not in server.log
            assert server.stop() == 0
        names = stored(data)
    assert (names[0], names[-1]) == ("before", "after")


@pytest.mark.fault("F7")
def test_a_first_start_on_a_full_volume_makes_nothing_by_half_and_goes_on_when_there_is_space(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume") as data:
        with filled_up(data.parent), running_server(data, healthy=False) as server:
            eventually(lambda: every_worker_says(server, "db_disk_full"), within=5)
            assert not data.exists() or data.stat().st_size == 0
            assert server.stop() == 0
        with running_server(data) as server:
            assert write(server, "first") == 201
            assert server.stop() == 0
        assert stored(data) == ["first"]


@pytest.mark.fault("F7")
def test_a_first_start_on_a_full_volume_ends_by_itself_with_a_database(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume") as data, ExitStack() as fault:
        fault.enter_context(filled_up(data.parent))
        with running_server(data, healthy=False) as server:
            eventually(lambda: every_worker_says(server, "db_disk_full"), within=5)
            fault.close()
            eventually(lambda: every_worker_is_ready(server), within=HEALED_SECONDS)
            assert "Traceback" not in server.log


@pytest.mark.fault("F5")
def test_a_volume_that_the_kernel_makes_read_only_is_named_and_used_again_when_mended(tmp_path: Path) -> None:
    place, image = tmp_path / "volume", tmp_path / "image"
    with failing_volume(place, image) as data, running_server(data) as server:
        workers = server.workers()
        assert write(server, "before") == 201
        with broken_down(place, image):
            eventually(lambda: refuses(server, "db_read_only"), within=10)
            every_worker_says(server, "db_read_only")
        eventually(lambda: every_worker_is_ready(server), within=HEALED_SECONDS)
        assert write(server, "after") == 201
        assert server.workers() == workers
        assert server.client.get("/tasks").json()["items"][0]["name"] == "before"
        assert server.stop() == 0
        assert stored(data)[0] == "before"


@pytest.mark.fault("F11")
def test_a_limit_on_the_length_of_files_refuses_writes_and_kills_no_worker(tmp_path: Path) -> None:
    data = tmp_path / "api.db"
    with running_server(data) as server:
        workers = server.workers()
        assert write(server, "before") == 201
        with at_most(1024, workers):
            eventually(lambda: refuses(server, "db_io_error"), within=10)
            assert server.workers() == workers
        eventually(lambda: every_worker_is_ready(server), within=HEALED_SECONDS)
        assert write(server, "after") == 201
        assert server.workers() == workers
    names = stored(data)
    assert names[0] == "before"
    assert "after" in names
