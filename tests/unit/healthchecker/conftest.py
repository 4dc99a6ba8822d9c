import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import healthchecker
from healthchecker.settings import PREFIX
from support.receiver import Receiver, running_receiver

Behaviour = Callable[[socket.socket, threading.Event], None]


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture
def serve() -> Iterator[Callable[[Behaviour | bytes], str]]:
    """Start servers that read a request and then do, or send, what they are told; each start gives a URL."""
    over = threading.Event()
    servers = []

    def start(behaviour: Behaviour | bytes) -> str:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    self.request.recv(65536)
                    if isinstance(behaviour, bytes):
                        self.request.sendall(behaviour)
                    else:
                        behaviour(self.request, over)

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/db-check"

    yield start
    over.set()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def command() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `python -m healthchecker` with nothing but the given variables in its environment."""
    processes = []

    def start(
        *arguments: str, program: tuple[str, ...] = ("-m", "healthchecker"), **variables: str
    ) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            env={"PYTHONPATH": str(Path(healthchecker.__file__).parents[1]), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def other_receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver
