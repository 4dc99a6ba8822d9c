"""Kernel locks between the processes and containers on one volume; they end with the process that holds them."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.faults import disk_faults
from app.problems import Code, ProblemError

LOCK_FILE_MODE = 0o640
POLL_SECONDS = 0.05


@contextmanager
def turn(path: Path, *, given_up: Callable[[], bool]) -> Iterator[None]:
    """Hold the lock file at `path`, which one process at a time can.

    Args:
        path: Made when it is not there.
        given_up: Asked while waiting; once true, the wait ends with `draining`.

    Raises:
        ProblemError: The disk does not allow it, or the wait was given up.

    """
    with disk_faults():
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, LOCK_FILE_MODE)
    try:
        while not _try(descriptor, fcntl.LOCK_EX):
            if given_up():
                raise ProblemError(Code.DRAINING, cause="stopped while waiting for the preparation lock")
            time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def hold(path: Path) -> int:
    """Say that this process uses the file that is at `path` now, and give the descriptor that says so."""
    with disk_faults():
        descriptor = os.open(path, os.O_RDONLY)
    _try(descriptor, fcntl.LOCK_SH)
    return descriptor


def let_go(descriptor: int) -> None:
    """Say that this process no longer uses a file that it held; the descriptor stays open."""
    _try(descriptor, fcntl.LOCK_UN)


def is_held(descriptor: int) -> bool:
    """Tell whether any process still holds a file, even if nobody can find that file by its path any more."""
    if not _try(descriptor, fcntl.LOCK_EX):
        return True
    let_go(descriptor)
    return False


def _try(descriptor: int, kind: int) -> bool:
    with disk_faults():
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
