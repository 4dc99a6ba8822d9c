import os

import pytest

from support import waiting
from support.waiting import MOST_LOAD_FACTOR, eventually, load_factor, throughout


@pytest.fixture(autouse=True)
def two_cores_and_one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "1")


@pytest.mark.parametrize(("load", "times"), [(0.1, 1), (2, 1), (4, 2), (100, MOST_LOAD_FACTOR)])
def test_the_factor_must_grow_with_the_load_of_a_core_and_have_an_end(
    load: float, times: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0, 0))
    assert load_factor() == times


def test_the_factor_must_know_the_workers_before_the_load_tells_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (0, 0, 0))
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "4")
    assert load_factor() == 2


def test_what_never_becomes_so_must_fail_with_its_last_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.001)

    def never() -> None:
        raise AssertionError("still not")

    with pytest.raises(AssertionError, match="still not") as failure:
        eventually(never, within=0.01)
    assert failure.value.__notes__[0].startswith("still so after")


def test_what_stops_being_so_must_fail_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.001)
    times = iter([True, True, False])

    def still() -> None:
        assert next(times)

    with pytest.raises(AssertionError):
        throughout(10, still)
