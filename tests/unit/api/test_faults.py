import errno
import os
import sqlite3

import pytest
import sqlalchemy.exc

from app.faults import cannot_open, code_of
from app.problems import Code


def sqlite_error(name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError("told by SQLite")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SQLITE_BUSY", Code.DB_LOCKED),
        ("SQLITE_BUSY_SNAPSHOT", Code.DB_LOCKED),
        ("SQLITE_LOCKED_SHAREDCACHE", Code.DB_LOCKED),
        ("SQLITE_NOTADB", Code.DB_NOT_A_DATABASE),
        ("SQLITE_CORRUPT", Code.DB_CORRUPT),
        ("SQLITE_CORRUPT_INDEX", Code.DB_CORRUPT),
        ("SQLITE_IOERR_CORRUPTFS", Code.DB_CORRUPT),
        ("SQLITE_IOERR_FSYNC", Code.DB_IO_ERROR),
        ("SQLITE_FULL", Code.DB_DISK_FULL),
        ("SQLITE_READONLY", Code.DB_READ_ONLY),
        ("SQLITE_READONLY_DBMOVED", Code.DB_REPLACED),
        ("SQLITE_READONLY_DIRECTORY", Code.DB_PERMISSION_DENIED),
        ("SQLITE_INTERRUPT", Code.DB_TIMEOUT),
        ("SQLITE_ERROR", None),
        ("SQLITE_CONSTRAINT_UNIQUE", None),
    ],
)
def test_each_result_code_of_sqlite_has_its_code(name: str, code: Code | None) -> None:
    error = sqlite_error(name)
    assert code_of(error) == code
    assert code_of(sqlalchemy.exc.OperationalError("SELECT 1", {}, error)) == code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOENT, Code.DB_MISSING),
        (errno.EISDIR, Code.DB_NOT_A_FILE),
        (errno.EACCES, Code.DB_PERMISSION_DENIED),
        (errno.EROFS, Code.DB_READ_ONLY),
        (errno.ENOSPC, Code.DB_DISK_FULL),
        (errno.EIO, Code.DB_IO_ERROR),
        (errno.ESTALE, Code.DB_IO_ERROR),
    ],
)
def test_each_error_of_the_file_system_has_its_code(number: int, code: Code) -> None:
    assert code_of(OSError(number, os.strerror(number))) == code


def test_a_mistake_in_the_program_is_no_fault_of_the_database() -> None:
    assert code_of(ValueError("x")) is None


def test_a_file_that_cannot_be_opened_asks_for_a_look_at_the_file() -> None:
    error = sqlite_error("SQLITE_CANTOPEN")
    assert cannot_open(error)
    assert code_of(error) is None
