"""The suite's only waiting primitive."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.05


def eventually(check: Callable[[], T], *, within: float) -> T:
    """Call `check` until it returns without an assertion error or `OSError`, and give what it returned.

    Args:
        check: Asserts what must become true; called at least once.
        within: Deadline in seconds.

    Raises:
        AssertionError, OSError: The last failure of `check`, once the deadline has passed.

    """
    deadline = time.monotonic() + within
    while True:
        try:
            return check()
        except (AssertionError, OSError) as failure:
            if time.monotonic() >= deadline:
                failure.add_note(f"still so after {within} s")
                raise
            time.sleep(POLL_SECONDS)
