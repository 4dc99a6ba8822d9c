"""A day of polls minute by minute, so that it stays small however often the target is polled."""

import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from healthchecker.state import State

MINUTE = 60
DAY = 24 * 60 * MINUTE
MOST_LATENCIES = 60
UP = {State.HEALTHY, State.SUSPECT}
DOWN = {State.UNHEALTHY, State.RECOVERING}

Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
MinuteNumber = Annotated[int, Field(ge=0, lt=2**28)]  # up to the year 2480


@dataclass(slots=True)
class Minute:
    """What the polls of one minute told.

    Attributes:
        up: Seconds in which the target was up.
        down: Seconds in which it was down; the rest of the minute is unknown.
        reasons: The failed polls, by reason.
        good: How many polls were good.
        latencies: The seconds that good polls took: all of them, or a fair sample of `MOST_LATENCIES`.

    """

    up: Seconds = 0.0
    down: Seconds = 0.0
    reasons: dict[str, Count] = field(default_factory=dict)
    good: Count = 0
    latencies: Annotated[list[Seconds], Field(max_length=MOST_LATENCIES)] = field(default_factory=list)

    def add_latency(self, seconds: float) -> None:
        """Take in how long a good poll took.

        This is reservoir sampling: however many polls a minute has, each is kept with the same chance.
        """
        self.good += 1
        seconds = round(seconds, 5)
        if len(self.latencies) < MOST_LATENCIES:
            self.latencies.append(seconds)
        elif (place := random.randrange(self.good)) < MOST_LATENCIES:  # noqa: S311 - a sample, not a secret
            self.latencies[place] = seconds

    def add_failure(self, reason: str) -> None:
        """Take in a failed poll."""
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


class Minutes(dict[MinuteNumber, Minute]):
    """Minutes by their number from 1970 on, oldest first; moments are seconds from 1970 on."""

    def at(self, moment: float) -> Minute:
        """Give the minute of this moment, which may not be older than the last one."""
        number = int(moment // MINUTE)
        if number not in self:
            self[number] = Minute()
        return self[number]

    def book(self, begin: float, end: float, state: State) -> None:
        """Count the time between two moments for this state."""
        while begin < end:
            until = min(end, (begin // MINUTE + 1) * MINUTE)
            minute = self.at(begin)
            minute.up += (until - begin) * (state in UP)
            minute.down += (until - begin) * (state in DOWN)
            begin = until

    def forget(self, before: float) -> None:
        """Let go of the minutes that had ended by this moment."""
        while self and ((oldest := next(iter(self))) + 1) * MINUTE <= before:
            del self[oldest]

    def uptime(self, begin: float) -> float | None:
        """Give the share of the known time since `begin` in which the target was up; None when nothing is known."""
        up = down = 0.0
        for number, minute in self.items():
            inside = max(0.0, min(1.0, number + 1 - begin / MINUTE))
            up += minute.up * inside
            down += minute.down * inside
        return up / (up + down) if up + down else None

    def slices(self, parts: int, seconds: float, now: float) -> Iterator[tuple[float, float, list[Minute]]]:
        """Cut the last `seconds` into equal parts, at round times so that they stay the same from look to look.

        Yields:
            The begin, the end and the minutes of each part, oldest first; the last is still running and ends now.

        """
        length = seconds / parts
        first = math.floor(now / length) - parts + 1
        slices: list[list[Minute]] = [[] for _ in range(parts)]
        for number, minute in self.items():
            place = math.floor(number * MINUTE / length) - first
            if 0 <= place < parts:
                slices[place].append(minute)
        for place, minutes in enumerate(slices, first):
            yield place * length, min(now, (place + 1) * length), minutes


def latency_of(minutes: Iterable[Minute], quantile: float) -> float | None:
    """Give the latency in seconds that the share `quantile` of the good polls did not exceed; None without any."""
    ordered = sorted(seconds for minute in minutes for seconds in minute.latencies)
    return ordered[max(0, math.ceil(quantile * len(ordered)) - 1)] if ordered else None
