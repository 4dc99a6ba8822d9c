"""Whose database a file is: read from the file's header, and compared with what the volume remembers."""

import secrets
from typing import NamedTuple

from sqlalchemy import Connection

from app.problems import Code, ProblemError

APPLICATION_ID = 0x46415351  # "FASQ": marks the files of this service; see sqlite.org/pragma.html#pragma_application_id


class Header(NamedTuple):
    """What the header of an SQLite file says about its origin.

    Attributes:
        pages: Size of the database in pages; 0 for an empty file.
        application: Whose kind of file it is.
        lineage: Which database it is: a random number that every copy and backup of it shares, kept in `user_version`.

    """

    pages: int
    application: int
    lineage: int


READ_HEADER = """
SELECT page_count, application_id, user_version FROM pragma_page_count, pragma_application_id, pragma_user_version
"""


def read_header(connection: Connection) -> Header:
    """Read the header."""
    return Header(*connection.exec_driver_sql(READ_HEADER).one())


def judge(header: Header, seal: int | None) -> None:
    """Decide whether a file is this volume's database. Pure.

    Args:
        header: What the file says.
        seal: The lineage of the database that the volume holds, `None` when it has held none.

    Raises:
        ProblemError: `db_foreign` for another application's file, `db_replaced` for another or an empty database.

    """
    if header.pages == 0:
        if seal is not None:
            raise ProblemError(Code.DB_REPLACED, cause=f"an empty file stands where database {seal:08x} has been")
        return
    if header.application != APPLICATION_ID:
        raise ProblemError(Code.DB_FOREIGN, cause=f"its application_id is {header.application}, not {APPLICATION_ID}")
    if seal is not None and seal != header.lineage:
        raise ProblemError(
            Code.DB_REPLACED, cause=f"the volume holds database {seal:08x}, the file is database {header.lineage:08x}"
        )


def found(connection: Connection) -> None:
    """Make an empty file this service's new database."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {secrets.randbelow(2**31 - 1) + 1}")
