"""A copy of a database in use, all of it as it was at one moment, by SQLite's own backup."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from app.faults import disk_faults
from app.problems import Code, ProblemError

COPY_MODE = 0o640


def copy(source: sqlite3.Connection, target: Path) -> None:
    """Copy the database of a connection into a new file, and bring that to the disk.

    In one step, which sees one state: were it taken in parts, each write by another process would begin it anew. In
    WAL mode it holds up no writer, but the log cannot be emptied meanwhile.

    Args:
        source: Outside a transaction; reading is enough.
        target: Must not exist.

    Raises:
        sqlite3.Error: The source cannot be read or the target not be written.
        ProblemError: The disk does not allow it.

    """
    with disk_faults():
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, COPY_MODE))
        target.chmod(COPY_MODE)  # whatever the umask is
    with closing(sqlite3.connect(target)) as copied:
        # A copy that is not finished is of no use: no journal for it, and one sync at its end.
        copied.execute("PRAGMA journal_mode = OFF")
        copied.execute("PRAGMA synchronous = OFF")
        source.backup(copied, pages=-1)
    sync(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Bring a file's content, or a directory's names, to the disk.

    Raises:
        ProblemError: The disk does not allow it.

    """
    with disk_faults():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check_room(folder: Path, needed: int, what: str) -> None:
    """Make sure that a volume has room, before it is filled in vain.

    Args:
        folder: A directory on it.
        needed: Bytes.
        what: For which purpose, as in "a snapshot before the migration".

    Raises:
        ProblemError: `db_disk_full`, with the numbers in its cause.

    """
    with disk_faults():
        volume = os.statvfs(folder)
    free = volume.f_bavail * volume.f_frsize
    if free < needed:
        cause = f"{what} needs {needed} bytes on the volume of {folder}, and {free} are free"
        raise ProblemError(Code.DB_DISK_FULL, cause=cause)
