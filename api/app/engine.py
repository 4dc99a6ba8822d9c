"""How this service opens SQLite: the address of the file, the pragmas, the kinds of connection."""

import sqlite3
from contextlib import suppress
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.datafile import DataFile
from app.faults import CONNECTION_IS_LOST, code_of
from app.problems import Code, ProblemError

BUSY_SECONDS = 5.0
PROBE_BUSY_SECONDS = 0.25

# Name, value, and how SQLite gives the value back.
Pragma = tuple[str, str, int]

PRAGMAS: tuple[Pragma, ...] = (
    ("foreign_keys", "ON", 1),  # SQLite leaves declared references unchecked by default
    ("synchronous", "FULL", 2),  # a commit is on the disk before it is acknowledged
    ("temp_store", "MEMORY", 2),  # the root file system is read-only: no temporary files
    ("cache_size", "-16384", -16384),  # 16 MiB of pages a connection
    ("mmap_size", "0", 0),  # under mmap a truncated file is a SIGBUS that kills the worker, not an error
    ("journal_size_limit", "67108864", 67108864),  # a write-ahead log that once grew shrinks back to 64 MiB
    ("trusted_schema", "OFF", 0),  # the file's schema cannot call functions with side effects
)
QUERY_ONLY: Pragma = ("query_only", "ON", 1)
NO_FOREIGN_KEYS: Pragma = ("foreign_keys", "OFF", 0)

Begin = Literal["BEGIN", "BEGIN IMMEDIATE"]
Mode = Literal["ro", "rw"]


def database_url(file: DataFile, driver: str, *, mode: Mode = "rw", immutable: bool = False) -> URL:
    """Give the address of the database file, whatever characters its path has.

    `mode=rw` never creates a file: SQLite's own default would put an empty database where one has vanished.
    """
    query = {"uri": "true", "mode": mode, **({"immutable": "1"} if immutable else {})}
    return URL.create(f"sqlite+{driver}", database=f"file://{quote(str(file.path))}", query=query)


def reading_engine(file: DataFile, *, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """Make the engine of the read units, whose connections refuse to write; whoever runs units says BEGIN and COMMIT.

    Args:
        file: Where the database is.
        busy_seconds: How long a connection waits for a lock.

    """
    return _left_to_the_caller(_prepared(_engine(file), busy_seconds=busy_seconds, extra=(QUERY_ONLY,)))


def writing_engine(file: DataFile) -> Engine:
    """Make the engine of the write units; whoever runs units says BEGIN and COMMIT."""
    return _left_to_the_caller(_prepared(_engine(file)))


def plain_engine(file: DataFile) -> Engine:
    """Make an engine whose every transaction takes the write lock at its start."""
    return _prepared(_engine(file), begin="BEGIN IMMEDIATE")


def migrating_engine(file: DataFile) -> Engine:
    """Make the engine of the migrations.

    Without foreign keys, as sqlite.org/lang_altertable.html asks: most changes rebuild a table, and dropping the old
    one would delete the rows that refer to it.
    """
    return _prepared(_engine(file), begin="BEGIN IMMEDIATE", extra=(NO_FOREIGN_KEYS,))


def examining_engine(file: DataFile) -> Engine:
    """Make an engine that reads the file without taking locks or leaving anything beside it."""
    return create_engine(database_url(file, "pysqlite", mode="ro", immutable=True), poolclass=NullPool)


def checking_engine(file: DataFile) -> Engine:
    """Make the engine of a check in the background, which may outlive all others.

    Read-only, because the last connection to be closed would otherwise remove the log, which may be that of a backup
    by then.
    """
    return _left_to_the_caller(_prepared(_engine(file, mode="ro")))


def probing_engine(file: DataFile) -> AsyncEngine:
    """Make the engine of the deep check: a new connection each time, and little patience with a held lock.

    Without the pragmas, which are for those who write or read much: each would cost hops to aiosqlite's thread.
    """
    url, patience = database_url(file, "aiosqlite"), {"timeout": PROBE_BUSY_SECONDS}
    return create_async_engine(url, poolclass=NullPool, connect_args=patience)


def _engine(file: DataFile, mode: Mode = "rw") -> Engine:
    return create_engine(database_url(file, "pysqlite", mode=mode), poolclass=NullPool)


def _prepared(
    engine: Engine,
    *,
    begin: Begin | None = None,
    busy_seconds: float = BUSY_SECONDS,
    extra: tuple[Pragma, ...] = (),
) -> Engine:
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own, implicit transactions are off: see on_begin
        cursor = connection.cursor()
        # First, because every later pragma may meet a lock.
        cursor.execute(f"PRAGMA busy_timeout = {busy_seconds * 1000:.0f}")
        for name, value, shown in (*PRAGMAS, *extra):
            cursor.execute(f"PRAGMA {name} = {value}")
            cursor.execute(f"PRAGMA {name}")
            if (found := cursor.fetchone()) != (shown,):  # SQLite says nothing about a pragma that it does not follow
                raise ProblemError(Code.DB_IO_ERROR, cause=f"PRAGMA {name} is {found} after it was set to {value}")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        if begin:
            connection.exec_driver_sql(begin)

    def on_error(context: ExceptionContext) -> None:
        if code_of(context.original_exception) in CONNECTION_IS_LOST:
            context.is_disconnect = True  # it is closed at once, so that the fault does not outlive its cause

    def on_loss(connection: Any, *_: object) -> None:
        # SQLite puts off the end of a connection until the last of its statements is gone, and the traceback of the
        # error may hold on to one for long: with the write lock.
        with suppress(sqlite3.Error):
            connection.rollback()

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    event.listen(engine, "handle_error", on_error)
    event.listen(engine, "invalidate", on_loss)
    return engine


def _left_to_the_caller(engine: Engine) -> Engine:
    """Keep SQLAlchemy from ending transactions: one of them spans the units of many sessions."""
    for name in ("do_commit", "do_rollback"):
        setattr(engine.dialect, name, lambda _connection: None)
    return engine
