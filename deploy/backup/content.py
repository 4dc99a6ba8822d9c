"""What a closed database file holds: whether it is sound, its rows, and a hash of all its content."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from app.lineage import READ_HEADER, Header
from app.schema import READ_REVISION

LONGEST_FINDING = 300

# SQLite's own statistics and Litestream's marks come and go without anybody's writing.
OBJECTS = """
SELECT type, name, sql FROM sqlite_schema
WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_litestream\\_%' ESCAPE '\\' ORDER BY type, name
"""


class Content(NamedTuple):
    """What a database holds.

    Attributes:
        revision: That of the schema, `None` where it was never migrated.
        rows: Number of rows of each table.
        digest: Of the schema and of every row; equal exactly where those are, however the file lies on the disk.

    """

    revision: str | None
    rows: dict[str, int]
    digest: str


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database that nobody else uses, for reading, and leave nothing beside it."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")  # it may be anybody's
        yield connection


def header(connection: sqlite3.Connection) -> Header:
    """Read whose database it is.

    Raises:
        sqlite3.Error: It cannot be read.

    """
    return Header(*connection.execute(READ_HEADER).fetchone())


def lineage(path: Path) -> int | None:
    """Read which database a closed file is, `None` where it cannot be read."""
    try:
        with opened(path) as connection:
            return header(connection).lineage
    except sqlite3.Error:
        return None


def damage(connection: sqlite3.Connection) -> str | None:
    """Check every page, row and index, and give the first thing that is wrong."""
    try:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        found = str(error)
    return None if found == "ok" else " ".join(str(found).split())[:LONGEST_FINDING]


def broken_references(connection: sqlite3.Connection) -> int:
    """Count the rows that refer to one that is not there."""
    return sum(1 for _ in connection.execute("PRAGMA foreign_key_check"))


def revision(connection: sqlite3.Connection) -> str | None:
    """Read the schema's revision, `None` where there is none."""
    try:
        row = connection.execute(READ_REVISION).fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname == "SQLITE_ERROR":  # no such table
            return None
        raise
    return None if row is None else str(row[0])


def read(connection: sqlite3.Connection) -> Content:
    """Read everything.

    Raises:
        sqlite3.Error: It cannot be read.

    """
    its_revision = revision(connection)
    objects, digest, rows = connection.execute(OBJECTS).fetchall(), hashlib.sha256(), {}
    digest.update(ascii(objects).encode())
    # Text need not be valid to be the same, and is not the blob of the same bytes, which comes as `bytes`.
    text_factory, connection.text_factory = connection.text_factory, bytearray
    try:
        for name in (name for kind, name, sql in objects if kind == "table" and not sql.startswith("CREATE VIRTUAL")):
            rows[name] = _add(connection, name, digest)
    finally:
        connection.text_factory = text_factory
    return Content(its_revision, rows, f"sha256:{digest.hexdigest()}")


def _add(connection: sqlite3.Connection, table: str, digest: "hashlib._Hash") -> int:
    """Add a table's rows in the order of their keys, and count them."""
    name = table.replace('"', '""')
    found = connection.execute(f'SELECT * FROM "{name}" NOT INDEXED')  # noqa: S608 - quoted as SQLite wants it
    count = 0
    digest.update(f"\n{table}\n".encode())
    for row in found:  # one by one: rows may be long
        digest.update(ascii(row).encode())
        count += 1
    return count
