"""One minute of polls, small enough to keep a day of them."""

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

MINUTE = 60
MOST_LATENCIES = 60

Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


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


def latency_of(minutes: Iterable[Minute], quantile: float) -> float | None:
    """Give the latency in seconds that the share `quantile` of the good polls did not exceed; None without any."""
    ordered = sorted(seconds for minute in minutes for seconds in minute.latencies)
    return ordered[max(0, math.ceil(quantile * len(ordered)) - 1)] if ordered else None
