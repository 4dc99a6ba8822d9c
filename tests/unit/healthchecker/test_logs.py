import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from aiohttp.http_exceptions import BadHttpMessage

from healthchecker.logs import Journal, configure_logs
from healthchecker.monitor import Tick, Transition
from healthchecker.reason import Reason
from healthchecker.state import Standing, State
from healthchecker.verdict import Verdict

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
GOOD = Verdict(http_status=200)
BAD = Verdict(Reason.HTTP_STATUS, "It answered 503.", 503, "db_missing", "The file is missing", "Put it back.")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root, aiohttp = logging.getLogger(), logging.getLogger("aiohttp.server")
    handlers, level, filters = root.handlers[:], root.level, aiohttp.filters[:]
    yield
    root.handlers[:], root.level, aiohttp.filters[:] = handlers, level, filters
    structlog.reset_defaults()


@pytest.fixture
def stream() -> io.StringIO:
    stream = io.StringIO()
    configure_logs(stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def tick(verdict: Verdict, at: datetime = NOON, change: tuple[State, State] | None = None) -> Tick:
    standing = Standing(change[1] if change else State.HEALTHY, int(verdict.ok), int(not verdict.ok))
    transition = Transition(at, *change, 4.04, verdict) if change else None
    return Tick(at, verdict, 0.0123, standing, transition, 1.0)


def test_a_failed_poll_is_one_line_with_the_reason_and_the_words_of_the_api(stream: io.StringIO) -> None:
    Journal().write(tick(BAD))
    (line,) = lines(stream)
    assert datetime.fromisoformat(line.pop("timestamp"))
    assert line == {
        "level": "warning",
        "event": "poll_failed",
        "reason": "http_status",
        "http_status": 503,
        "code": "db_missing",
        "title": "The file is missing",
        "remedy": "Put it back.",
        "detail": "It answered 503.",
        "duration_ms": 12.3,
    }


@pytest.mark.parametrize(
    ("change", "verdict", "level"),
    [
        ((State.SUSPECT, State.UNHEALTHY), BAD, "error"),
        ((State.HEALTHY, State.SUSPECT), BAD, "warning"),
        ((State.UNHEALTHY, State.RECOVERING), GOOD, "info"),
        ((State.RECOVERING, State.HEALTHY), GOOD, "info"),
    ],
)
def test_a_transition_is_one_line_of_its_own(
    stream: io.StringIO, change: tuple[State, State], verdict: Verdict, level: str
) -> None:
    Journal().write(tick(verdict, change=change))
    line = lines(stream)[-1]
    assert (line["event"], line["level"], line["after_seconds"]) == ("transition", level, 4.0)
    assert (line["from"], line["to"]) == change
    assert (line.get("reason"), line.get("code"), line.get("remedy")) == (verdict.reason, verdict.code, verdict.remedy)


def test_successes_are_silent_but_for_a_summary_every_five_minutes(stream: io.StringIO) -> None:
    journal = Journal()
    for poll in range(61):
        journal.write(tick(GOOD, NOON + timedelta(seconds=10 * poll)))
    assert [(line["event"], line["polls"], line["failed"]) for line in lines(stream)] == [
        ("summary", 31, 0),
        ("summary", 30, 0),
    ]


def test_a_person_at_a_terminal_reads_words() -> None:
    stream = Terminal()
    configure_logs(stream)
    Journal().write(tick(BAD, change=(State.SUSPECT, State.UNHEALTHY)))
    failed, transition = stream.getvalue().splitlines()
    assert "http_status: It answered 503." in failed
    assert "Put it back." in failed
    assert "suspect → unhealthy after 4.0 s" in transition


def test_lines_of_libraries_have_the_same_form(stream: io.StringIO) -> None:
    logging.getLogger("some.library").warning("it is %s", "late")
    (line,) = lines(stream)
    assert (line["event"], line["level"]) == ("it is late", "warning")


def test_a_malformed_request_of_a_stranger_is_not_logged(stream: io.StringIO) -> None:
    log = logging.getLogger("aiohttp.server")
    log.error("Error handling request", exc_info=BadHttpMessage("garbage"))
    log.error("Error handling request", exc_info=RuntimeError("a bug"))
    (line,) = lines(stream)
    assert "a bug" in json.dumps(line)
