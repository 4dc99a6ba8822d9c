"""Whether the database file has all the pages that it should have."""

from typing import Any

from app.datafile import DataFile
from app.problems import Code, ProblemError


def check_complete(driver_connection: Any, file: DataFile) -> None:
    """Find a file that has been cut short.

    In WAL mode SQLite itself goes by the page count of its index and notices missing pages only when it needs one. A
    file shorter than its page count is right only while the last pages are still in the log; so in doubt they are
    brought home, and then the file must be long enough.

    Args:
        driver_connection: A connection in the manner of the DB-API, outside a transaction.
        file: Where the database is.

    Raises:
        ProblemError: `db_corrupt`.

    """
    cursor = driver_connection.cursor()
    try:
        needed = _row(cursor, "PRAGMA page_count")[0] * _row(cursor, "PRAGMA page_size")[0]
        if file.size() >= needed:
            return
        busy, in_log, brought_home = _row(cursor, "PRAGMA wal_checkpoint(PASSIVE)")
        if busy or in_log != brought_home:
            return  # a reader still needs the log: the next check will tell
        if (size := file.size()) < needed:
            raise ProblemError(Code.DB_CORRUPT, cause=f"{file.path} has {size} of {needed} bytes")
    finally:
        cursor.close()


def _row(cursor: Any, statement: str) -> tuple[int, ...]:
    cursor.execute(statement)
    return tuple(cursor.fetchone())
