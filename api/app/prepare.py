"""Make the database ready for use: lock, examine, create or migrate, seal."""

from collections.abc import Callable
from contextlib import closing

import structlog
from sqlalchemy import PoolProxiedConnection
from sqlalchemy.exc import DatabaseError

from app import lineage, schema
from app.completeness import check_complete
from app.datafile import DataFile, Identity
from app.engine import examining_engine, preparing_engine
from app.faults import code_of
from app.problems import Code, ProblemError

log = structlog.stdlib.get_logger(__name__)


def prepare(file: DataFile, *, may_create: bool = True, given_up: Callable[[], bool]) -> Identity:
    """Create the database on an empty volume, or migrate the one that is there, and give the file that is ready.

    All processes and containers on the volume take turns; whoever comes second finds nothing left to do. A file that is
    not this service's is left as it is.

    Args:
        file: Where the database is.
        may_create: Whether an empty volume may get a new database; not so where one has been in use until now.
        given_up: Asked while waiting for the turn; once true, preparing ends with `draining`.

    Raises:
        ProblemError: The disk or the file does not allow it; the code says why.

    """
    with file.lock(given_up=given_up):
        seal = file.read_seal()
        if may_create and seal is None and not file.exists():
            file.create()
            log.info("database created", path=str(file.path))
        identity = file.identity()
        try:
            _bring_up_to_date(file, seal, _examine(file, seal))
        except ProblemError:
            raise
        except Exception as error:
            if problem := file.problem_of(error):
                raise problem from error
            # What is left is a migration that does not work: the schema stays behind until it is corrected.
            raise ProblemError(Code.DB_SCHEMA_BEHIND, cause=f"{type(error).__name__}: {error}") from error
        return identity


def _examine(file: DataFile, seal: int | None) -> lineage.Header | None:
    """Judge the file from outside, without leaving a trace on it; `None` when only SQLite's recovery can tell."""
    try:
        with examining_engine(file).connect() as connection:
            header = lineage.read_header(connection)
    except DatabaseError as error:
        # A crash in the middle of a checkpoint leaves a file that is whole only together with its log.
        if code_of(error) is Code.DB_CORRUPT and seal is not None and file.wal_bytes():
            return None
        raise
    lineage.judge(header, seal)
    return header


def _bring_up_to_date(file: DataFile, seal: int | None, seen: lineage.Header | None) -> None:
    engine = preparing_engine(file)
    with engine.begin() as connection:
        if seen and seen.pages == 0:
            lineage.found(connection)
        header = lineage.read_header(connection)
        lineage.judge(header, seal)
        schema.migrate(connection)
    with closing(engine.raw_connection()) as connection:  # outside a transaction, as both of these must be
        check_complete(connection, file)
        _switch_to_wal(connection)
    if seal is None:
        file.write_seal(header.lineage)


def _switch_to_wal(connection: PoolProxiedConnection) -> None:
    """Switch the journal once, here under the lock: two processes doing it at the same time fail each other."""
    (mode,) = connection.cursor().execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise ProblemError(Code.DB_IO_ERROR, cause=f"the journal mode is {mode} and cannot be switched to wal")
