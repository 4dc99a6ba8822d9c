"""What the healthchecker takes of the machine, however long it runs."""

import pytest

from support.stack import NewStack, Stack
from support.waiting import eventually

MEGABYTE = 1024 * 1024

# The schedule is left out, as the shortest interval would make 10,000 polls last for a quarter of an hour.
WITHOUT_PAUSES = """
services:
  healthchecker:
    cpus: 1
    entrypoint:
      - python
      - -c
      - |
        from healthchecker.schedule import Schedule
        Schedule.delay_after = lambda *_: 0.0
        from healthchecker.__main__ import main
        raise SystemExit(main())
"""


def megabytes(stack: Stack) -> float:
    """Give what the container holds, without the pages of files, which the kernel drops when it needs room.

    It is the least of three looks, as the process of Docker's own check comes and goes.
    """
    return min(_megabytes(stack) for _ in range(3))


def _megabytes(stack: Stack) -> float:
    memory = stack.container("healthchecker").stats(stream=False)["memory_stats"]
    counts = memory["stats"]
    pages = sum(counts.get(f"total_{kind}", counts.get(kind)) for kind in ("active_file", "inactive_file"))
    return float(memory["usage"] - pages) / MEGABYTE


@pytest.mark.alone
@pytest.mark.exhaustive
@pytest.mark.timeout(1000)
def test_the_healthchecker_holds_no_more_after_10_000_polls_than_after_1_000(new_stack: NewStack) -> None:
    stack = new_stack(overlay=WITHOUT_PAUSES)
    assert stack.compose("up", "--detach").returncode == 0

    def has_polled(times: int) -> None:
        assert stack.status()["polls"]["total"] >= times

    eventually(lambda: has_polled(1_000), within=90)
    before = megabytes(stack)
    eventually(lambda: has_polled(10_000), within=300)
    after = megabytes(stack)
    assert stack.status()["state"] == "healthy"
    assert after - before < 5, f"{before:.1f} MB became {after:.1f} MB"
    assert after < 64
