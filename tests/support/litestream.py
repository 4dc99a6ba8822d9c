"""The replica's service, as a process of this machine and without a container."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.ending import end
from support.http import Client
from support.ports import free_port
from support.server import API, TESTS, Server
from support.waiting import eventually, load_factor

STOP_SECONDS = 20
SOON = {"REPLICA_SYNC_INTERVAL": "0.1"}  # so that a test does not wait for long
# What `python -m replica run` does, but as whoever runs the tests, and on any port.
CODE = """
import logging.config, sys
from pathlib import Path
from app import logs
from app.datafile import DataFile
from replica import service, settings
logging.config.dictConfig(logs.configure())
service.run(DataFile(Path(sys.argv[1])), settings.read_settings(), int(sys.argv[2]))
"""


class Sidecar:
    """A running replica's service."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process = process
        self.client = Client(base_url=url, timeout=10)
        self._log = log

    @property
    def log(self) -> str:
        """What it, and Litestream, have printed so far."""
        return self._log.read_text()

    def status(self) -> Any:
        """Give what `/status` says."""
        return self.client.get("/status").json()

    def healthy(self) -> None:
        """Assert that its container would be."""
        assert self.client.get("/healthz").status_code == 200

    def equal_since(self, moment: float) -> None:
        """Assert that the replica had all of the database at a moment of this process's clock, or later."""
        lag = self.status()["lag_seconds"]
        assert lag is not None
        assert time.monotonic() - lag > moment

    def litestream(self) -> int:
        """Give the id of the process of Litestream."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        assert len(children) == 1, children
        return int(children[0])

    def kill(self) -> None:
        """Kill it and its Litestream, as the end of its container would."""
        self.process.send_signal(signal.SIGSTOP)  # so that it starts no other
        os.kill(self.litestream(), signal.SIGKILL)
        self.process.kill()
        self.process.wait(STOP_SECONDS * load_factor())


def lose(server: Server, sidecar: Sidecar) -> None:
    """Kill all of both at one moment, as the loss of the machine would."""
    processes = [server.process.pid, *server.workers(), sidecar.process.pid, sidecar.litestream()]
    maps = "".join(Path(f"/proc/{worker}/maps").read_text() for worker in server.workers())
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for process in processes:
            os.kill(process, number)
    server.process.wait(STOP_SECONDS * load_factor())
    sidecar.process.wait(STOP_SECONDS * load_factor())
    (metrics,) = set(re.findall(r"/dev/shm/api-metrics-\w+", maps))
    shutil.rmtree(metrics)  # the master would have done so


@contextmanager
def replicating(data: Path, url: str, *, log: Path, healthy: bool = True, **variables: str) -> Iterator[Sidecar]:
    """Run the replica's service until the end of the block, which begins when it is `healthy` or at least answers.

    Args:
        data: The database.
        url: Where the replica is.
        log: Where it prints to.
        healthy: Whether it is expected to become so.
        variables: More of its environment.

    """
    port = free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    python_path = f"{API}:{TESTS.parent / 'deploy'}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, str(data), str(port)],
            env={**kept, "PYTHONPATH": python_path, "REPLICA_URL": url, **SOON, **variables},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    sidecar = Sidecar(process, f"http://127.0.0.1:{port}", log)
    try:
        eventually(sidecar.healthy if healthy else sidecar.status, within=15)
        yield sidecar
    finally:
        sidecar.client.close()
        end(process, within=STOP_SECONDS)
