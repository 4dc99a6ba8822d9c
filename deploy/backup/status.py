"""What the scheduled service tells of itself, over HTTP."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

PORT = 8002


class Unwell(NamedTuple):
    """Why a service is not well."""

    code: str
    title: str
    detail: str
    remedy: str


def serve(status: Callable[[], dict[str, Any]], unwell: Callable[[], Unwell | None], port: int = PORT) -> int:
    """Answer `/status` and `/healthz` on a thread until the process ends, and give the port.

    Args:
        status: Gives what `/status` answers.
        unwell: Gives why `/healthz` is a 503, `None` where it is not.
        port: 0 is any that is free.

    """

    class Handler(BaseHTTPRequestHandler):
        timeout = 5  # seconds for a client to say what it wants

        def do_GET(self) -> None:
            if self.path == "/status":
                self._answer(200, "application/json", status())
            elif self.path == "/healthz":
                reason = unwell()
                if reason:
                    body = {"type": "about:blank", "status": 503, **reason._asdict()}
                    self._answer(503, "application/problem+json", body)
                else:
                    self._answer(200, "application/json", {"status": "pass"})
            else:
                detail = "This service answers on /status and /healthz."
                self._answer(404, "application/problem+json", {"title": "Not Found", "status": 404, "detail": detail})

        def _answer(self, code: int, media_type: str, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Log nothing: it is asked every few seconds."""

    server = ThreadingHTTPServer(("", port), Handler)
    threading.Thread(target=server.serve_forever, name="status", daemon=True).start()
    return int(server.server_address[1])
