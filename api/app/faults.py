"""What an exception of the disk or of SQLite means, as a code of the table. Pure decisions, no I/O."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy.exc

from app.problems import Code, ProblemError

# Result codes of SQLite by the start of their names, the longer names first; see sqlite.org/rescode.html.
# SQLITE_CANTOPEN is not here: only a look at the file says why it cannot be opened.
SQLITE_CODES: tuple[tuple[str, Code], ...] = (
    ("SQLITE_READONLY_DBMOVED", Code.DB_REPLACED),
    ("SQLITE_READONLY_DIRECTORY", Code.DB_PERMISSION_DENIED),
    ("SQLITE_READONLY", Code.DB_READ_ONLY),
    ("SQLITE_BUSY", Code.DB_LOCKED),
    ("SQLITE_LOCKED", Code.DB_LOCKED),
    ("SQLITE_PROTOCOL", Code.DB_LOCKED),
    ("SQLITE_IOERR_CORRUPTFS", Code.DB_CORRUPT),
    ("SQLITE_IOERR", Code.DB_IO_ERROR),
    ("SQLITE_FULL", Code.DB_DISK_FULL),
    ("SQLITE_NOTADB", Code.DB_NOT_A_DATABASE),
    ("SQLITE_CORRUPT", Code.DB_CORRUPT),
    ("SQLITE_PERM", Code.DB_PERMISSION_DENIED),
    ("SQLITE_INTERRUPT", Code.DB_TIMEOUT),
)

ERRNO_CODES: dict[int, Code] = {
    errno.ENOENT: Code.DB_MISSING,
    errno.ENOTDIR: Code.DB_MISSING,
    errno.EISDIR: Code.DB_NOT_A_FILE,
    errno.ELOOP: Code.DB_NOT_A_FILE,
    errno.ENAMETOOLONG: Code.DB_NOT_A_FILE,
    errno.EACCES: Code.DB_PERMISSION_DENIED,
    errno.EPERM: Code.DB_PERMISSION_DENIED,
    errno.EROFS: Code.DB_READ_ONLY,
    errno.ENOSPC: Code.DB_DISK_FULL,
    errno.EDQUOT: Code.DB_DISK_FULL,
}

# After these, an open connection may hold pages or files that no longer are the database's: it is not to be used again.
CONNECTION_IS_LOST = frozenset(
    {Code.DB_CORRUPT, Code.DB_NOT_A_DATABASE, Code.DB_IO_ERROR, Code.DB_READ_ONLY, Code.DB_REPLACED, Code.DB_MISSING}
)


def code_of(error: BaseException) -> Code | None:
    """Give the code for an exception, or `None` when it is no fault of the disk or the database file.

    A broken constraint or a mistake in SQL is the caller's, and no fault.
    """
    match driver_error(error):
        case sqlalchemy.exc.TimeoutError():
            return Code.DB_TIMEOUT
        case sqlite3.Error() as told:
            name = getattr(told, "sqlite_errorname", None) or ""
            return next((code for start, code in SQLITE_CODES if name.startswith(start)), None)
        case OSError(errno=number):
            return ERRNO_CODES.get(number or 0, Code.DB_IO_ERROR)
    return None


@contextmanager
def disk_faults() -> Iterator[None]:
    """Turn every `OSError` of the block into the `ProblemError` that it means."""
    try:
        yield
    except OSError as error:
        raise ProblemError(code_of(error) or Code.DB_IO_ERROR, cause=str(error)) from error


def cannot_open(error: BaseException) -> bool:
    """Tell whether SQLite could not open the file, which alone does not say why."""
    return (getattr(driver_error(error), "sqlite_errorname", None) or "").startswith("SQLITE_CANTOPEN")


def driver_error(error: BaseException) -> BaseException:
    """Give the error of the SQLite driver inside one of SQLAlchemy, any other error as it is."""
    return (error.orig or error) if isinstance(error, sqlalchemy.exc.DBAPIError) else error
