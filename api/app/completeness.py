"""Whether the database file has all the pages that it should have."""

from typing import Any

from app.datafile import DataFile
from app.problems import Code, ProblemError


def check_complete(driver_connection: Any, file: DataFile, *, was_complete_at: int | None = None) -> int | None:
    """Find a file that has been cut short.

    In WAL mode SQLite itself goes by the page count of its index and notices missing pages only when it needs one. A
    file shorter than its page count is right only while the last pages are still in the log; so in doubt they are
    brought home, and then the file must be long enough. There is no doubt about a file that has not shrunk since it was
    found complete.

    Args:
        driver_connection: A connection in the manner of the DB-API, outside a transaction.
        file: Where the database is.
        was_complete_at: The length in bytes at which the file was complete last.

    Returns:
        The length in bytes at which it is known to be complete.

    Raises:
        ProblemError: `db_corrupt`.

    """
    cursor = driver_connection.cursor()
    try:
        (needed,) = _row(cursor, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        size = file.size()
        if size >= needed or (was_complete_at is not None and size >= was_complete_at):
            return size
        busy, in_log, brought_home = _row(cursor, "PRAGMA wal_checkpoint(PASSIVE)")
        if busy or in_log != brought_home:
            return was_complete_at  # a reader still needs the log: the next check will tell
        if (size := file.size()) < needed:
            raise ProblemError(Code.DB_CORRUPT, cause=f"{file.path} has {size} of {needed} bytes")
        return size
    finally:
        cursor.close()


def _row(cursor: Any, statement: str) -> tuple[int, ...]:
    cursor.execute(statement)
    return tuple(cursor.fetchone())
