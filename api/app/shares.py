"""How many connections each worker has, in memory that all of them share."""

import mmap

WORKERS = 256  # places; gunicorn numbers its workers, and a number this much higher is one of another time


class Shares:
    """The counts of all workers; to be made before the workers are forked.

    Each worker writes its own place only, and one byte needs no lock. A count is exact up to 254, beyond which a
    difference no longer matters.
    """

    def __init__(self) -> None:
        self._places = mmap.mmap(-1, WORKERS)  # anonymous and shared; a place of 0 is nobody's

    def tell(self, worker: int, connections: int) -> None:
        """Say how many connections a worker has."""
        self._places[worker % WORKERS] = min(connections, 254) + 1

    def forget(self, worker: int) -> None:
        """Say that a worker is no more."""
        self._places[worker % WORKERS] = 0

    def smallest(self) -> int:
        """Give the count of the worker that has the fewest connections."""
        return min(self._places[:].translate(None, b"\0"), default=1) - 1
