"""Counts of a distribution in plain numbers: what a request can afford to keep."""

from bisect import bisect_left
from collections.abc import Sequence


class Tally:
    """Counts values by bucket, and their sum.

    Args:
        bounds: The upper bounds of the buckets, ascending; a bound belongs to its bucket, and one more bucket holds
            what is above them all.

    """

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count one more."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def clear(self) -> None:
        """Begin again at nothing."""
        self.counts = [0] * len(self.counts)
        self.total = 0.0
