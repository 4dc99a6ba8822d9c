import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from healthchecker.history import MOST_TRANSITIONS, History
from healthchecker.minutes import DAY
from healthchecker.monitor import Monitor, Tick
from healthchecker.probe import Poll
from healthchecker.reason import Reason
from healthchecker.settings import Settings
from healthchecker.state import State
from healthchecker.verdict import Verdict

UNKNOWN, HEALTHY, SUSPECT, UNHEALTHY, RECOVERING = State
GOOD, BAD = Verdict(http_status=200), Verdict.failed(Reason.READ_TIMEOUT)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()
HOUR = 3600


class Bench:
    """A history fed by a real monitor, on clocks that the test turns by hand."""

    def __init__(self, wall: float = NOON, **settings: Any) -> None:
        self.steady = 1000.0
        self.ahead = wall - self.steady
        self.settings = Settings(**settings)
        self.start(History(self.clock, self.wall))

    def clock(self) -> float:
        return self.steady

    def wall(self) -> float:
        return self.steady + self.ahead

    def start(self, history: History) -> None:
        self.history = history
        self.monitor = Monitor(self.settings, never_asked, [], clock=self.clock)

    def poll(self, *verdicts: Verdict, after: float = 10, took: float = 0.01) -> Tick:
        for verdict in verdicts:
            self.steady += after
            tick = self.monitor.turn(Poll(verdict, took))
            self.history.add(tick)
        return tick

    def restart(self, after: float, set_back: float = 0) -> None:
        stored = json.loads(json.dumps(self.history.as_json()))
        self.steady += after
        self.ahead -= set_back
        self.start(History.from_json(stored, self.clock, self.wall))

    def seconds(self) -> tuple[float, float]:
        parts = self.history.bar()
        return sum(part.up for part in parts), sum(part.down for part in parts)

    def changes(self) -> list[tuple[State, State, float]]:
        return [(change.before, change.after, change.lasted) for change in reversed(self.history.transitions)]


async def never_asked() -> Poll:
    raise AssertionError


def test_before_the_first_poll_nothing_is_known() -> None:
    history = Bench().history
    assert (history.uptime(HOUR), history.latency(0.5, HOUR), history.since) == (None, None, None)
    assert list(history.transitions) == []
    assert history.sparkline() == [None] * 60
    assert all((part.up, part.down, part.reasons) == (0, 0, {}) for part in history.bar())


def test_the_target_is_up_until_its_outage_is_certain_and_down_until_it_has_recovered() -> None:
    bench = Bench()
    bench.poll(GOOD, GOOD, BAD, BAD, BAD, BAD, GOOD, GOOD, GOOD)
    # healthy 20 s, suspect 20 s | unhealthy 20 s, recovering 10 s | healthy 10 s
    assert bench.seconds() == (50, 30)
    assert bench.history.uptime(HOUR) == 50 / 80


def test_a_state_counts_until_the_next_poll_is_due_and_no_longer() -> None:
    bench = Bench()
    due = bench.poll(GOOD).delay
    bench.steady += 4
    assert bench.seconds() == (4, 0)
    assert bench.history.uptime(HOUR) == 1
    bench.steady += HOUR
    assert bench.seconds() == (pytest.approx(due), 0)


def test_an_outage_that_a_restart_cuts_short_counts_until_then() -> None:
    bench = Bench()
    bench.poll(GOOD, BAD, BAD, BAD)
    bench.steady += 5
    bench.restart(after=60)
    assert bench.seconds() == (30, 5)
    assert bench.changes()[-1] == (UNHEALTHY, UNKNOWN, 5)


def test_failed_polls_are_counted_by_reason() -> None:
    bench = Bench()
    bench.poll(GOOD, BAD, Verdict.failed(Reason.DNS), BAD, GOOD)
    assert bench.history.bar()[-1].reasons == {"read_timeout": 2, "dns": 1}


def test_uptime_is_a_share_of_the_known_time_in_the_window_alone() -> None:
    bench = Bench()
    bench.poll(*[GOOD] * 361)
    bench.poll(*[BAD] * 183)
    assert bench.history.uptime(HOUR / 2) == pytest.approx(0, abs=0.01)
    assert bench.history.uptime(HOUR) == pytest.approx(0.5, abs=0.01)
    assert bench.history.uptime(DAY) == pytest.approx(3630 / 5430)


def test_a_machine_that_slept_makes_a_gap_and_no_outage() -> None:
    bench = Bench()
    bench.poll(GOOD, GOOD)
    bench.poll(BAD, after=HOUR)
    bench.poll(GOOD, GOOD, after=2)
    assert bench.seconds() == (12, 0)
    assert bench.history.uptime(DAY) == 1
    assert all(not part.reasons for part in bench.history.bar())


def test_latency_is_that_of_good_polls() -> None:
    bench = Bench()
    for milliseconds in range(1, 101):
        bench.poll(GOOD, took=milliseconds / 1000)
    bench.poll(BAD, took=3)
    assert bench.history.latency(0.5, HOUR) == 0.050
    assert bench.history.latency(0.95, HOUR) == 0.095
    assert bench.history.latency(1, HOUR) == 0.1


def test_latency_of_a_window_forgets_what_was_before_it() -> None:
    bench = Bench()
    bench.poll(*[GOOD] * 90, took=1)
    bench.poll(*[GOOD] * 90, took=0.01)
    assert bench.history.latency(0.95, 600) == 0.01
    assert bench.history.latency(0.95, DAY) == 1


def test_the_sparkline_is_the_median_of_each_minute_oldest_first() -> None:
    bench = Bench()
    bench.poll(*[GOOD] * 5, took=0.2)
    bench.poll(*[GOOD] * 6, after=10, took=0.1)
    assert bench.history.sparkline() == [None] * 58 + [0.2, 0.1]
    assert bench.history.sparkline(parts=2, seconds=7200) == [None, 0.1]


def test_the_bar_has_equal_parts_at_round_times_and_ends_now() -> None:
    bench = Bench()
    bench.poll(*[GOOD] * 200)
    bar = bench.history.bar()
    assert len(bar) == 96
    assert {part.ends - part.begins for part in bar[:-1]} == {timedelta(minutes=15)}
    assert all(earlier.ends == later.begins for earlier, later in pairwise(bar))
    assert bar[-1].begins == datetime.fromtimestamp(NOON, UTC) + timedelta(minutes=30)
    assert bar[-1].ends.timestamp() == bench.wall()
    assert [part.up for part in bar[-4:]] == [0, 890, 900, 200]


@pytest.mark.parametrize("parts", [1, 7, 24, 96, 1440])
def test_a_bar_of_any_number_of_parts_tells_the_same_sum(parts: int) -> None:
    bench = Bench()
    bench.poll(*[GOOD] * 1000, *[BAD] * 100)
    bar = bench.history.bar(parts)
    assert len(bar) == parts
    assert sum(part.up + part.down for part in bar) == pytest.approx(10_990)


def test_what_is_older_than_a_day_is_forgotten() -> None:
    bench = Bench(interval=60)
    bench.poll(GOOD, BAD, BAD, BAD, GOOD, GOOD)
    assert len(bench.history.transitions) == 5
    bench.poll(*[GOOD] * 1500, after=60)
    assert bench.changes() == []
    assert bench.history.uptime(DAY) == 1
    assert bench.history.since
    assert bench.wall() - bench.history.since.timestamp() == pytest.approx(DAY, abs=61)


def test_of_a_target_that_flaps_only_the_last_transitions_are_kept() -> None:
    bench = Bench()
    bench.poll(*[GOOD, BAD] * 150)
    assert len(bench.history.transitions) == MOST_TRANSITIONS
    assert bench.history.transitions[0].after is SUSPECT


@pytest.mark.parametrize("jump", [-7 * DAY, -HOUR, HOUR, 50 * 365 * DAY])
@pytest.mark.fault("T1")
def test_a_wall_clock_that_jumps_changes_no_duration(jump: float) -> None:
    bench = Bench()
    bench.poll(*[GOOD] * 30)
    bench.ahead += jump
    bench.poll(BAD, BAD, BAD, BAD)
    assert bench.seconds() == (320, 10)
    assert bench.history.bar()[-1].ends.timestamp() == bench.wall()
    bench.restart(after=5)
    assert bench.seconds() == (320, 10)


def test_after_a_restart_nothing_is_known_and_the_past_is_shown() -> None:
    bench = Bench()
    bench.poll(GOOD, *[BAD] * 6)
    before, bar = bench.changes(), bench.seconds()
    bench.restart(after=7)
    assert bench.changes()[:-1] == before
    assert bench.changes()[-1] == (UNHEALTHY, UNKNOWN, 30)
    assert "saw nothing for 7 s" in bench.history.transitions[0].verdict.detail
    assert bench.seconds() == bar
    assert bench.history.latency(0.5, HOUR) == 0.01


@pytest.mark.parametrize("verdict", [GOOD, BAD])
def test_a_restart_makes_a_gap_and_no_outage(verdict: Verdict) -> None:
    bench = Bench()
    bench.poll(*[GOOD] * 10)
    bench.restart(after=2 * HOUR)
    bench.poll(verdict)
    assert bench.seconds() == (90, 0)
    assert bench.history.uptime(DAY) == 1


def test_restarts_one_after_the_other_tell_of_one_loss_of_sight() -> None:
    bench = Bench()
    bench.poll(GOOD, GOOD)
    for _ in range(3):
        bench.restart(after=5)
    assert bench.changes() == [(UNKNOWN, HEALTHY, 10), (HEALTHY, UNKNOWN, 10)]


def test_a_restart_before_anything_was_known_loses_no_sight() -> None:
    bench = Bench(start_grace=60)
    bench.poll(BAD)
    bench.restart(after=5)
    assert bench.changes() == []


def test_after_more_than_a_day_away_there_is_no_past() -> None:
    bench = Bench()
    bench.poll(*[GOOD] * 10)
    bench.restart(after=DAY + 200)
    assert bench.seconds() == (0, 0)
    assert bench.history.since is None


def test_a_wall_clock_set_back_during_a_restart_leaves_nothing_in_the_future() -> None:
    bench = Bench()
    bench.poll(*[GOOD] * 100)
    bench.restart(after=5, set_back=3 * HOUR)
    assert bench.seconds() == (990, 0)
    assert bench.history.since
    assert bench.history.since.timestamp() < bench.wall()
    bench.poll(*[GOOD] * 10)
    assert bench.seconds() == (1080, 0)


def stored(**changes: Any) -> Any:
    bench = Bench()
    bench.poll(GOOD, BAD)
    return bench.history.as_json() | changes


MINUTE = {"up": 1.0, "down": 0.0, "reasons": {}, "good": 1, "latencies": [0.1]}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        "history",
        stored(minutes=None),
        stored(minutes={"noon": MINUTE}),
        stored(minutes={"-1": MINUTE}),
        stored(minutes={"9" * 30: MINUTE}),
        stored(minutes={"1": MINUTE | {"up": -1}}),
        stored(minutes={"1": MINUTE | {"down": float("nan")}}),
        stored(minutes={"1": MINUTE | {"good": "many"}}),
        stored(minutes={"1": MINUTE | {"latencies": [0.1] * 61}}),
        stored(minutes={str(number): MINUTE for number in range(1442)}),
        stored(state="fine"),
        stored(entered="yesterday"),
        stored(entered="2026-01-01T12:00:00"),
        stored(transitions=[{}]),
        stored(transitions=stored()["transitions"] * 101),
    ],
    ids=range(18),
)
def test_what_is_no_stored_history_is_a_value_error(data: Any) -> None:
    with pytest.raises(ValueError, match="validation error"):
        History.from_json(data)


@pytest.mark.parametrize("interval", [0.5, 10])  # the first brings more polls a minute than are kept
def test_a_day_of_polls_fits_into_a_few_megabytes_however_short_the_interval(interval: float) -> None:
    bench = Bench(interval=interval)
    bench.poll(GOOD)
    polls = [
        bench.poll(verdict, took=0.002 + number / 10_000) for number, verdict in enumerate([GOOD] * 97 + [BAD] * 3)
    ]
    tracemalloc.start()
    try:
        for _ in range(int(1.1 * DAY / interval / len(polls))):
            for tick in polls:
                bench.steady += interval
                bench.history.add(tick)
        kept, _ = tracemalloc.get_traced_memory()
        text = json.dumps(bench.history.as_json())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 6_000_000
    assert peak < 12_000_000
    assert len(text) < 2_000_000
    assert sum(bench.seconds()) == pytest.approx(DAY, rel=0.02)
    assert bench.history.latency(0.5, HOUR) == pytest.approx(0.007, abs=0.001)
