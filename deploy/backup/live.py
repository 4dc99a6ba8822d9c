"""The database in use, for reading: as one more of its users, by the rules that all of them keep."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from app import locks
from app.datafile import DataFile
from app.engine import checking_engine, reading_engine
from app.prepare import check_users, examine
from backup.trouble import Refused

PATIENCE_SECONDS = 15.0  # with whoever prepares the database, which may take a migration or a check of all pages


@contextmanager
def reading(file: DataFile) -> Iterator[sqlite3.Connection]:
    """Give a connection to the database, whether the service runs or not.

    Raises:
        Refused: There is no database yet.
        ProblemError: It cannot be used now, or is not this service's.

    """
    if file.read_seal() is None and not file.exists():
        raise Refused(os.EX_UNAVAILABLE, "There is no database yet: `make up` creates it.")
    with locks.turn(file.lock_path, given_up=patience()):
        file.identity()
        use = locks.Use(file.use_path)
        try:
            check_users(file, use)
            examine(file, file.read_seal())
            # The last one to close a connection that may write brings the log home. A user among others must not do
            # that to files that may have been replaced by then.
            engine = reading_engine(file) if use.is_alone else checking_engine(file)
            raw = engine.raw_connection()
            raw.cursor().execute("SELECT 1 FROM sqlite_schema").fetchone()  # opens the log
            use.join(file.files().record)
        except BaseException:
            use.leave()
            raise
    driver: Any = raw.driver_connection
    try:
        yield driver
    finally:
        raw.close()
        use.leave()


@contextmanager
def alone(file: DataFile) -> Iterator[None]:
    """Have the database to oneself: whoever wants to use it waits.

    Raises:
        Refused: The service uses it.

    """
    with locks.turn(file.lock_path, given_up=patience()):
        use = locks.Use(file.use_path)
        try:
            if not use.is_alone:
                raise Refused(os.EX_TEMPFAIL, "The service uses the database: stop it first.")
            yield
        finally:
            use.leave()


def patience() -> Callable[[], bool]:
    """Begin to be patient; what is given back tells whether that is over."""
    until = time.monotonic() + PATIENCE_SECONDS
    return lambda: time.monotonic() > until
