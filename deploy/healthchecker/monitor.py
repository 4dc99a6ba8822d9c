"""The loop: poll, judge, tell whoever listens, wait."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from healthchecker.probe import Poll
from healthchecker.reason import Reason
from healthchecker.schedule import Schedule
from healthchecker.settings import Settings
from healthchecker.state import Standing, State
from healthchecker.verdict import Verdict

LATE_FACTOR = 3
LATE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of state, the verdict that caused it, and how many seconds the state before had lasted."""

    at: datetime
    before: State
    after: State
    lasted: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Tick:
    """One turn of the loop: everything that a listener may want to know. Times are UTC, durations are in seconds."""

    at: datetime
    verdict: Verdict
    duration: float
    standing: Standing
    transition: Transition | None
    delay: float

    @property
    def counts_as_failure(self) -> bool:
        """Tell whether the poll counts against the target; one that only came late does not."""
        return self.standing.failures > 0


Listener = Callable[[Tick], None]


def time_awake_or_asleep() -> float:
    """Give seconds that only ever grow and, unlike `time.monotonic`, go on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Monitor:
    """Polls for ever and publishes every turn to its listeners, in their order.

    Args:
        settings: Thresholds, grace and intervals.
        probe: Makes one poll; does not raise.
        listeners: Told about every turn, in the loop: they must not block. This is the place to add one's own.
        clock: Seconds that only grow, also while the machine sleeps.

    """

    def __init__(
        self,
        settings: Settings,
        probe: Callable[[], Awaitable[Poll]],
        listeners: Iterable[Listener],
        clock: Callable[[], float] = time_awake_or_asleep,
    ) -> None:
        self._settings = settings
        self._probe = probe
        self._listeners = tuple(listeners)
        self._clock = clock
        self._schedule = Schedule(settings, random.random)
        self._standing = Standing()
        self._entered = self._ticked = clock()
        self._delay = 0.0

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            tick = self.turn(await self._probe())
            for listener in self._listeners:
                try:
                    listener(tick)
                except Exception:  # noqa: BLE001 - a listener's bug must not end the polls
                    structlog.get_logger().exception("listener_failed", listener=repr(listener))
            await asyncio.sleep(tick.delay)

    def turn(self, poll: Poll) -> Tick:
        """Take one poll's result into account."""
        now = self._clock()
        late = self._is_late(now)
        verdict = Verdict.failed(Reason.LATE) if late else poll.verdict
        standing = Standing() if late else self._advance(verdict, now - self._entered)
        at = datetime.now(UTC)
        transition = None
        if standing.state is not self._standing.state:
            transition = Transition(at, self._standing.state, standing.state, now - self._entered, verdict)
        if transition or late:
            self._entered = now
        self._standing, self._ticked = standing, now
        self._delay = self._schedule.delay_after(standing.state, verdict.retry_after)
        return Tick(at, verdict, poll.duration, standing, transition, self._delay)

    def _advance(self, verdict: Verdict, lasted: float) -> Standing:
        if verdict.ok:
            return self._standing.after_success(rise=self._settings.rise)
        return self._standing.after_failure(fall=self._settings.fall, in_grace=lasted < self._settings.start_grace)

    def _is_late(self, now: float) -> bool:
        expected = self._delay + self._settings.timeout
        return now - self._ticked - expected > max(LATE_FACTOR * self._delay, LATE_SECONDS)
