"""A volume that fills up, or that the kernel makes read-only, under the real server with two workers."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from support.ledger import names_in
from support.problem import assert_unavailable
from support.server import Server, running_server
from support.volume import MEBIBYTE, at_most, broken_down, failing_volume, filled_up, small_volume
from support.waiting import eventually

HEALED_SECONDS = 10


def refuses(server: Server, code: str) -> None:
    for _ in range(10):
        assert_unavailable(server.create("x" * 200), code)


def tells_once_a_worker(server: Server, code: str) -> None:
    assert [line["code"] for line in server.logged("database fault")] == [code] * 2


@pytest.mark.fault("F6")
def test_a_volume_that_is_almost_full_is_told_while_writes_still_succeed(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume") as data, running_server(data) as server:
        with filled_up(data.parent, leaving=8 * MEBIBYTE):
            eventually(lambda: server.every_worker_says("db_disk_full"), within=5)
            assert server.create("still").status_code == 201
        eventually(server.every_worker_is_ready, within=HEALED_SECONDS)


@pytest.mark.fault("F6")
def test_a_full_volume_refuses_writes_and_lets_read_until_there_is_space_again(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume") as data:
        with running_server(data) as server:
            assert server.create("before").status_code == 201
            with filled_up(data.parent):
                eventually(lambda: refuses(server, "db_disk_full"), within=10)
                server.every_worker_says("db_disk_full")
                tasks = server.client.get("/tasks").json()
                assert tasks["items"][0]["name"] == "before"
                eventually(lambda: tells_once_a_worker(server, "db_disk_full"), within=5)
            eventually(server.every_worker_is_ready, within=HEALED_SECONDS)
            assert server.create("after").status_code == 201
            assert "Traceback" not in server.log
            assert server.stop() == 0
        names = names_in(data)
    assert (names[0], names[-1]) == ("before", "after")


@pytest.mark.fault("F7")
def test_a_first_start_on_a_full_volume_makes_nothing_by_half_and_goes_on_when_there_is_space(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume") as data:
        with filled_up(data.parent), running_server(data, healthy=False) as server:
            eventually(lambda: server.every_worker_says("db_disk_full"), within=5)
            assert not data.exists() or data.stat().st_size == 0
            assert server.stop() == 0
        with running_server(data) as server:
            assert server.create("first").status_code == 201
            assert server.stop() == 0
        assert names_in(data) == ["first"]


@pytest.mark.fault("F7")
def test_a_first_start_on_a_full_volume_ends_by_itself_with_a_database(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume") as data, ExitStack() as fault:
        fault.enter_context(filled_up(data.parent))
        with running_server(data, healthy=False) as server:
            eventually(lambda: server.every_worker_says("db_disk_full"), within=5)
            fault.close()
            eventually(server.every_worker_is_ready, within=HEALED_SECONDS)
            assert "Traceback" not in server.log


@pytest.mark.fault("F5")
def test_a_volume_that_the_kernel_makes_read_only_is_named_and_used_again_when_mended(tmp_path: Path) -> None:
    place, image = tmp_path / "volume", tmp_path / "image"
    with failing_volume(place, image) as data, running_server(data) as server:
        workers = server.workers()
        assert server.create("before").status_code == 201
        with broken_down(place, image):
            eventually(lambda: refuses(server, "db_read_only"), within=10)
            server.every_worker_says("db_read_only")
        eventually(server.every_worker_is_ready, within=HEALED_SECONDS)
        assert server.create("after").status_code == 201
        assert server.workers() == workers
        assert server.client.get("/tasks").json()["items"][0]["name"] == "before"
        assert server.stop() == 0
        assert names_in(data)[0] == "before"


@pytest.mark.fault("F11")
def test_a_limit_on_the_length_of_files_refuses_writes_and_kills_no_worker(tmp_path: Path) -> None:
    data = tmp_path / "api.db"
    with running_server(data) as server:
        workers = server.workers()
        assert server.create("before").status_code == 201
        with at_most(1024, workers):
            eventually(lambda: refuses(server, "db_io_error"), within=10)
            assert server.workers() == workers
        eventually(server.every_worker_is_ready, within=HEALED_SECONDS)
        assert server.create("after").status_code == 201
        assert server.workers() == workers
    names = names_in(data)
    assert names[0] == "before"
    assert "after" in names
