"""The current picture of the target, kept for everybody who asks this process."""

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from healthchecker import __version__
from healthchecker.monitor import LATE_FACTOR, Tick, Transition
from healthchecker.settings import Settings
from healthchecker.state import State
from healthchecker.verdict import Verdict

KEPT_TRANSITIONS = 20


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
        self.transitions: deque[Transition] = deque(maxlen=KEPT_TRANSITIONS)
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
            self.transitions.appendleft(tick.transition)

    @property
    def verdict(self) -> Verdict:
        """Give the verdict of the last poll, or before the first one an empty one that says so."""
        return self.tick.verdict if self.tick else Verdict(detail="No poll has ended yet.")

    @property
    def stalled_seconds(self) -> float:
        """Give how long ago the loop should have turned at the latest; 0 while it turns as it should."""
        age = self._clock() - self._ticked
        return age if age >= LATE_FACTOR * self.next_poll_seconds + self._timeout else 0.0

    def as_json(self) -> dict[str, Any]:
        """Give what `/status` answers.

        Its keys are a contract. Times are ISO 8601 in UTC, `transitions` are the newest first, and every value that
        does not apply is null:

        - `target` (URL), `state` (a `State`), `since` (time), `version`
        - `last_poll` (null before the first): `at` (time), `ok`, `reason` (a `Reason`), `detail` (one sentence),
          `http_status`, `code`, `title`, `remedy`, `duration_ms`
        - `consecutive_failures`, `consecutive_successes`
        - `polls`: `total`, `failed`
        - `transitions`: `at` (time), `from`, `to`, `after_seconds` (in `from`), `reason`, `http_status`, `code`,
          `title`, `remedy`
        """
        tick = self.tick
        return {
            "target": self.target,
            "state": self.state,
            "since": _iso(self.since),
            "last_poll": tick and _poll_as_json(tick),
            "consecutive_failures": tick.standing.failures if tick else 0,
            "consecutive_successes": tick.standing.successes if tick else 0,
            "polls": {"total": self.polls, "failed": self.failed_polls},
            "transitions": [_transition_as_json(transition) for transition in self.transitions],
            "version": __version__,
        }


def cause_as_json(verdict: Verdict) -> dict[str, Any]:
    """Give the part of a verdict that every output shares: why, and what to do."""
    return {
        "reason": verdict.reason,
        "http_status": verdict.http_status,
        "code": verdict.code,
        "title": verdict.title,
        "remedy": verdict.remedy,
    }


def _poll_as_json(tick: Tick) -> dict[str, Any]:
    verdict = tick.verdict
    return {
        "at": _iso(tick.at),
        "ok": verdict.ok,
        "detail": verdict.detail,
        **cause_as_json(verdict),
        "duration_ms": round(tick.duration * 1000, 1),
    }


def _transition_as_json(transition: Transition) -> dict[str, Any]:
    return {
        "at": _iso(transition.at),
        "from": transition.before,
        "to": transition.after,
        "after_seconds": round(transition.lasted, 1),
        **cause_as_json(transition.verdict),
    }


def _iso(time_: datetime) -> str:
    return time_.isoformat(timespec="milliseconds").replace("+00:00", "Z")
