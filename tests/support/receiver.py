"""A real HTTP server that receives notifications and heartbeats, and misbehaves as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "s3cret-t0ken"  # noqa: S105 - not one: it stands where others have theirs


@dataclass
class Receiver:
    """What came, and what to answer."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)  # of the next answers; 200 once there are no more
    location: str | None = None  # where every answer redirects to
    asked: int = 0
    accepted: list[dict[str, Any]] = field(default_factory=list)  # the messages that were answered with 200
    go_on: threading.Event = field(default_factory=threading.Event)  # while it is not set, no answer comes

    @property
    def apprise_url(self) -> str:
        """The address for messages, with a secret in each part of it that may hold one."""
        return f"json://{SECRET}:{SECRET}@127.0.0.1:{self.port}/{SECRET}?+X-Token={SECRET}"

    @property
    def http_url(self) -> str:
        """The address for heartbeats, with a secret in each part of it that may hold one."""
        return f"http://{SECRET}:{SECRET}@127.0.0.1:{self.port}/{SECRET}?token={SECRET}"

    @property
    def titles(self) -> list[str]:
        """The titles of the messages that were accepted."""
        return [message["title"] for message in self.accepted]


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Receive until the end of the block."""
    receiver = Receiver()
    receiver.go_on.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.asked += 1
            status = receiver.statuses.pop(0) if receiver.statuses else 200
            receiver.go_on.wait()
            if status == 200 and body:
                receiver.accepted.append(json.loads(body))
            self.send_response(302 if receiver.location else status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass  # whoever asked is gone, as some tests want it

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield receiver
        finally:
            receiver.go_on.set()
            server.shutdown()
