"""How the workers of one server share their metrics: files in memory, one set for each place that a worker can take."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from itertools import count

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # the library's own name, which it reads while it is imported
PARENT = "/dev/shm"  # noqa: S108 - memory, and the only place besides /tmp that can be written
ROOM_BYTES = 4 * 1024 * 1024  # two workers take some 100 KiB


def make_folder() -> None:
    """Make the empty folder of this server's metrics; before anything imports the library, and in the master.

    Without room for it there is none, and each worker counts for itself: a page of memory that cannot be had when a
    worker writes to it would kill the worker.
    """
    os.environ.pop(VARIABLE, None)
    with suppress(OSError):
        if shutil.disk_usage(PARENT).free >= ROOM_BYTES:
            os.environ[VARIABLE] = tempfile.mkdtemp(prefix="api-metrics-", dir=PARENT)


def is_shared() -> bool:
    """Tell whether the workers count together."""
    return VARIABLE in os.environ


def remove_folder() -> None:
    """Remove the folder; in the master, at its end."""
    if folder := os.environ.pop(VARIABLE, None):
        shutil.rmtree(folder, ignore_errors=True)


def free_place(taken: Iterable[int]) -> int:
    """Give the first place that nobody has; in the master, before a fork."""
    others = set(taken)
    return next(place for place in count() if place not in others)


def take(place: int) -> None:
    """Write to the files of `place` from now on; in the worker, before it makes a metric.

    By the library's own choice they would be named after the process, and stay for each that has ended, since what it
    counted must not be lost: in the end they would fill the memory. So a worker goes on where the one before it ended.
    """
    from prometheus_client import values  # noqa: PLC0415 - not before the folder is made

    if is_shared():
        values.ValueClass = values.MultiProcessValue(lambda: place)


def leave(place: int) -> None:
    """Forget what only a living worker has, such as requests in flight; in the master, when a worker has ended."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - as above

    if is_shared():
        mark_process_dead(place)
