import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from host import probe


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503 if self.path == "/db-check" else 200)
        self.end_headers()
        self.wfile.write(b'{"code":"db_missing"}' if self.path == "/db-check" else b"[1]")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_problem_is_a_reply_like_any_other(url: str) -> None:
    reply = probe.get(f"{url}/db-check")
    assert (reply.status, reply.fields) == (503, {"code": "db_missing"})


def test_a_body_that_is_no_object_has_no_fields(url: str) -> None:
    assert probe.get(f"{url}/").fields == {}


def test_no_reply_is_status_0_with_the_reason(url: str) -> None:
    assert probe.get("http://127.0.0.1:1/").status == 0


def test_no_proxy_is_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert probe.get(f"{url}/").status == 200
