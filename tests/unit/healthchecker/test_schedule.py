import pytest

from healthchecker.schedule import Schedule
from healthchecker.settings import Settings
from healthchecker.state import State

UNKNOWN, HEALTHY, SUSPECT, UNHEALTHY, RECOVERING = State


def steady() -> Schedule:
    return Schedule(Settings(), random=lambda: 0.5)


@pytest.mark.parametrize(
    ("state", "seconds"), [(HEALTHY, 10), (UNHEALTHY, 10), (UNKNOWN, 2), (SUSPECT, 2), (RECOVERING, 2)]
)
def test_polls_are_fast_while_in_doubt(state: State, seconds: float) -> None:
    assert steady().delay_after(state, None) == pytest.approx(seconds)


def test_polls_of_an_outage_back_off_to_the_longest_interval() -> None:
    schedule = steady()
    delays = [schedule.delay_after(UNHEALTHY, None) for _ in range(5)]
    assert delays == pytest.approx([10, 15, 22.5, 30, 30])


def test_a_week_of_outage_is_no_problem() -> None:
    schedule = steady()
    assert max(schedule.delay_after(UNHEALTHY, None) for _ in range(20_000)) == pytest.approx(30)


def test_the_next_outage_starts_with_the_first_interval_again() -> None:
    schedule = steady()
    for _ in range(5):
        schedule.delay_after(UNHEALTHY, None)
    schedule.delay_after(RECOVERING, None)
    assert schedule.delay_after(UNHEALTHY, None) == pytest.approx(10)


@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.9), (1.0, 1.1)])
@pytest.mark.parametrize("state", State)
def test_chance_moves_every_poll_by_a_tenth_at_most(state: State, chance: float, share: float) -> None:
    delay = Schedule(Settings(), lambda: chance).delay_after(state, None)
    assert delay == pytest.approx(share * steady().delay_after(state, None))


@pytest.mark.parametrize(("asked", "seconds"), [(0, 9), (5, 9), (20, 20), (86_400, 30)])
def test_retry_after_only_lengthens_and_only_up_to_the_longest_interval(asked: float, seconds: float) -> None:
    assert Schedule(Settings(), lambda: 0.0).delay_after(UNHEALTHY, asked) == pytest.approx(seconds)


@pytest.mark.parametrize("state", [UNKNOWN, SUSPECT])
def test_retry_after_does_not_delay_the_alarm(state: State) -> None:
    assert steady().delay_after(state, 30) == pytest.approx(2)
