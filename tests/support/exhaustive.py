"""Which cases of a rule `make test` tries, and which it leaves to `make test ALL=1`."""

from collections.abc import Iterable
from typing import Any

import pytest

EXHAUSTIVE = pytest.mark.exhaustive


def first(cases: Iterable[Any], *, usual: int = 1) -> list[Any]:
    """Return the cases of a parametrized test, all but the first of which are left to `ALL=1`."""
    return [
        case if number < usual else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=EXHAUSTIVE)
        for number, case in enumerate(cases)
    ]
