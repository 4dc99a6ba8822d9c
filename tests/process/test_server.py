import json
import os
import re
import signal
import socket
import sqlite3
from pathlib import Path

import pytest

from support.ledger import assert_whole
from support.server import TESTS, Server, running_server
from support.waiting import eventually


def faults_in(log: str, *, at_least: int) -> list[dict[str, str]]:
    lines = [json.loads(line) for line in log.splitlines()]
    faults = [line for line in lines if line["event"] == "database fault"]
    assert len(faults) >= at_least
    return faults


def test_two_workers_create_one_database(data: Path) -> None:
    with running_server(data) as server:
        assert len(server.workers()) == 2
        assert server.log.count("database created") == 1


@pytest.mark.fault("D4")
def test_every_worker_sees_the_deletion_and_none_creates_a_new_database(data: Path) -> None:
    with running_server(data) as server:
        data.unlink()
        server.every_worker_says("db_missing")
        os.kill(server.workers()[0], signal.SIGKILL)
        eventually(lambda: server.every_worker_says("db_missing"), within=10)
        assert not data.exists()


@pytest.mark.fault("D4")
def test_a_restart_does_not_replace_a_vanished_database_with_an_empty_one(data: Path) -> None:
    with running_server(data) as server:
        assert server.stop() == 0
    for path in data.parent.glob("api.db*"):
        path.unlink()
    with running_server(data, healthy=False) as server:
        eventually(lambda: server.every_worker_says("db_missing"), within=5)
        assert not data.exists()


def test_a_worker_collects_its_garbage_and_leaves_alone_what_all_share(data: Path) -> None:
    with running_server(data, instrumented=True) as server:
        answer = server.client.get("/garbage")
    assert answer.json() == {"is_collected": True, "shared_is_left_alone": True}


def test_tasks_survive_a_restart(data: Path) -> None:
    with running_server(data) as server:
        created = server.client.post("/tasks", json={"name": "kept"}).json()
        assert server.stop() == 0
    with running_server(data) as server:
        assert server.client.get(f"/tasks/{created['id']}").json() == created


@pytest.mark.fault("P2")
def test_every_acknowledged_write_survives_the_death_of_all_workers(data: Path) -> None:
    with running_server(data) as server:
        acknowledged = [server.client.post("/tasks", json={"name": f"{number}"}).json() for number in range(50)]
        for worker in server.workers():
            os.kill(worker, signal.SIGKILL)
        eventually(server.ready, within=10)
        assert server.client.get("/tasks", params={"limit": 200}).json()["items"] == acknowledged
    assert_whole(data)


def task_names(server: Server) -> list[str]:
    return [task["name"] for task in server.client.get("/tasks", params={"limit": 200}).json()["items"]]


def test_no_acknowledged_write_is_lost_with_a_deleted_log(data: Path) -> None:
    with running_server(data) as server:
        names = [f"{number}" for number in range(30)]
        for name in names:
            assert server.client.post("/tasks", json={"name": name}).status_code == 201
        Path(f"{data}-wal").unlink()
        answers = {f"{number}": server.client.post("/tasks", json={"name": f"{number}"}) for number in range(30, 60)}
        names += [name for name, answer in answers.items() if answer.status_code == 201]
        eventually(server.ready, within=10)
        eventually(lambda: names_are(server, names), within=5)
        for worker in server.workers():
            os.kill(worker, signal.SIGKILL)
        eventually(server.ready, within=10)
        names_are(server, names)
    assert_whole(data)


def names_are(server: Server, names: list[str]) -> None:
    assert task_names(server) == names


def test_no_acknowledged_write_is_lost_with_a_deleted_index_and_a_new_worker(data: Path) -> None:
    with running_server(data) as server:
        names = [f"{number}" for number in range(30)]
        for name in names:
            assert server.client.post("/tasks", json={"name": name}).status_code == 201
        Path(f"{data}-shm").unlink()
        os.kill(server.workers()[0], signal.SIGKILL)
        for number in range(30, 60):
            answer = post_anyway(server, f"{number}")
            names += [f"{number}"] if answer == 201 else []
        eventually(server.ready, within=10)
        eventually(lambda: names_are(server, names), within=5)
        assert server.stop() == 0
    assert_whole(data)


def post_anyway(server: Server, name: str) -> int | None:
    try:
        return server.client.post("/tasks", json={"name": name}).status_code
    except ConnectionError:
        return None  # the worker was killed


@pytest.mark.fault("D7")
def test_the_log_of_a_deleted_database_is_not_applied_to_its_backup(data: Path) -> None:
    backup = data.with_name("backup")
    with running_server(data) as server:
        server.client.post("/tasks", json={"name": "in the backup"})
        with sqlite3.connect(data) as source, sqlite3.connect(backup) as target:
            source.backup(target)
        source.close()
        target.close()
        for number in range(100):
            server.client.post("/tasks", json={"name": f"after the backup {number}" * 9})
        data.unlink()
        eventually(lambda: server.every_worker_says("db_missing"), within=5)
        eventually(lambda: faults_in(server.log, at_least=2), within=5)
        backup.rename(data)
        eventually(server.ready, within=10)
        eventually(lambda: names_are(server, ["in the backup"]), within=5)
        assert server.client.post("/tasks", json={"name": "and on"}).status_code == 201
    assert_whole(data)


def test_a_client_that_stalls_does_not_hold_up_a_stop(data: Path) -> None:
    with running_server(data) as server:
        address = (server.client.base_url.host, server.client.base_url.port or 80)
        with socket.create_connection(address, timeout=5) as connection:
            connection.sendall(b"POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            assert server.stop() == 0


def test_a_worker_that_is_told_to_end_while_it_is_born_must_end(data: Path) -> None:
    with running_server(data, arguments=["--config", f"{TESTS}/support/untimely.py"]) as server:
        (first,) = re.findall(r"told to end while it is born: (\d+)", server.log)
        assert int(first) not in server.workers()
        assert server.stop() == 0


def test_a_stop_leaves_one_complete_file_and_exits_with_0(data: Path) -> None:
    with running_server(data) as server:
        server.client.post("/tasks", json={"name": "x"})
        assert server.stop() == 0
    left = {path.name for path in data.parent.iterdir()} - {"server.log"}
    assert left == {"api.db", ".api.db.check", ".api.db.id", ".api.db.lock", ".api.db.queue", ".api.db.use"}, (
        "the write-ahead log is merged and gone"
    )


def test_the_log_is_json_and_a_successful_probe_is_not_in_it(data: Path) -> None:
    with running_server(data) as server:
        server.client.get("/db-check")
        server.client.get("/livez")
        server.client.get("/nope")

        def logged() -> list[tuple[str, int]]:
            lines = [json.loads(line) for line in server.log.splitlines()]
            requests = [(line["path"], line["status"]) for line in lines if line["event"] == "request"]
            assert ("/nope", 404) in requests
            return requests

        requests = eventually(logged, within=5)
    assert not [path for path, status in requests if status == 200]


def test_a_fault_is_one_line_in_the_log_that_names_cause_and_remedy(data: Path) -> None:
    with running_server(data) as server:
        data.unlink()
        faults = eventually(lambda: faults_in(server.log, at_least=2), within=5)
        server.every_worker_says("db_missing")
        assert faults_in(server.log, at_least=2) == faults, "a line for each worker, not for each probe"
    assert {(fault["code"], fault["title"]) for fault in faults} == {("db_missing", "The database file is missing.")}
    assert all("restore a backup" in fault["remedy"] and str(data) in fault["cause"] for fault in faults)


@pytest.mark.fault("H2")
def test_a_request_that_is_no_http_is_refused_and_the_worker_lives(data: Path) -> None:
    with running_server(data) as server:
        address = (server.client.base_url.host, server.client.base_url.port or 80)
        for garbage in (b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 100 + b"\r\n\r\n"):
            with socket.create_connection(address, timeout=5) as connection:
                connection.sendall(garbage + b"\r\n\r\n")
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(1000)
                assert answer.startswith(b"HTTP/1.1 400") or answer == b""
        server.ready()
        assert "Traceback" not in server.log
