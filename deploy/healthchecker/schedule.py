"""When to poll next: faster while in doubt, slower the longer an outage lasts."""

from collections.abc import Callable

from healthchecker.settings import Settings
from healthchecker.state import State

BACKOFF = 1.5
JITTER = 0.1


class Schedule:
    """Chooses the delay before each next poll.

    Args:
        settings: The intervals.
        random: Gives a number from 0 to 1; spreads the polls of several healthcheckers over time.

    """

    def __init__(self, settings: Settings, random: Callable[[], float]) -> None:
        self._settings = settings
        self._random = random
        self._down_delay = 0.0

    def delay_after(self, state: State, retry_after: float | None) -> float:
        """Give the seconds to wait after a poll that left the target in `state` and asked for `retry_after` seconds."""
        down = state is State.UNHEALTHY
        self._down_delay = self._longer_down_delay() if down else 0.0
        delay = (self._down_delay or self._up_delay(state)) * (1 - JITTER + 2 * JITTER * self._random())
        # Only in an outage: before that the fast polls tell a hiccup from an outage, and the alarm must not wait for as
        # long as the target asks.
        if down and retry_after is not None:
            delay = max(delay, min(retry_after, self._settings.max_down_interval))
        return delay

    def _longer_down_delay(self) -> float:
        return min(self._down_delay * BACKOFF or self._settings.down_interval, self._settings.max_down_interval)

    def _up_delay(self, state: State) -> float:
        return self._settings.interval if state is State.HEALTHY else self._settings.fast_interval
