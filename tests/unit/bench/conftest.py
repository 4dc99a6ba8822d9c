from collections.abc import Callable

import pytest

from bench.measurement import Measurement
from bench.results import Results, Row


def measured(rate: float, p99: float = 1, **others: int) -> Measurement:
    return Measurement(requests=round(rate), seconds=1, p99=p99, **others)


@pytest.fixture
def results() -> Results:
    return Results("quick")


@pytest.fixture
def add(results: Results) -> Callable[..., None]:
    """Add what was measured of one contender: rates, and p99s beside them."""

    def add(workload: str, connections: int, contender: str, *rates: float, p99: float = 1, **others: int) -> None:
        rounds = [measured(rate, p99, **others) for rate in rates]
        results.rows.append(Row(workload, connections, contender, rounds))

    return add
