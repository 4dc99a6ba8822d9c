import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import ClassVar

import pytest

from host.filling import Filling, stored
from host.trouble import Trouble


class Tasks(BaseHTTPRequestHandler):
    """Refuses every third task, and has two pages."""

    protocol_version = "HTTP/1.1"
    numbers: ClassVar[Iterator[int]] = count(1)
    created: ClassVar[dict[int, str]] = {}

    def do_POST(self) -> None:
        name = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["name"]
        number = next(self.numbers)
        if number % 3:
            self.created[number] = name
        self.answer(201 if number % 3 else 503, {"id": number, "name": name})

    def do_GET(self) -> None:
        is_first = self.path.endswith("cursor=0")
        items = [{"id": 1, "name": "a"}] if is_first else [{"id": 2, "name": "b"}]
        self.answer(200, {"items": items, "next_cursor": "1" if is_first else None})

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class Unwell(Tasks):
    def do_GET(self) -> None:
        self.answer(503, {"title": "The volume is full.", "status": 503})


@contextmanager
def serving(handler: type[Tasks] = Tasks) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_only_what_was_acknowledged_counts() -> None:
    with serving() as url, Filling(url) as filling:
        assert filling.reach(50, 10)
    assert {number: name for number, (name, _) in filling.acknowledged.items()} == Tasks.created


def test_an_api_that_is_gone_takes_nothing() -> None:
    with Filling("http://127.0.0.1:1") as filling:
        assert not filling.reach(1, 0.2)


def test_what_is_stored_is_read_page_by_page() -> None:
    with serving() as url:
        assert stored(url) == {1: "a", 2: "b"}


def test_an_api_that_does_not_give_its_tasks_is_told_in_one_sentence() -> None:
    said = "The API answered 503 when its tasks were read back: The volume is full."
    with serving(Unwell) as url, pytest.raises(Trouble, match=f"^{said}$"):
        stored(url)
