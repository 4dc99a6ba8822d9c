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
LONGEST_RECORD = 4096


@contextmanager
def turn(path: Path, *, given_up: Callable[[], bool]) -> Iterator[None]:
    """Hold the lock file at `path`, which one process at a time can.

    Args:
        path: Made when it is not there.
        given_up: Asked while waiting; once true, the wait ends with `draining`.

    Raises:
        ProblemError: The disk does not allow it, or the wait was given up.

    """
    descriptor = open_file(path)
    try:
        while not _try(descriptor, fcntl.LOCK_EX):
            if given_up():
                raise ProblemError(Code.DRAINING, cause="stopped while waiting for the preparation lock")
            time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


class Queue:
    """Where writers of all processes queue for their turn to write.

    SQLite's own lock has no queue: whoever waits for it sleeps and looks again, and can starve beside a busy writer.
    As a context manager it holds the turn.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = open_file(path)

    def __enter__(self) -> None:
        """Wait for the turn, without a limit: the kernel ends the turn of a process that dies."""
        with disk_faults():
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        """Let the next writer have its turn."""
        with disk_faults():
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """End all use of the queue."""
        os.close(self._descriptor)


class Use:
    """The use of something by this process, and the record of what it is that all present users use.

    To be made, and joined, by those whose turn it is.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = open_file(path)
        self.is_alone = _try(self._descriptor, fcntl.LOCK_EX)
        with disk_faults():
            self.record = os.pread(self._descriptor, LONGEST_RECORD, 0).decode(errors="replace")

    def join(self, record: str) -> None:
        """Become one of the users; who is alone says what is used from now on.

        Raises:
            ProblemError: `db_starting` when the others use something else.

        """
        if not self.is_alone and record != self.record:
            raise ProblemError(
                Code.DB_STARTING, cause=f"another process still uses {self.record}, and this one {record}"
            )
        with disk_faults():
            if self.is_alone:
                os.pwrite(self._descriptor, record.encode(), 0)
                os.ftruncate(self._descriptor, len(record))
        if not _try(self._descriptor, fcntl.LOCK_SH):
            raise ProblemError(Code.DB_STARTING, cause="another process holds the lock of the users")

    def leave(self) -> None:
        """End the use."""
        os.close(self._descriptor)


@contextmanager
def chance(path: Path) -> Iterator[bool]:
    """Hold the lock file at `path` if nobody else does, and tell whether that is so.

    Raises:
        ProblemError: The disk does not allow it.

    """
    descriptor = open_file(path)
    try:
        yield _try(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def open_file(path: Path) -> int:
    """Open a file of the processes on the volume, and make it when it is not there; the caller closes it.

    Raises:
        ProblemError: The disk does not allow it.

    """
    with disk_faults():
        return os.open(path, os.O_CREAT | os.O_RDWR, LOCK_FILE_MODE)


def _try(descriptor: int, kind: int) -> bool:
    with disk_faults():
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
