"""The last 24 hours of the target."""

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, Field

from healthchecker.minutes import DAY, MINUTE, Minute, MinuteNumber, Minutes, latency_of
from healthchecker.monitor import Tick, Transition, time_awake_or_asleep
from healthchecker.reason import Reason
from healthchecker.state import State
from healthchecker.verdict import Verdict

MOST_TRANSITIONS = 200


@dataclass(frozen=True)
class Part:
    """A stretch of time: the seconds in which the target was up or down in it, and its failed polls by reason.

    What is neither up nor down is unknown, or the healthchecker was not running.
    """

    begins: datetime
    ends: datetime
    up: float
    down: float
    reasons: dict[str, int]


class Stored(BaseModel):
    """A history as JSON."""

    minutes: dict[MinuteNumber, Minute] = Field(max_length=DAY // MINUTE + 1)
    transitions: list[Transition] = Field(max_length=MOST_TRANSITIONS)
    state: State
    entered: AwareDatetime
    seen_until: AwareDatetime | None


class History:
    """What the monitor has told in the last 24 hours, in a few megabytes however often it polls.

    Args:
        clock: Seconds that only grow, also while the machine sleeps: all durations come from it.
        wall: Seconds since 1970, which may jump: they are for showing and for storing.

    """

    def __init__(
        self, clock: Callable[[], float] = time_awake_or_asleep, wall: Callable[[], float] = time.time
    ) -> None:
        self._clock, self._wall = clock, wall
        # Moments are kept as seconds since 1970, but as the steady clock counts them from this look at the wall on.
        self._offset = wall() - clock()
        self._minutes = Minutes()
        self._transitions: deque[tuple[float, Transition]] = deque(maxlen=MOST_TRANSITIONS)
        self._state = State.UNKNOWN
        self._entered = self._now()
        self._seen_until: float | None = None  # the end of the time that is counted; None before the first poll
        self._next_poll = 0.0

    def add(self, tick: Tick) -> None:
        """Take in one turn of the loop; a listener of the monitor."""
        now = self._now()
        if tick.verdict.reason is not Reason.LATE:
            self._count_until(now)
        if tick.transition:
            self._transitions.appendleft((now, tick.transition))
        if tick.transition or self._seen_until is None:
            self._entered = now
        self._state, self._seen_until, self._next_poll = tick.standing.state, now, now + tick.delay
        if tick.verdict.ok:
            self._minutes.at(now).add_latency(tick.duration)
        elif tick.counts_as_failure and tick.verdict.reason:
            self._minutes.at(now).add_failure(tick.verdict.reason.value)
        self._minutes.forget(now - DAY)

    @property
    def transitions(self) -> Sequence[Transition]:
        """Give the transitions of the last 24 hours, newest first, at most `MOST_TRANSITIONS`."""
        begin = self._now() - DAY
        return [transition for at, transition in self._transitions if at >= begin]

    @property
    def since(self) -> datetime | None:
        """Give the minute with which the history begins; None while it is empty."""
        return self._shown(next(iter(self._minutes)) * MINUTE) if self._minutes else None

    def uptime(self, seconds: float) -> float | None:
        """Give the share of the known time within the last `seconds` in which the target was up; None if none is."""
        self._count_until_next_poll()
        return self._minutes.uptime(self._now() - seconds)

    def latency(self, quantile: float, seconds: float) -> float | None:
        """Give the latency in seconds that this share of the last `seconds`' good polls did not exceed, if any."""
        begin = (self._now() - seconds) // MINUTE
        return latency_of((minute for number, minute in self._minutes.items() if number >= begin), quantile)

    def bar(self, parts: int = 96) -> list[Part]:
        """Give the last 24 hours in equal parts, oldest first, of which the last is still running and ends now."""
        self._count_until_next_poll()
        bar = []
        for begin, end, minutes in self._minutes.slices(parts, DAY, self._now()):
            up, down = sum(minute.up for minute in minutes), sum(minute.down for minute in minutes)
            reasons: Counter[str] = Counter()
            for minute in minutes:
                reasons.update(minute.reasons)
            bar.append(Part(self._shown(begin), self._shown(end), up, down, dict(reasons)))
        return bar

    def sparkline(self, parts: int = 60, seconds: float = 3600) -> list[float | None]:
        """Give the median latency in seconds of each part of the last `seconds`, oldest first."""
        return [latency_of(minutes, 0.5) for _, _, minutes in self._minutes.slices(parts, seconds, self._now())]

    def as_json(self) -> Any:
        """Give what `from_json` takes."""
        self._count_until_next_poll()
        shift = self._shift()
        return Stored(
            minutes={number + shift: minute for number, minute in self._minutes.items()},
            transitions=list(self.transitions),
            state=self._state,
            entered=self._shown(self._entered),
            seen_until=None if self._seen_until is None else self._shown(self._seen_until),
        ).model_dump(mode="json")

    @classmethod
    def from_json(
        cls, data: Any, clock: Callable[[], float] = time_awake_or_asleep, wall: Callable[[], float] = time.time
    ) -> Self:
        """Make it again after a restart: nothing is known now, and what was seen before is the past.

        Raises:
            ValueError: This is not what `as_json` gives.

        """
        stored = Stored.model_validate(data)
        history = cls(clock, wall)
        now = history._now()
        # Where the wall clock was set back meanwhile, the past moves back with it, for it cannot lie in the future.
        ahead = max(0, max(stored.minutes, default=0) - int(now // MINUTE))
        history._minutes.update((number - ahead, minute) for number, minute in sorted(stored.minutes.items()))
        history._minutes.forget(now - DAY)
        history._transitions.extend((min(now, change.at.timestamp()), change) for change in stored.transitions)
        if stored.seen_until and stored.state is not State.UNKNOWN:
            lasted = max(0.0, (stored.seen_until - stored.entered).total_seconds())
            unseen = max(0.0, now - stored.seen_until.timestamp())
            why = f"The healthchecker was restarted and saw nothing for {unseen:.0f} s."
            verdict = Verdict.failed(Reason.LATE, detail=why)
            change = Transition(history._shown(now), stored.state, State.UNKNOWN, lasted, verdict)
            history._transitions.appendleft((now, change))
        return history

    def _count_until_next_poll(self) -> None:
        # What a poll told holds until the next is due; if that does not come, the machine may have slept.
        self._count_until(min(self._now(), self._next_poll))

    def _count_until(self, end: float) -> None:
        if self._seen_until is not None and self._seen_until < end:
            self._minutes.book(self._seen_until, end, self._state)
            self._seen_until = end

    def _now(self) -> float:
        return self._offset + self._clock()

    def _shift(self) -> int:
        """Give by how many minutes the wall clock was set since the start."""
        return round((self._wall() - self._now()) / MINUTE)

    def _shown(self, moment: float) -> datetime:
        return datetime.fromtimestamp(moment + self._shift() * MINUTE, UTC)
