"""The suite's only ways to wait: until something is so, and while it must stay so."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.05
MOST_LOAD_FACTOR = 6.0


def load_factor() -> float:
    """Return how much slower than when idle this machine is now: by the load of a core."""
    cores, workers = os.cpu_count() or 1, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return min(max(1.0, workers / cores, os.getloadavg()[0] / cores), MOST_LOAD_FACTOR)


def eventually(check: Callable[[], T], *, within: float) -> T:
    """Call `check` until it returns without an assertion error or `OSError`, and give what it returned.

    Args:
        check: Asserts what must become true; called at least once.
        within: Deadline in seconds on a machine that is otherwise idle.

    Raises:
        AssertionError, OSError: The last failure of `check`, once the deadline has passed.

    """
    began = time.monotonic()
    while True:
        try:
            return check()
        except (AssertionError, OSError) as failure:
            waited = time.monotonic() - began
            if waited >= within * load_factor():
                failure.add_note(f"still so after {waited:.1f} s")
                raise
            time.sleep(POLL_SECONDS)


def throughout(seconds: float, check: Callable[[], object]) -> None:
    """Call `check` again and again for so many seconds.

    Raises:
        AssertionError: The first failure of `check`.

    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        check()
        time.sleep(POLL_SECONDS)
