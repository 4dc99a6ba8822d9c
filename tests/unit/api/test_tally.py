import pytest

from app.tally import Tally


@pytest.mark.parametrize(
    ("value", "counts"),
    [(0.0, [1, 0, 0]), (0.1, [1, 0, 0]), (0.1000001, [0, 1, 0]), (1.0, [0, 1, 0]), (1.5, [0, 0, 1])],
)
def test_a_bound_must_belong_to_its_bucket(value: float, counts: list[int]) -> None:
    tally = Tally((0.1, 1.0))
    tally.add(value)
    assert (tally.counts, tally.total) == (counts, value)


def test_a_tally_that_was_cleared_must_begin_at_nothing() -> None:
    tally = Tally((1,))
    tally.add(5)
    tally.clear()
    assert (tally.counts, tally.total) == ([0, 0], 0)
