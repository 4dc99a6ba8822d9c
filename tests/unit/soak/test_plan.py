from itertools import chain, islice

import pytest

from soak.kinds import KINDS
from soak.plan import plan

MANY = 200


def test_a_plan_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    first, again, other = (list(islice(plan(KINDS, seed), MANY)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", range(20))
def test_a_pair_never_takes_the_same_thing_twice(seed: int) -> None:
    pairs = [step.kinds for step in islice(plan(KINDS, seed), MANY) if len(step.kinds) > 1]
    assert len(pairs) > MANY / 10
    assert not [pair for pair in pairs if pair[0].takes & pair[1].takes]


@pytest.mark.parametrize("seed", range(20))
def test_each_kind_comes_once_before_any_comes_again(seed: int) -> None:
    names = [kind.name for kind in chain.from_iterable(step.kinds for step in islice(plan(KINDS, seed), MANY))]
    assert sorted(names[: len(KINDS)]) == sorted(kind.name for kind in KINDS)


def test_the_bound_of_a_pair_is_the_sum_of_its_bounds() -> None:
    pair = next(step for step in plan(KINDS, 1) if len(step.kinds) > 1)
    assert pair.bound == pair.kinds[0].bound + pair.kinds[1].bound
    assert pair.name == f"{pair.kinds[0].name} + {pair.kinds[1].name}"


def test_there_are_a_dozen_kinds_and_no_name_comes_twice() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 12
