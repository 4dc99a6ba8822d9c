import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Generic, TypeVar

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from healthchecker import heartbeat
from healthchecker.heartbeat import Heartbeat
from healthchecker.monitor import Tick
from healthchecker.reason import Reason
from healthchecker.settings import Settings
from healthchecker.state import Standing, State
from healthchecker.verdict import Verdict
from support.background import running
from support.receiver import SECRET, Receiver
from support.waiting import eventually

Beats = TypeVar("Beats", bound=Heartbeat)


class Minutes(Generic[Beats]):
    """A clock that the test turns by hand, and polls at its minutes."""

    def __init__(self, make: type[Beats], url: str) -> None:
        self.now = 0.0
        self.heartbeat = make(Settings(heartbeat_url=SecretStr(url)), clock=lambda: self.now)

    def see(self, state: State, at: float) -> None:
        self.now = 60 * at
        verdict = Verdict(http_status=200) if state is State.HEALTHY else Verdict.failed(Reason.READ_TIMEOUT)
        self.heartbeat.update(Tick(datetime.now(UTC), verdict, 0.01, Standing(state), None, 1.0))


@contextmanager
def beating(url: str) -> Iterator[Callable[[State, float], object]]:
    """Give a way to let a running heartbeat see a state at a minute."""
    minutes = Minutes(Heartbeat, url)
    with running(minutes.heartbeat.run) as call:
        yield lambda state, at: call(minutes.see, state, at)


class Counted(Heartbeat):
    """Counts the pings in place of sending them, so that one that should not have been is seen at once."""

    pings = 0

    async def _ping(self) -> None:
        self.pings += 1


def asked(receiver: Receiver, times: int) -> None:
    def so_often() -> None:
        assert receiver.asked == times

    eventually(so_often, within=10)


def pings_after_each_poll(url: str, *minutes: float) -> list[int]:
    bench = Minutes(Counted, url)

    async def play() -> list[int]:
        pings = []
        task = asyncio.create_task(bench.heartbeat.run())
        for at in minutes:
            bench.see(State.HEALTHY, at)
            for _ in range(9):  # turns of the loop, which is as much as it can need
                await asyncio.sleep(0)
            pings.append(bench.heartbeat.pings)
        task.cancel()
        return pings

    return asyncio.run(play())


def test_a_healthy_minute_is_one_ping_however_many_polls_it_has() -> None:
    assert pings_after_each_poll("http://a/", 0.1, 0.5, 0.99, 1.0, 1.5, 7.2, 7.3) == [1, 1, 1, 2, 2, 3, 3]


def test_without_a_url_nobody_is_asked() -> None:
    assert pings_after_each_poll("", 0, 1, 2) == [0, 0, 0]


def test_each_healthy_minute_reaches_the_receiver(receiver: Receiver) -> None:
    with beating(receiver.http_url) as see:
        for minute in range(3):
            see(State.HEALTHY, minute)
            asked(receiver, minute + 1)


@pytest.mark.parametrize("state", [state for state in State if state is not State.HEALTHY])
def test_there_is_no_ping_while_the_target_is_not_healthy(receiver: Receiver, state: State) -> None:
    with beating(receiver.http_url) as see:
        for minute in range(5):
            see(state, minute)
        see(State.HEALTHY, 5)
        asked(receiver, 1)
    assert receiver.asked == 1


def test_pings_that_fail_are_one_line_and_so_is_the_first_that_works_again(receiver: Receiver) -> None:
    receiver.statuses = [500, 404, 200, 200]
    with capture_logs() as logs, beating(receiver.http_url) as see:
        for minute in range(4):
            see(State.HEALTHY, minute)
            asked(receiver, minute + 1)
    assert [(line["event"], line.get("error"), line["to"]) for line in logs] == [
        ("heartbeat_fails", "It answered 500.", "http://127.0.0.1"),
        ("heartbeat_works_again", None, "http://127.0.0.1"),
    ]
    assert SECRET not in str(logs)


def failures(url: str, receiver: Receiver) -> list[str]:
    with capture_logs() as logs, beating(url) as see:
        see(State.HEALTHY, 0)

        def told() -> None:
            assert logs

        eventually(told, within=10)
    assert SECRET not in str(logs)
    return [line["error"] for line in logs]


def test_a_loop_of_redirects_ends(receiver: Receiver) -> None:
    receiver.location = receiver.http_url
    assert failures(receiver.http_url, receiver) == ["It could not be reached (TooManyRedirects)."]
    assert receiver.asked <= heartbeat.MOST_REDIRECTS + 1


def test_a_redirect_to_nonsense_is_a_failure_that_tells_no_secret(receiver: Receiver) -> None:
    receiver.location = f"ftp://{SECRET}/"
    (error,) = failures(receiver.http_url, receiver)
    assert error.startswith("It could not be reached (")


def test_nobody_there_is_a_failure(receiver: Receiver) -> None:
    url = f"http://{SECRET}@127.0.0.1:9/{SECRET}"
    assert failures(url, receiver) == ["It could not be reached (ClientConnectorError)."]


def test_who_does_not_answer_is_given_up(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "DEADLINE", 0.2)
    receiver.go_on.clear()
    assert failures(receiver.http_url, receiver) == ["It did not answer within 0.2 s."]
