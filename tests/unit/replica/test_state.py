import pytest

from replica.settings import Settings
from replica.state import BEHIND_SECONDS, State
from support.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


@pytest.fixture
def state(clock: Clock) -> State:
    state = State(Settings(), clock)
    state.ready()
    return state


def code(state: State) -> str | None:
    unwell = state.unwell()
    return unwell and unwell.code


def test_without_a_database_nothing_is_known_and_all_is_well(state: State) -> None:
    assert state.as_json() == {"lag_seconds": None, "sync": False, "kind": "file", "last_error": None}
    assert state.unwell() is None


def test_an_empty_volume_that_is_not_restored_yet_is_not_well_and_says_why(clock: Clock) -> None:
    state = State(Settings(), clock)
    state.failed("No\nanswer.")
    unwell = state.unwell()
    assert unwell
    assert unwell.code == "replica_not_ready"
    assert unwell.detail == "The volume is looked at, and restored from the replica should it be empty. No answer."


def test_the_lag_is_the_age_of_the_last_moment_of_equality(state: State, clock: Clock) -> None:
    state.begin()
    at = state.now()
    clock.now += 3
    state.equal(at)
    clock.now += 2
    assert state.as_json()["lag_seconds"] == 5


def test_a_replica_that_never_was_equal_is_behind_from_its_beginning_on(state: State, clock: Clock) -> None:
    clock.now += 100
    state.begin()
    clock.now += BEHIND_SECONDS
    assert code(state) is None
    clock.now += 1
    assert code(state) == "replica_behind"


def test_a_lag_that_grows_is_told_with_its_reason_and_heals(state: State, clock: Clock) -> None:
    state.begin()
    state.equal(state.now())
    clock.now += BEHIND_SECONDS + 1
    state.failed("No such bucket.")
    unwell = state.unwell()
    assert unwell
    assert unwell.detail == "The replica has not been equal to the database for 11 s. No such bucket."
    state.equal(state.now())
    assert state.unwell() is None
    assert state.as_json()["last_error"] is None


def test_a_slow_interval_is_no_lag(clock: Clock) -> None:
    state = State(Settings(sync_interval=60), clock)
    state.ready()
    state.begin()
    clock.now += 250
    assert state.unwell() is None


def test_the_end_of_the_database_is_the_end_of_the_lag(state: State, clock: Clock) -> None:
    state.begin()
    state.equal(state.now())
    state.end()
    clock.now += 1000
    assert state.unwell() is None
    assert state.as_json()["lag_seconds"] is None
