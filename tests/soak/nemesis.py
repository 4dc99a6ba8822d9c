"""The nemesis: breaks, waits, heals, and measures how long it takes until all is well."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from soak.plan import Step
from soak.traffic import Traffic
from support.stack import Stack
from support.waiting import eventually

PATIENCE = 60  # seconds beyond the bound, so that a late recovery is measured and not only missed


@dataclass(frozen=True)
class Injection:
    """What came of a step.

    Attributes:
        step: What was broken.
        said: How often /db-check answered what, until all was well.
        recovery: Seconds until all was well, from the healing, or from the bite of what does not last; or None when
            that never came.

    """

    step: Step
    said: Counter[str]
    recovery: float | None

    @property
    def is_in_time(self) -> bool:
        """Whether it recovered within its bound."""
        return self.recovery is not None and self.recovery <= self.step.bound


def haunt(stack: Stack, steps: Iterator[Step], traffic: Traffic, seconds: float) -> Iterator[Injection]:
    """Break the stack for so many seconds, and end early when it does not recover."""
    until = time.monotonic() + seconds
    for step in steps:
        if time.monotonic() + step.pause + step.hold >= until:
            return
        time.sleep(step.pause)
        injection = inject(stack, step, traffic)
        yield injection
        if injection.recovery is None:
            return


def inject(stack: Stack, step: Step, traffic: Traffic) -> Injection:
    """Do one step."""
    before = traffic.probes.copy()
    with ExitStack() as on:
        for kind in step.kinds:
            on.enter_context(kind.inject(stack))
        if step.lasts:
            time.sleep(step.hold)
    recovery = recovered(stack, step.bound + PATIENCE)
    if not step.lasts:
        time.sleep(step.hold)
    return Injection(step, traffic.probes - before, recovery)


def recovered(stack: Stack, within: float) -> float | None:
    """Give the seconds until all is well, or None when it is not in time."""
    began = time.monotonic()
    try:
        eventually(stack.healthy, within=within)
    except (AssertionError, OSError):
        return None
    return time.monotonic() - began
