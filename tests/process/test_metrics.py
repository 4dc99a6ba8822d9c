import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from support.http import Client, ask
from support.metrics import samples, total
from support.server import Server, running_server
from support.waiting import eventually

REQUESTS = 60


def folder_of(server: Server) -> Path:
    """Give the folder in memory that the workers of this server, and of no other on this machine, write to."""
    maps = "".join(Path(f"/proc/{worker}/maps").read_text() for worker in server.workers())
    (folder,) = set(re.findall(r"/dev/shm/api-metrics-\w+", maps))
    return Path(folder)


def counted(server: Server) -> float:
    return total(server.client.get("/metrics").text, "http_requests_total", route="/tasks", status="2xx")


def assert_counted(server: Server, requests: int) -> None:
    assert counted(server) == requests
    durations = total(server.client.get("/metrics").text, "http_request_duration_seconds_count", route="/tasks")
    assert durations == requests


def answerers(server: Server, requests: int) -> set[str]:
    """Make requests, each on a connection of its own, and give the names of the workers that answered.

    The connections stay open until the end: a worker that has some leaves the next one to a worker that has none.
    """
    with ExitStack() as connections:
        clients = [connections.enter_context(Client(timeout=15)) for _ in range(requests)]
        return {client.get(f"{server.url}/tasks").headers["x-worker"] for client in clients}


def test_the_counts_of_all_workers_must_add_up(data: Path) -> None:
    with running_server(data, instrumented=True) as server:
        assert len(answerers(server, REQUESTS)) == 2
        eventually(lambda: assert_counted(server, REQUESTS), within=5)


def replace_a_worker(server: Server) -> None:
    """Kill a worker, and wait until another has taken its place."""
    victim = server.workers()[0]
    os.kill(victim, signal.SIGKILL)

    def replaced() -> None:
        assert victim not in server.workers()
        assert len(answerers(server, 10)) == 2

    eventually(replaced, within=10)


def test_what_a_worker_has_counted_must_outlive_it(data: Path) -> None:
    with running_server(data, instrumented=True) as server:
        answerers(server, REQUESTS)
        eventually(lambda: assert_counted(server, REQUESTS), within=5)
        replace_a_worker(server)
        after = counted(server)
        assert after >= REQUESTS
        replace_a_worker(server)
        assert counted(server) > after, "the new worker goes on where the old one ended"


def test_the_requests_in_flight_of_a_dead_worker_must_be_forgotten(data: Path) -> None:
    with running_server(data, instrumented=True) as server, ThreadPoolExecutor() as threads:

        def in_flight(requests: int) -> None:
            assert samples(server.client.get("/metrics").text, "http_requests_in_flight") == [requests]

        slow = threads.submit(ask, "GET", f"{server.url}/slow?steps=1000000000")
        eventually(lambda: in_flight(1), within=5)
        for worker in server.workers():
            os.kill(worker, signal.SIGKILL)
        assert isinstance(slow.exception(), ConnectionError)
        eventually(lambda: in_flight(0), within=10)


def test_workers_that_die_must_not_use_up_memory(data: Path) -> None:
    with running_server(data, instrumented=True) as server:
        answerers(server, 20)
        for _ in range(3):
            replace_a_worker(server)
        names = {path.name for path in folder_of(server).iterdir()}
        kinds = ("counter", "gauge_livesum", "histogram")
        assert names == {f"{kind}_{place}.db" for kind in kinds for place in (0, 1)}


def test_a_server_that_was_stopped_must_leave_no_metrics_behind(data: Path) -> None:
    with running_server(data) as server:
        folder = folder_of(server)
        assert folder.exists()
        assert server.stop() == 0
    assert not folder.exists()
