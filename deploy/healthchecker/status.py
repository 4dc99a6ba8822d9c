"""The current picture of the target, kept for everybody who asks this process."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from healthchecker.monitor import LATE_FACTOR, Tick
from healthchecker.settings import Settings
from healthchecker.state import State
from healthchecker.verdict import Verdict


class Status:
    """What the monitor has seen so far.

    Args:
        settings: Say what is watched and how often.
        clock: The event loop's clock, in seconds; the wall clock may jump, and the loop still turns.

    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.target = settings.target_url
        self.state = State.UNKNOWN
        self.since = datetime.now(UTC)
        self.tick: Tick | None = None
        self.polls = 0
        self.failed_polls = 0
        self._timeout = settings.timeout
        self._clock = clock
        self._ticked = clock()
        self.next_poll_seconds = settings.fast_interval

    def update(self, tick: Tick) -> None:
        """Take in one turn of the loop; a listener of the monitor."""
        self.tick = tick
        self.polls += 1
        self.failed_polls += tick.counts_as_failure
        self._ticked, self.next_poll_seconds = self._clock(), tick.delay
        if tick.transition:
            self.state, self.since = tick.standing.state, tick.at

    @property
    def verdict(self) -> Verdict:
        """Give the verdict of the last poll, or before the first one an empty one that says so."""
        return self.tick.verdict if self.tick else Verdict(detail="No poll has ended yet.")

    @property
    def stalled_seconds(self) -> float:
        """Give how long ago the loop should have turned at the latest; 0 while it turns as it should."""
        age = self._clock() - self._ticked
        return age if age >= LATE_FACTOR * self.next_poll_seconds + self._timeout else 0.0


def cause_as_json(verdict: Verdict) -> dict[str, Any]:
    """Give the part of a verdict that every output shares: why, and what to do."""
    return {
        "reason": verdict.reason,
        "http_status": verdict.http_status,
        "code": verdict.code,
        "title": verdict.title,
        "remedy": verdict.remedy,
    }
