"""What one run of the load generator found, and what several come to."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MARK = "JSON "


@dataclass(frozen=True)
class Measurement:
    """One run; times are milliseconds."""

    requests: int
    seconds: float
    non_2xx: int = 0
    connect: int = 0
    read: int = 0
    write: int = 0
    timeout: int = 0
    p50: float = 0
    p95: float = 0
    p99: float = 0
    max: float = 0
    workers: dict[str, int] = field(default_factory=dict)  # rows by the process that created them

    @property
    def errors(self) -> int:
        """Give how many requests did not get the answer they should have got."""
        return self.non_2xx + self.connect + self.read + self.write + self.timeout

    @property
    def rate(self) -> float:
        """Give how many requests a second were answered as they should be."""
        return (self.requests - self.non_2xx) / self.seconds


def parse(output: str) -> Measurement:
    """Read what the load generator's script printed.

    Raises:
        ValueError: There is no result in it.

    """
    for line in output.splitlines():
        if line.startswith(MARK):
            return Measurement(**json.loads(line.removeprefix(MARK)))
    said = output.strip().splitlines()
    raise ValueError(f"the load generator gave no result; it said: {said[-1] if said else 'nothing'}")


@dataclass(frozen=True)
class Spread:
    """The median of several values, the lowest and the highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Sum the values up."""
        known = list(values)
        return cls(statistics.median(known), min(known), max(known))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Compare what was measured in turns: the ratio of the medians, and the lowest and highest of any round."""
    rounds = [mine / other for mine, other in zip(ours, theirs, strict=True) if other]
    whole = statistics.median(theirs)
    if not whole or not rounds:
        return Spread(float("inf"), float("inf"), float("inf"))
    middle = statistics.median(ours) / whole
    return Spread(middle, min(*rounds, middle), max(*rounds, middle))
