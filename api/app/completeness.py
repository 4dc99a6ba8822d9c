"""Whether the database file has all the pages that it should have.

In WAL mode SQLite itself goes by the page count of its index and notices missing pages only when it needs one. A file
shorter than its page count is right only while the last pages are still in the log; so in doubt they are brought home,
and then the file must be long enough. There is no doubt about a file that has not shrunk since it was found complete.
"""

from typing import Any

from app.datafile import DataFile
from app.problems import Code, ProblemError

READ_LENGTH = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
BRING_HOME = "PRAGMA wal_checkpoint(PASSIVE)"


def is_doubtful(size: int, needed: int, was_complete_at: int | None = None) -> bool:
    """Tell whether a file may have been cut short. Pure.

    Args:
        size: Its length in bytes.
        needed: The length that its page count comes to.
        was_complete_at: The length at which it was found complete last, if it ever was.

    """
    return size < needed and (was_complete_at is None or size < was_complete_at)


def judge(size: int, needed: int, brought_home: tuple[int, int, int]) -> bool:
    """Decide about a doubtful file after `BRING_HOME`, and tell whether that settled it. Pure.

    Args:
        size: Its length in bytes, now.
        needed: The length that its page count comes to.
        brought_home: What SQLite says of that: whether it was kept from it, pages in the log, pages brought home.

    Raises:
        ProblemError: `db_corrupt`.

    """
    was_kept, in_log, at_home = brought_home
    if was_kept or in_log != at_home:
        return False  # a reader still needs the log: the next check will tell
    if size < needed:
        raise ProblemError(Code.DB_CORRUPT, cause=f"the file has {size} of {needed} bytes")
    return True


def check_complete(driver_connection: Any, file: DataFile) -> None:
    """Find a file that has been cut short.

    Args:
        driver_connection: A connection in the manner of the DB-API, outside a transaction.
        file: Where the database is.

    Raises:
        ProblemError: `db_corrupt`.

    """
    cursor = driver_connection.cursor()
    (needed,) = cursor.execute(READ_LENGTH).fetchone()
    if is_doubtful(file.size(), needed):
        brought_home = cursor.execute(BRING_HOME).fetchone()
        judge(file.size(), needed, brought_home)
    cursor.close()
