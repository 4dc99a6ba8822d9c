"""Stands in for Litestream's control socket: answers as it is told, and knows what it was asked."""

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from app.control import SOCKET


class Litestream:
    """What the socket says.

    Attributes:
        taken: The last transaction that it has taken in.
        replicated: The last one that its replica has; where `ships` is true, that follows with the next question.
        ships: Whether it brings what it has taken in to the replica.
        error: With what it refuses, if it does.
        is_free: Cleared, it does not answer.
        asked: The requests so far, as path and content.

    """

    def __init__(self) -> None:
        self.taken = self.replicated = 1
        self.ships = True
        self.error: str | None = None
        self.is_free = threading.Event()
        self.is_free.set()
        self.asked: list[tuple[str, Any]] = []

    @property
    def syncs(self) -> list[Any]:
        """The contents of the requests to sync."""
        return [content for path, content in self.asked if path == "/sync"]

    def answer(self, path: str, content: Any) -> tuple[int, dict[str, Any]]:
        """Answer one request."""
        self.asked.append((path, content))
        self.is_free.wait(10)
        if self.error:
            return 500, {"error": self.error}
        told = {"txid": self.taken, "replicated_txid": self.replicated}
        if self.ships:
            self.replicated = self.taken
        return 200, told


@contextmanager
def serving(folder: Path) -> Iterator[Litestream]:
    """Serve the socket in a folder, which is made, until the end of the block."""
    told = Litestream()
    connections: list[socket.socket] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            connections.append(self.connection)

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, content: Any) -> None:
            status, answer = told.answer(self.path, content)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

        def address_string(self) -> str:
            return "socket"

    folder.mkdir(exist_ok=True)
    (folder / SOCKET).unlink(missing_ok=True)

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True
        block_on_close = False

    server = Server(str(folder / SOCKET), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield told
    finally:
        told.is_free.set()
        server.shutdown()
        server.server_close()
        thread.join()
        for connection in connections:
            with suppress(OSError):  # its client has hung up
                connection.shutdown(socket.SHUT_RDWR)
        (folder / SOCKET).unlink()
