"""What a run of polls says about the target: the transition table, without a clock and without I/O."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What is known about the target."""

    UNKNOWN = "unknown"  # just started, or this machine slept: nothing is known yet
    HEALTHY = "healthy"
    SUSPECT = "suspect"  # it failed, but not often enough for an alarm
    UNHEALTHY = "unhealthy"
    RECOVERING = "recovering"  # it answers again, but not often enough for the all-clear


@dataclass(frozen=True, slots=True)
class Standing:
    """A state and how many polls in a row have succeeded or failed; one of the two is always 0."""

    state: State = State.UNKNOWN
    successes: int = 0
    failures: int = 0

    def after_success(self, *, rise: int) -> "Standing":
        """Give the standing after one more success; `rise` of them in a row end an outage."""
        successes = self.successes + 1
        out = self.state in {State.UNHEALTHY, State.RECOVERING}
        return Standing(State.RECOVERING if out and successes < rise else State.HEALTHY, successes, 0)

    def after_failure(self, *, fall: int, in_grace: bool) -> "Standing":
        """Give the standing after one more failure; `fall` of them in a row are an outage.

        While `in_grace`, a target that has not answered yet may still be starting, and stays unknown however often it
        fails.
        """
        failures = self.failures + 1
        match self.state:
            case State.UNKNOWN:
                state = State.UNKNOWN if in_grace or failures < fall else State.UNHEALTHY
            case State.HEALTHY | State.SUSPECT:
                state = State.SUSPECT if failures < fall else State.UNHEALTHY
            case State.UNHEALTHY | State.RECOVERING:
                state = State.UNHEALTHY
        return Standing(state, 0, failures)
