import pytest

from healthchecker.state import Standing, State

UNKNOWN, HEALTHY, SUSPECT, UNHEALTHY, RECOVERING = State

TABLE = [
    # before, polls in a row, next poll, after
    (UNKNOWN, 0, "good", HEALTHY),
    (UNKNOWN, 0, "bad", UNKNOWN),
    (UNKNOWN, 1, "bad", UNKNOWN),
    (UNKNOWN, 2, "bad", UNHEALTHY),
    (UNKNOWN, 2, "bad in grace", UNKNOWN),
    (UNKNOWN, 50, "bad in grace", UNKNOWN),
    (UNKNOWN, 50, "bad", UNHEALTHY),
    (UNKNOWN, 50, "good", HEALTHY),
    (HEALTHY, 9, "good", HEALTHY),
    (HEALTHY, 9, "bad", SUSPECT),
    (HEALTHY, 9, "bad in grace", SUSPECT),
    (SUSPECT, 1, "good", HEALTHY),
    (SUSPECT, 1, "bad", SUSPECT),
    (SUSPECT, 2, "bad", UNHEALTHY),
    (SUSPECT, 2, "bad in grace", UNHEALTHY),
    (UNHEALTHY, 3, "bad", UNHEALTHY),
    (UNHEALTHY, 3, "bad in grace", UNHEALTHY),
    (UNHEALTHY, 3, "good", RECOVERING),
    (RECOVERING, 1, "bad", UNHEALTHY),
    (RECOVERING, 1, "bad in grace", UNHEALTHY),
    (RECOVERING, 1, "good", HEALTHY),
]


@pytest.mark.fault("M4")
@pytest.mark.parametrize(("before", "in_a_row", "poll", "after"), TABLE)
def test_each_state_and_poll_lead_where_the_table_says(before: State, in_a_row: int, poll: str, after: State) -> None:
    succeeding = before in {HEALTHY, RECOVERING}
    standing = Standing(before, in_a_row if succeeding else 0, 0 if succeeding else in_a_row)
    if poll == "good":
        moved = standing.after_success(rise=2)
        assert (moved.successes, moved.failures) == (standing.successes + 1, 0)
    else:
        moved = standing.after_failure(fall=3, in_grace=poll == "bad in grace")
        assert (moved.successes, moved.failures) == (0, standing.failures + 1)
    assert moved.state is after


def test_with_a_threshold_of_one_there_is_no_state_of_doubt() -> None:
    down = Standing(HEALTHY, 5).after_failure(fall=1, in_grace=False)
    assert down.state is UNHEALTHY
    assert down.after_success(rise=1).state is HEALTHY


def test_a_higher_rise_asks_for_as_many_successes_in_a_row() -> None:
    standing = Standing(UNHEALTHY, 0, 3)
    states = []
    for _ in range(4):
        standing = standing.after_success(rise=4)
        states.append(standing.state)
    assert states == [RECOVERING, RECOVERING, RECOVERING, HEALTHY]


def test_a_failure_while_recovering_starts_the_count_of_successes_again() -> None:
    standing = Standing(RECOVERING, 1).after_failure(fall=3, in_grace=False).after_success(rise=2)
    assert standing == Standing(RECOVERING, 1, 0)
