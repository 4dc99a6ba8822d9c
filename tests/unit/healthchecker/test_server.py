import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from healthchecker.monitor import Monitor
from healthchecker.probe import Poll
from healthchecker.reason import Reason
from healthchecker.report import Report
from healthchecker.server import Server
from healthchecker.settings import Settings
from healthchecker.snapshot import Snapshot
from healthchecker.state import State
from healthchecker.status import Status
from healthchecker.verdict import Verdict
from support.clock import Clock
from support.watch import known

PROBLEM = Verdict(
    Reason.HTTP_STATUS,
    "The target answered 503 db_missing.",
    503,
    "db_missing",
    "The database file is missing",
    "Put it back.",
)
GOOD, BAD = Poll(Verdict(detail="The target answered 200.", http_status=200), 0.0123), Poll(PROBLEM, 0.0042)
LADDER = {
    State.UNKNOWN: (),
    State.HEALTHY: (GOOD,),
    State.SUSPECT: (GOOD, BAD),
    State.UNHEALTHY: (GOOD, BAD, BAD, BAD),
    State.RECOVERING: (GOOD, BAD, BAD, BAD, GOOD),
}


class Answer:
    def __init__(self, status: int, headers: Mapping[str, str], text: str) -> None:
        self.status, self.headers, self.text = status, headers, text

    def json(self) -> Any:
        return json.loads(self.text)


def status_after(*polls: Poll, clock: Clock | None = None) -> Status:
    settings = Settings()
    status = Status(settings, clock or Clock())
    monitor = Monitor(settings, lambda: asyncio.sleep(0, GOOD), [])
    for poll in polls:
        status.update(monitor.turn(poll))
    return status


def ask(status: Status, path: str, method: str = "GET", snapshot: Snapshot | None = None) -> Answer:
    server = Server(known(status, snapshot=snapshot))

    async def request() -> Answer:
        async with (
            TestClient(TestServer(server.app())) as client,
            client.request(method, path, allow_redirects=False) as response,
        ):
            return Answer(response.status, response.headers, await response.text())

    return asyncio.run(request())


def test_status_links_to_the_schema_that_describes_it() -> None:
    link = ask(status_after(GOOD), "/status").headers["Link"]
    assert link == '</schema.json>; rel="describedby"'
    answer = ask(status_after(), "/schema.json")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/schema+json")
    assert answer.json()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State.UNKNOWN, 503),
        (State.HEALTHY, 200),
        (State.SUSPECT, 200),
        (State.UNHEALTHY, 503),
        (State.RECOVERING, 503),
    ],
)
def test_readyz_passes_while_the_target_is_healthy_or_only_suspect(state: State, code: int) -> None:
    answer = ask(status_after(*LADDER[state]), "/readyz")
    assert answer.status == code
    assert answer.json()["state"] == state


def test_readyz_gives_the_reason_and_the_remedy_as_a_problem() -> None:
    answer = ask(status_after(*LADDER[State.UNHEALTHY]), "/readyz")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json() == {
        "type": "about:blank",
        "title": "The target is unhealthy",
        "status": 503,
        "detail": PROBLEM.detail,
        "state": "unhealthy",
        "reason": "http_status",
        "http_status": 503,
        "code": "db_missing",
        "remedy": "Put it back.",
    }


@pytest.mark.parametrize("state", State)
def test_livez_is_about_the_loop_and_not_about_the_target(state: State) -> None:
    assert ask(status_after(*LADDER[state]), "/livez").status == 200


@pytest.mark.fault("M3")
@pytest.mark.parametrize("polls", [(), (GOOD,)])
def test_livez_fails_once_the_loop_has_stalled(polls: tuple[Poll, ...]) -> None:
    clock = Clock()
    status = status_after(*polls, clock=clock)
    limit = 3 * status.next_poll_seconds + 3
    clock.now = limit - 0.1
    assert ask(status, "/livez").status == 200
    clock.now = limit + 0.1
    answer = ask(status, "/livez")
    assert (answer.status, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert "out of date" in ask(status, "/").text


def test_a_history_that_cannot_be_saved_is_a_warning_of_livez_and_no_failure() -> None:
    snapshot = Snapshot(None, "")
    snapshot.trouble = "The history is not saved: No space left on device."
    answer = ask(status_after(GOOD), "/livez", snapshot=snapshot)
    assert (answer.status, answer.json()) == (200, {"status": "warn", "detail": snapshot.trouble})
    assert ask(status_after(GOOD), "/status", snapshot=snapshot).json()["history"]["trouble"] == snapshot.trouble


@pytest.mark.parametrize("path", ["/", "/badge.svg", "/status", "/schema.json", "/metrics", "/livez", "/readyz"])
def test_head_answers_like_get_without_a_body(path: str) -> None:
    status = status_after(GOOD)
    got, head = ask(status, path), ask(status, path, "HEAD")
    assert (head.status, head.headers["Content-Type"], head.text) == (got.status, got.headers["Content-Type"], "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_a_405_problem_that_names_the_right_ones(method: str) -> None:
    answer = ask(status_after(), "/status", method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 405


@pytest.mark.parametrize("path", ["/nope", "/status/", "/favicon.ico", "/%00", "/..%2f..%2fetc/passwd"])
def test_an_unknown_path_is_a_404_problem_that_names_the_known_ones(path: str) -> None:
    answer = ask(status_after(), path)
    assert "/, /badge.svg, /status, /schema.json, /metrics, /livez, /readyz" in answer.json()["detail"]
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["status"] == 404


@pytest.mark.parametrize("path", ["/", "/badge.svg", "/status", "/livez", "/readyz", "/nope"])
def test_no_answer_is_stored_sniffed_or_given_a_charset_it_does_not_have(path: str) -> None:
    answer = ask(status_after(), path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] in {
        "text/html; charset=utf-8",
        "image/svg+xml; charset=utf-8",
        "application/json",
        "application/problem+json",
    }


def test_a_bug_is_a_500_problem_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_report: Report) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(Report, "as_json", broken)
    answer = ask(status_after(), "/status")
    assert (answer.status, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text
