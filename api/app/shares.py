"""How many connections each worker has, in memory that all of them share."""

import mmap

MOST = 254  # what a byte can tell of
WORKERS = 256  # places; gunicorn numbers its workers, and a number this much higher is one of another time


class Shares:
    """The counts of all workers; to be made before the workers are forked.

    Each worker writes its own place only, and one byte needs no lock. A count is exact up to `MOST`; beyond it a
    difference no longer matters.
    """

    def __init__(self) -> None:
        self._places = mmap.mmap(-1, WORKERS)  # anonymous and shared; a place of 0 is nobody's

    def tell(self, worker: int, connections: int) -> None:
        """Say how many connections a worker has."""
        self._places[worker % WORKERS] = min(connections, MOST) + 1

    def forget(self, worker: int) -> None:
        """Say that a worker is no more."""
        self._places[worker % WORKERS] = 0

    def smallest(self) -> int:
        """Give the count of the worker that has the fewest connections."""
        return min(self._places[:].translate(None, b"\0"), default=1) - 1


class Share:
    """How many connections one worker has, for all to see."""

    def __init__(self, shares: Shares, worker: int) -> None:
        self._shares = shares
        self._worker = worker
        self._connections = 0
        shares.tell(worker, 0)

    @property
    def is_the_smallest(self) -> bool:
        """Whether no other worker has fewer."""
        return min(self._connections, MOST) <= self._shares.smallest()

    def grow(self) -> None:
        """Count one more."""
        self._connections += 1
        self._shares.tell(self._worker, self._connections)

    def shrink(self) -> None:
        """Count one less."""
        self._connections -= 1
        self._shares.tell(self._worker, self._connections)
