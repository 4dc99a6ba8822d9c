"""A store that speaks S3, as a process of this machine: moto's server."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.ending import end
from support.http import ask
from support.ports import free_port
from support.waiting import eventually

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
BUCKET = "replicas"
STOP_SECONDS = 10


class Store:
    """A running store."""

    def __init__(self, process: subprocess.Popen[bytes], endpoint: str) -> None:
        self.endpoint = endpoint
        self._process = process

    def url(self, folder: str = "api") -> str:
        """Give where a replica in it is."""
        return f"s3://{BUCKET}/{folder}?endpoint={self.endpoint}&region=us-east-1"

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it answer nobody."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


@contextmanager
def store(folder: Path) -> Iterator[Store]:
    """Run an empty store until the end of the block; what it prints goes to a file in `folder`."""
    port = free_port()
    with (folder / "s3.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            env={**os.environ, **KEYS},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    endpoint = f"http://127.0.0.1:{port}"

    def has_bucket() -> None:
        assert ask("PUT", f"{endpoint}/{BUCKET}").status_code == 200

    try:
        eventually(has_bucket, within=20)
        yield Store(process, endpoint)
    finally:
        end(process, within=STOP_SECONDS)
