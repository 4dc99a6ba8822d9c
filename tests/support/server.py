"""The real server, as a process of this machine and without a container."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2

from support.ending import end
from support.http import Client
from support.ports import free_port
from support.problem import assert_unavailable
from support.waiting import eventually, load_factor

TESTS = Path(__file__).resolve().parents[1]
API = TESTS.parent / "api"
STOP_SECONDS = 10
WORKERS = 2
ANEW = {"Connection": "close"}  # the kernel deals new connections out to the workers
ENOUGH = 20  # new connections, so that each worker gets some


def environment(db_file_path: Path | str | None) -> dict[str, str]:
    """Give an environment that sets nothing but what a process needs, and the API's one variable."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    setting = {} if db_file_path is None else {"DB_FILE_PATH": str(db_file_path)}
    return {**kept, **setting, "PYTHONPATH": f"{API}:{TESTS}", "WEB_CONCURRENCY": str(WORKERS)}


def run_server(db_file_path: Path | str | None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start the server where it is expected to refuse, and give what it said."""
    return subprocess.run(
        [sys.executable, "-m", "app", "--bind", "127.0.0.1:0"],
        cwd=API,
        env=environment(db_file_path) | variables,
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )


class Server:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process = process
        self.client = Client(base_url=url, timeout=10)
        self._log = log

    @property
    def url(self) -> str:
        """Its address."""
        return str(self.client.base_url).rstrip("/")

    @property
    def log(self) -> str:
        """What the server has printed so far."""
        return self._log.read_text()

    def workers(self) -> list[int]:
        """Give the ids of the worker processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def answers(self) -> None:
        """Assert that the process answers."""
        assert self.client.get("/livez").status_code == 200

    def ready(self) -> None:
        """Assert that the database is in use."""
        self.answers()
        assert self.client.get("/db-check").status_code == 200

    def all_ready(self) -> None:
        """Assert that each worker has opened the database; a request tells of one of them only."""
        self.ready()
        assert self.log.count('"database ready"') == WORKERS

    def probe(self) -> httpx2.Response:
        """Ask some worker for the database check."""
        return self.client.get("/db-check", headers=ANEW)

    def create(self, name: str) -> httpx2.Response:
        """Have some worker create a task."""
        return self.client.post("/tasks", json={"name": name}, headers=ANEW)

    def every_worker_says(self, code: str) -> None:
        """Assert that whichever worker is asked has the same problem."""
        for _ in range(ENOUGH):
            assert_unavailable(self.probe(), code)

    def every_worker_is_ready(self) -> None:
        """Assert that whichever worker is asked finds all well."""
        for _ in range(ENOUGH):
            assert self.probe().status_code == 200

    def logged(self, event: str) -> list[dict[str, str]]:
        """Give the lines of the log that tell of an event."""
        return [line for line in map(json.loads, self.log.splitlines()) if line["event"] == event]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freeze all of its processes."""
        processes = [self.process.pid, *self.workers()]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

    def stop(self) -> int:
        """Ask the server to stop, and give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS * load_factor())


@contextmanager
def running_server(
    db_file_path: Path, *, healthy: bool = True, instrumented: bool = False, arguments: Sequence[str] = ()
) -> Iterator[Server]:
    """Run the server until the end of the block, which begins when it is `healthy` or at least answers.

    Args:
        db_file_path: Its database.
        healthy: Whether it is expected to become so.
        instrumented: Whether it has what `support.instrumented` adds.
        arguments: More of gunicorn's own, or the name of another application.

    """
    app = ["support.instrumented:create_instrumented_app()"] if instrumented else []
    address = f"127.0.0.1:{free_port()}"
    log = db_file_path.parent / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "--bind", address, *app, *arguments],
            cwd=API,
            env=environment(db_file_path),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, f"http://{address}", log)
    try:
        eventually(server.all_ready if healthy else server.answers, within=15)
        yield server
    finally:
        server.client.close()
        end(process, within=STOP_SECONDS)
