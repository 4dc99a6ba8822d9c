import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from healthchecker.monitor import Monitor, Tick, time_awake_or_asleep
from healthchecker.probe import Poll, Probe
from healthchecker.reason import Reason
from healthchecker.settings import Settings
from healthchecker.state import Standing, State
from healthchecker.verdict import Verdict

UNKNOWN, HEALTHY, SUSPECT, UNHEALTHY, RECOVERING = State
GOOD = Poll(Verdict(http_status=200), 0.01)
BAD = Poll(Verdict.failed(Reason.READ_TIMEOUT), 3.0)


class Bench:
    """A monitor whose clock and polls the test turns by hand."""

    def __init__(self, **settings: Any) -> None:
        self.now = 1000.0
        self.monitor = Monitor(Settings(**settings), never_asked, [], clock=lambda: self.now)

    def turn(self, poll: Poll, after: float = 2.0) -> Tick:
        self.now += after
        return self.monitor.turn(poll)

    def states(self, *polls: Poll, after: float = 2.0) -> list[State]:
        return [self.turn(poll, after).standing.state for poll in polls]


async def never_asked() -> Poll:
    raise AssertionError


def run(settings: Settings, probe: Callable[[], Awaitable[Poll]], listener: Callable[[Tick], None], *more: Any) -> None:
    async def until_told() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(Monitor(settings, probe, [listener, *more]).run(), timeout=5)

    asyncio.run(until_told())


def test_an_outage_and_its_end_pass_through_doubt() -> None:
    bench = Bench()
    assert bench.states(GOOD, BAD, BAD, BAD, BAD, GOOD, BAD, GOOD, GOOD) == [
        HEALTHY, SUSPECT, SUSPECT, UNHEALTHY, UNHEALTHY, RECOVERING, UNHEALTHY, RECOVERING, HEALTHY,
    ]  # fmt: skip


def test_a_transition_tells_from_to_after_how_long_and_why() -> None:
    bench = Bench()
    bench.turn(GOOD)
    assert bench.turn(GOOD, after=10).transition is None
    transition = bench.turn(BAD, after=10).transition
    assert transition
    assert (transition.before, transition.after, transition.lasted) == (HEALTHY, SUSPECT, 20)
    assert transition.verdict is BAD.verdict


@pytest.mark.fault("N7")
def test_a_target_that_was_never_up_is_unknown_until_the_grace_has_passed() -> None:
    bench = Bench(start_grace=7)
    assert bench.states(BAD, BAD, BAD, BAD) == [UNKNOWN, UNKNOWN, UNKNOWN, UNHEALTHY]


def test_without_grace_the_threshold_alone_decides() -> None:
    assert Bench(start_grace=0).states(BAD, BAD, BAD) == [UNKNOWN, UNKNOWN, UNHEALTHY]


@pytest.mark.parametrize("poll", [GOOD, BAD])
def test_after_the_machine_slept_nothing_is_known_and_nothing_is_counted(poll: Poll) -> None:
    bench = Bench()
    bench.states(GOOD, BAD, BAD)
    tick = bench.turn(poll, after=3600)
    assert tick.standing == Standing(UNKNOWN, 0, 0)
    assert tick.verdict.reason is Reason.LATE
    assert not tick.counts_as_failure
    assert tick.transition
    assert (tick.transition.before, tick.transition.after) == (SUSPECT, UNKNOWN)
    assert tick.delay < 3


def test_after_the_machine_slept_the_grace_begins_anew() -> None:
    bench = Bench(start_grace=7)
    bench.states(BAD, BAD)
    bench.turn(BAD, after=3600)
    assert bench.states(BAD, BAD, BAD, BAD) == [UNKNOWN, UNKNOWN, UNKNOWN, UNHEALTHY]


@pytest.mark.parametrize(("short_of_the_limit", "state"), [(0.1, SUSPECT), (-0.1, UNKNOWN)])
def test_a_poll_counts_unless_it_is_later_than_three_delays(short_of_the_limit: float, state: State) -> None:
    bench = Bench(timeout=3)
    delay = bench.turn(GOOD).delay
    assert bench.turn(BAD, after=delay + 3 + 3 * delay - short_of_the_limit).standing.state is state


@pytest.mark.fault("T1")
@pytest.mark.parametrize("jump", [-10 * 86400, 10 * 86400])
def test_a_jump_of_the_wall_clock_is_no_time_that_has_passed(jump: float, monkeypatch: pytest.MonkeyPatch) -> None:
    before, jumped = time_awake_or_asleep(), time.time() + jump
    monkeypatch.setattr(time, "time", lambda: jumped)
    assert 0 <= time_awake_or_asleep() - before < 60


def test_the_clock_only_grows() -> None:
    first = time_awake_or_asleep()
    assert time_awake_or_asleep() >= first


def test_the_loop_follows_a_real_target_down_and_up_again(serve: Callable[[Any], str]) -> None:
    good, seen = [True], []

    def answer(connection: Any, _over: Any) -> None:
        body = b'{"results":[1]}' if good[0] else b"{}"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        connection.sendall(head + body)

    def flip(tick: Tick) -> None:
        seen.extend([tick.transition.after] if tick.transition else [])
        good[0] = tick.standing.state in {UNHEALTHY, RECOVERING}
        if seen.count(HEALTHY) == 2:
            raise asyncio.CancelledError

    settings = Settings(target_url=serve(answer), interval=0.1, max_down_interval=0.1)
    run(settings, Probe(settings), flip)
    assert seen == [HEALTHY, SUSPECT, UNHEALTHY, RECOVERING, HEALTHY]


def test_a_listener_that_fails_stops_neither_the_polls_nor_the_other_listeners() -> None:
    told = []

    async def good() -> Poll:
        return GOOD

    def fail(_tick: Tick) -> None:
        raise ValueError("a bug of this listener")

    def listen(tick: Tick) -> None:
        told.append(tick)
        if len(told) == 3:
            raise asyncio.CancelledError

    run(Settings(interval=0.1), good, fail, listen)
    assert len(told) == 3
