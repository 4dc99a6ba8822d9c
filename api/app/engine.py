"""How this service opens SQLite: the address of the file, the pragmas, the kinds of transaction."""

from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.datafile import DataFile
from app.faults import CONNECTION_IS_LOST, code_of

BUSY_SECONDS = 5.0
PROBE_BUSY_SECONDS = 0.25

PRAGMAS = (
    "PRAGMA foreign_keys = ON",  # SQLite leaves declared references unchecked by default
    "PRAGMA synchronous = FULL",  # a commit is on the disk before it is acknowledged
    "PRAGMA temp_store = MEMORY",  # the root file system is read-only: no temporary files
    "PRAGMA cache_size = -16384",  # 16 MiB of pages a connection
    "PRAGMA mmap_size = 0",  # under mmap a truncated file is a SIGBUS that kills the worker, not an error
    "PRAGMA journal_size_limit = 67108864",  # a write-ahead log that once grew shrinks back to 64 MiB
    "PRAGMA trusted_schema = OFF",  # the file's schema cannot call functions with side effects
)

Begin = Literal["BEGIN", "BEGIN IMMEDIATE"]


def database_url(file: DataFile, driver: str, *, immutable: bool = False) -> URL:
    """Give the address of the database file, whatever characters its path has.

    `mode=rw` never creates a file: SQLite's own default would put an empty database where one has vanished.
    """
    query = {"uri": "true", "mode": "ro", "immutable": "1"} if immutable else {"uri": "true", "mode": "rw"}
    return URL.create(f"sqlite+{driver}", database=f"file://{quote(str(file.path))}", query=query)


def reading_engine(file: DataFile, connections: int) -> Engine:
    """Make the engine of the read units: at most `connections` connections, which refuse to write."""
    engine = create_engine(database_url(file, "pysqlite"), poolclass=QueuePool, pool_size=connections, max_overflow=0)
    return _prepared(engine, begin="BEGIN", busy_seconds=BUSY_SECONDS, extra=("PRAGMA query_only = ON",))


def writing_engine(file: DataFile) -> Engine:
    """Make the engine of the write units: one connection, which takes the write lock at the start."""
    engine = create_engine(database_url(file, "pysqlite"), poolclass=QueuePool, pool_size=1, max_overflow=0)
    return _prepared(engine, begin="BEGIN IMMEDIATE", busy_seconds=BUSY_SECONDS)


def plain_engine(file: DataFile) -> Engine:
    """Make an engine without a pool: a new connection each time."""
    engine = create_engine(database_url(file, "pysqlite"), poolclass=NullPool)
    return _prepared(engine, begin="BEGIN IMMEDIATE", busy_seconds=BUSY_SECONDS)


def migrating_engine(file: DataFile) -> Engine:
    """Make the engine of the migrations.

    Without foreign keys, as sqlite.org/lang_altertable.html asks: most changes rebuild a table, and dropping the old
    one would delete the rows that refer to it.
    """
    engine = create_engine(database_url(file, "pysqlite"), poolclass=NullPool)
    extra = ("PRAGMA foreign_keys = OFF",)
    return _prepared(engine, begin="BEGIN IMMEDIATE", busy_seconds=BUSY_SECONDS, extra=extra)


def examining_engine(file: DataFile) -> Engine:
    """Make an engine that reads the file without taking locks or leaving anything beside it."""
    return create_engine(database_url(file, "pysqlite", immutable=True), poolclass=NullPool)


def probing_engine(file: DataFile) -> AsyncEngine:
    """Make the engine of the deep check: a new connection each time, and little patience with a held lock."""
    engine = create_async_engine(database_url(file, "aiosqlite"), poolclass=NullPool)
    _prepared(engine.sync_engine, begin="BEGIN IMMEDIATE", busy_seconds=PROBE_BUSY_SECONDS)
    return engine


def _prepared(engine: Engine, *, begin: Begin, busy_seconds: float, extra: tuple[str, ...] = ()) -> Engine:
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own, implicit transactions are off: see on_begin
        cursor = connection.cursor()
        # First, because every later pragma may meet a lock.
        cursor.execute(f"PRAGMA busy_timeout = {busy_seconds * 1000:.0f}")
        for pragma in (*PRAGMAS, *extra):
            cursor.execute(pragma)
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    def on_error(context: ExceptionContext) -> None:
        if code_of(context.original_exception) in CONNECTION_IS_LOST:
            context.is_disconnect = True  # the pool drops its connections, so that the fault does not outlive its cause

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    event.listen(engine, "handle_error", on_error)
    return engine
