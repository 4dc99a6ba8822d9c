"""How much room the database takes and has left."""

from collections.abc import Callable
from typing import NamedTuple, Self

from app.datafile import DataFile
from app.problems import ProblemError


class Sizes(NamedTuple):
    """Bytes of the database, of its write-ahead log, and free on their volume; `None` is what cannot be told now."""

    database: int | None = None
    log: int | None = None
    free: int | None = None

    @classmethod
    def of(cls, file: DataFile) -> Self:
        """Look at the files from outside; costs a few microseconds."""
        return cls(_unless_gone(file.size), _unless_gone(file.log_bytes), _unless_gone(file.free_bytes))


def _unless_gone(size: Callable[[], int]) -> int | None:
    try:
        return size()
    except ProblemError:
        return None
