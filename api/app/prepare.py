"""Make the database ready for use: lock, examine, create or migrate, seal."""

from collections.abc import Callable

import structlog
from sqlalchemy import Engine

from app import lineage, schema
from app.datafile import DataFile, Identity
from app.engine import examining_engine, preparing_engine
from app.problems import Code, ProblemError

log = structlog.stdlib.get_logger(__name__)


def prepare(file: DataFile, *, given_up: Callable[[], bool]) -> Identity:
    """Create the database on an empty volume, or migrate the one that is there, and give the file that is ready.

    All processes and containers on the volume take turns; whoever comes second finds nothing left to do. A file that is
    not this service's is left as it is.

    Args:
        file: Where the database is.
        given_up: Asked while waiting for the turn; once true, preparing ends with `draining`.

    Raises:
        ProblemError: The disk or the file does not allow it; the code says why.

    """
    with file.lock(given_up=given_up):
        seal = file.read_seal()
        if not file.exists() and seal is None:
            file.create()
            log.info("database created", path=str(file.path))
        identity = file.identity()
        try:
            is_empty = _examine(file, seal).pages == 0
            _bring_up_to_date(file, seal, is_new=is_empty)
        except ProblemError:
            raise
        except Exception as error:
            if problem := file.problem_of(error):
                raise problem from error
            # What is left is a migration that does not work: the schema stays behind until it is corrected.
            raise ProblemError(Code.DB_SCHEMA_BEHIND, cause=f"{type(error).__name__}: {error}") from error
        return identity


def _examine(file: DataFile, seal: int | None) -> lineage.Header:
    with examining_engine(file).connect() as connection:
        header = lineage.read_header(connection)
    lineage.judge(header, seal)
    return header


def _bring_up_to_date(file: DataFile, seal: int | None, *, is_new: bool) -> None:
    engine = preparing_engine(file)
    with engine.begin() as connection:
        if is_new:
            lineage.found(connection)
        header = lineage.read_header(connection)
        schema.migrate(connection)
    _switch_to_wal(engine)
    if seal is None:
        file.write_seal(header.lineage)


def _switch_to_wal(engine: Engine) -> None:
    """Switch the journal once, here under the lock: two processes doing it at the same time fail each other."""
    connection = engine.raw_connection()  # outside a transaction, in which the mode cannot be changed
    try:
        (mode,) = connection.cursor().execute("PRAGMA journal_mode = WAL").fetchone()
    finally:
        connection.close()
    if mode != "wal":
        raise ProblemError(Code.DB_IO_ERROR, cause=f"the journal mode is {mode} and cannot be switched to wal")
