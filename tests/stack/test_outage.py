"""One outage, as each of the healthchecker's outputs tells it."""

import json
import time

import pytest

from support import invariants, processes
from support.http import ask
from support.stack import NewStack, Stack
from support.waiting import eventually

PAUSE_SECONDS = 30

# Takes notifications as any web hook would, and prints each in a line.
RECEIVER = """
services:
  receiver:
    image: fastapi-sqlite/api:${IMAGE_TAG}
    pull_policy: never
    networks: [watch]
    healthcheck: { disable: true }
    entrypoint:
      - python3
      - -u
      - -c
      - |
        from http.server import BaseHTTPRequestHandler, HTTPServer
        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self):
                print(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(200)
                self.end_headers()
            def log_message(self, *_):
                pass
        HTTPServer(("", 8080), Receiver).serve_forever()
  healthchecker:
    environment:
      HEALTHCHECKER_NOTIFY_URLS: json://receiver:8080/
"""


def told(stack: Stack) -> list[str]:
    """Give the messages that the receiver got."""
    return [
        json.loads(line)["title"] + "\n" + json.loads(line)["message"] for line in stack.log("receiver").splitlines()
    ]


@pytest.mark.exhaustive
@pytest.mark.fault("P8")
def test_a_pause_is_one_outage_one_message_and_one_all_clear_and_the_page_shows_it(new_stack: NewStack) -> None:
    stack = new_stack(overlay=RECEIVER)
    assert stack.compose("up", "--detach").returncode == 0
    eventually(stack.healthy, within=60)
    with invariants.kept(stack), processes.paused(stack, "api"):
        until = time.monotonic() + PAUSE_SECONDS

        def is_over() -> None:
            assert time.monotonic() > until

        eventually(is_over, within=PAUSE_SECONDS + 5)
    eventually(stack.healthy, within=30)

    def all_clear() -> None:
        assert len(told(stack)) == 2

    eventually(all_clear, within=30)
    outage, recovery = told(stack)
    assert "timeout" in outage
    assert "docker compose ps" in outage, "the remedy"
    assert "healthy" in recovery

    changes = stack.status()["transitions"]
    outages = [change for change in changes if change["to"] == "unhealthy"]
    assert [change["reason"] in {"read_timeout", "connect_timeout"} for change in outages] == [True]
    (back,) = [change for change in changes if change["to"] == "healthy" and change["from"] == "recovering"]
    page = ask("GET", stack.url("healthchecker") + "/").text
    assert outages[0]["at"][11:19] in page
    assert back["at"][11:19] in page
