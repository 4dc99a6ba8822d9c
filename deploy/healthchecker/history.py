"""The last 24 hours of the target, minute by minute."""

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, Field

from healthchecker.minute import MINUTE, Minute, latency_of
from healthchecker.monitor import Tick, Transition, time_awake_or_asleep
from healthchecker.reason import Reason
from healthchecker.state import State
from healthchecker.verdict import Verdict

DAY = 24 * 60 * MINUTE
MOST_TRANSITIONS = 200
UP = {State.HEALTHY, State.SUSPECT}
DOWN = {State.UNHEALTHY, State.RECOVERING}

MinuteNumber = Annotated[int, Field(ge=0, lt=2**28)]  # up to the year 2480


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
    """A history as JSON; minutes are numbered from 1970 on."""

    minutes: dict[MinuteNumber, Minute] = Field(max_length=DAY // MINUTE + 1)
    transitions: list[Transition] = Field(max_length=MOST_TRANSITIONS)
    state: State
    entered: AwareDatetime
    last_poll: AwareDatetime | None


class History:
    """What the monitor has told in the last 24 hours, at most a few megabytes however often it polls.

    Args:
        clock: Seconds that only grow, also while the machine sleeps: all durations come from it.
        wall: Seconds since 1970, which may jump: they are for showing and for storing.

    """

    def __init__(
        self, clock: Callable[[], float] = time_awake_or_asleep, wall: Callable[[], float] = time.time
    ) -> None:
        self._clock, self._wall = clock, wall
        # Moments are kept as seconds since 1970, but as the steady clock counts them from the first look at the wall.
        self._offset = wall() - clock()
        self._minutes: dict[int, Minute] = {}
        self._transitions: deque[tuple[float, Transition]] = deque(maxlen=MOST_TRANSITIONS)
        self._state = State.UNKNOWN
        self._entered = self._now()
        self._ticked: float | None = None

    def add(self, tick: Tick) -> None:
        """Take in one turn of the loop; a listener of the monitor."""
        now = self._now()
        if self._ticked is not None and tick.verdict.reason is not Reason.LATE:
            self._count(self._ticked, now)
        if tick.transition:
            self._transitions.appendleft((now, tick.transition))
        if tick.transition or self._ticked is None:
            self._entered = now
        self._state, self._ticked = tick.standing.state, now
        if tick.verdict.ok:
            self._minute(now).add_latency(tick.duration)
        elif tick.counts_as_failure and tick.verdict.reason:
            self._minute(now).add_failure(tick.verdict.reason.value)
        self._forget(now - DAY)

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
        begin = (self._now() - seconds) / MINUTE
        up = down = 0.0
        for number, minute in self._minutes.items():
            inside = max(0.0, min(1.0, number + 1 - begin))
            up += minute.up * inside
            down += minute.down * inside
        return up / (up + down) if up + down else None

    def latency(self, quantile: float, seconds: float) -> float | None:
        """Give the latency in seconds that this share of the last `seconds`' good polls did not exceed, if any."""
        begin = (self._now() - seconds) // MINUTE
        return latency_of((minute for number, minute in self._minutes.items() if number >= begin), quantile)

    def bar(self, parts: int = 96) -> list[Part]:
        """Give the last 24 hours in equal parts, oldest first, of which the last has just begun and ends now."""
        bar = []
        for begin, end, minutes in self._slices(parts, DAY):
            reasons: Counter[str] = Counter()
            for minute in minutes:
                reasons.update(minute.reasons)
            up, down = sum(minute.up for minute in minutes), sum(minute.down for minute in minutes)
            bar.append(Part(self._shown(begin), self._shown(end), up, down, dict(reasons)))
        return bar

    def sparkline(self, parts: int = 60, seconds: float = 3600) -> list[float | None]:
        """Give the median latency in seconds of each part of the last `seconds`, oldest first."""
        return [latency_of(minutes, 0.5) for _, _, minutes in self._slices(parts, seconds)]

    def as_json(self) -> Any:
        """Give what `from_json` takes."""
        shift = self._shift()
        return Stored(
            minutes={number + shift: minute for number, minute in self._minutes.items()},
            transitions=list(self.transitions),
            state=self._state,
            entered=self._shown(self._entered),
            last_poll=None if self._ticked is None else self._shown(self._ticked),
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
        history._minutes = {number - ahead: minute for number, minute in sorted(stored.minutes.items())}
        history._transitions.extend((min(now, change.at.timestamp()), change) for change in stored.transitions)
        if stored.last_poll and stored.state is not State.UNKNOWN:
            lasted = max(0.0, (stored.last_poll - stored.entered).total_seconds())
            unseen = max(0.0, now - stored.last_poll.timestamp())
            verdict = Verdict.failed(
                Reason.LATE, detail=f"The healthchecker was restarted and saw nothing for {unseen:.0f} s."
            )
            change = Transition(history._shown(now), stored.state, State.UNKNOWN, lasted, verdict)
            history._transitions.appendleft((now, change))
        history._forget(now - DAY)
        return history

    def _now(self) -> float:
        return self._offset + self._clock()

    def _shift(self) -> int:
        """Give by how many minutes the wall clock was set since the start."""
        return round((self._wall() - self._now()) / MINUTE)

    def _shown(self, moment: float) -> datetime:
        return datetime.fromtimestamp(moment + self._shift() * MINUTE, UTC)

    def _minute(self, moment: float) -> Minute:
        number = int(moment // MINUTE)
        if number not in self._minutes:
            self._minutes[number] = Minute()
        return self._minutes[number]

    def _count(self, begin: float, end: float) -> None:
        """Book the time between two polls on the state that the first of them led to."""
        while begin < end:
            until = min(end, (begin // MINUTE + 1) * MINUTE)
            minute = self._minute(begin)
            minute.up += (until - begin) * (self._state in UP)
            minute.down += (until - begin) * (self._state in DOWN)
            begin = until

    def _forget(self, before: float) -> None:
        while self._minutes and ((oldest := next(iter(self._minutes))) + 1) * MINUTE <= before:
            del self._minutes[oldest]

    def _slices(self, parts: int, seconds: float) -> Iterator[tuple[float, float, list[Minute]]]:
        """Cut the last `seconds` at round times, so that parts stay what they are from one look to the next."""
        now, length = self._now(), seconds / parts
        first = math.floor(now / length) - parts + 1
        slices: list[list[Minute]] = [[] for _ in range(parts)]
        for number, minute in self._minutes.items():
            place = math.floor(number * MINUTE / length) - first
            if 0 <= place < parts:
                slices[place].append(minute)
        for place, minutes in enumerate(slices, first):
            yield place * length, min(now, (place + 1) * length), minutes
