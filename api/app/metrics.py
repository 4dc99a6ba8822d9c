"""What this worker counts, in plain numbers that it hands on a few times a second."""

import asyncio

from app.instruments import SECONDS, UNITS, Instruments
from app.tally import Tally

TOGETHER_SECONDS = 0.25
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
OTHER = "other"

Key = tuple[str, str, int]  # method, template of the route, status


class Metrics:
    """Counts requests and commits; all of it in the event loop.

    Handing a number on costs a lock and a write to memory that the workers share, some ten times as much as to count
    it. So it is done for many at once. A killed worker takes what it counted in the last quarter of a second along.
    """

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments
        self._requests: dict[Key, Tally] = {}
        self._waits, self._groups = Tally(SECONDS), Tally(UNITS)
        self._in_flight = 0
        self._is_due = False

    def begin(self) -> None:
        """Count a request that has come in."""
        self._in_flight += 1
        if not self._is_due:
            self._flush_soon()

    def end(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that has been answered.

        Args:
            method: As the caller sent it.
            route: The template of its path, never the path itself.
            status: Of the answer.
            seconds: From beginning to end.

        """
        self._in_flight -= 1
        (self._requests.get((method, route, status)) or self._tally(method, route, status)).add(seconds)
        if not self._is_due:
            self._flush_soon()

    def committed(self, waited: float, units: int) -> None:
        """Count a group of `units` that has had its turn to write, or was refused it, after `waited` seconds."""
        self._waits.add(waited)
        self._groups.add(units)
        if not self._is_due:
            self._flush_soon()

    def flush(self) -> None:
        """Hand on what was counted."""
        self._is_due = False
        instruments = self._instruments
        instruments.in_flight.set(self._in_flight)
        for (method, route, status), tally in self._requests.items():
            if count := sum(tally.counts):
                labels = (method, route, f"{status // 100}xx")
                instruments.requests.labels(*labels).inc(count)
                instruments.durations.labels(*labels).take(tally)
        instruments.waits.take(self._waits)
        instruments.groups.take(self._groups)

    def _tally(self, method: str, route: str, status: int) -> Tally:
        # A caller can make up methods, and each would be kept for good.
        key = (method if method in METHODS else OTHER, route, status)
        return self._requests.setdefault(key, Tally(SECONDS))

    def _flush_soon(self) -> None:
        self._is_due = True
        asyncio.get_running_loop().call_later(TOGETHER_SECONDS, self.flush)
