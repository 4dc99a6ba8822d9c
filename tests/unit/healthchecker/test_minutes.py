import pytest

from healthchecker.minutes import MOST_LATENCIES, Minute, Minutes, latency_of
from healthchecker.state import State


def test_time_is_booked_on_the_minutes_in_which_it_passed() -> None:
    minutes = Minutes()
    minutes.book(30, 200, State.HEALTHY)
    minutes.book(200, 210, State.UNHEALTHY)
    minutes.book(210, 300, State.UNKNOWN)
    assert [(number, minute.up, minute.down) for number, minute in minutes.items()] == [
        (0, 30, 0), (1, 60, 0), (2, 60, 0), (3, 20, 10), (4, 0, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "up", "down"),
    [
        (State.UNKNOWN, 0, 0),
        (State.HEALTHY, 9, 0),
        (State.SUSPECT, 9, 0),
        (State.UNHEALTHY, 0, 9),
        (State.RECOVERING, 0, 9),
    ],
)
def test_doubt_counts_for_what_was_certain_before(state: State, up: float, down: float) -> None:
    minutes = Minutes()
    minutes.book(0, 9, state)
    assert (minutes[0].up, minutes[0].down) == (up, down)


def test_a_minute_that_has_passed_half_out_of_the_window_counts_half() -> None:
    minutes = Minutes()
    minutes.book(0, 60, State.UNHEALTHY)
    minutes.book(60, 90, State.HEALTHY)
    assert minutes.uptime(0) == pytest.approx(1 / 3)
    assert minutes.uptime(30) == pytest.approx(1 / 2)
    assert minutes.uptime(60) == 1
    assert minutes.uptime(120) is None


def test_a_crowded_minute_keeps_a_fair_sample_of_its_latencies() -> None:
    minute = Minute()
    for number in range(10_000):
        minute.add_latency(number / 10_000)
    assert (minute.good, len(minute.latencies)) == (10_000, MOST_LATENCIES)
    assert latency_of([minute], 0.5) == pytest.approx(0.5, abs=0.4)  # one in ten thousand million misses it


def test_all_latencies_of_an_ordinary_minute_are_kept() -> None:
    minute = Minute()
    for number in range(MOST_LATENCIES):
        minute.add_latency(number / 1000)
    assert sorted(minute.latencies) == [number / 1000 for number in range(MOST_LATENCIES)]
