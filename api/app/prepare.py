"""Make the database ready for use: lock, examine, create, check all pages, take a snapshot, migrate, seal."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import structlog
from sqlalchemy import PoolProxiedConnection
from sqlalchemy.exc import DatabaseError

from app import lineage, locks, schema
from app.completeness import BRING_HOME, check_complete
from app.datafile import DataFile, Files, Identity
from app.engine import examining_engine, migrating_engine, plain_engine
from app.faults import code_of, disk_faults
from app.integrity import check_at_start
from app.lookout import FREE_FLOOR_BYTES
from app.opened import Opened
from app.problems import Code, ProblemError

log = structlog.stdlib.get_logger(__name__)


def prepare(file: DataFile, *, may_create: bool = True, given_up: Callable[[], bool]) -> Opened:
    """Create the database on an empty volume, or migrate the one that is there, and open it.

    All processes and containers on the volume take turns; whoever comes second finds nothing left to do. A file that is
    not this service's is left as it is.

    Args:
        file: Where the database is.
        may_create: Whether an empty volume may get a new database; not so where one has been in use until now.
        given_up: Asked while waiting for the turn; once true, preparing ends with `draining`.

    Raises:
        ProblemError: The disk or the file does not allow it; the code says why.

    """
    _refuse_awaited(file)  # the replica's service may have its turn for long
    with locks.turn(file.lock_path, given_up=given_up):
        _refuse_awaited(file)
        seal = file.read_seal()
        if may_create and seal is None and not file.exists():
            file.create()
            log.info("database created", path=str(file.path))
        use = locks.Use(file.use_path)
        try:
            check_users(file, use)
            judged = file.identity()
            examine(file, seal)
            _refuse_newer(file, use)
            _found(file, seal)
            check_at_start(file, is_alone=use.is_alone, given_up=given_up)
            _refuse_another(file.identity(), judged)  # before anything is written to it
            lineage_now = _bring_up_to_date(file)
            if seal is None:
                file.write_seal(lineage_now)
            opened = Opened(file, use)
        except Exception as error:
            use.leave()
            if isinstance(error, ProblemError):
                raise
            if problem := file.problem_of(error):
                raise problem from error
            # What is left is a schema that cannot even be read.
            raise ProblemError(Code.DB_SCHEMA_BEHIND, cause=f"{type(error).__name__}: {error}") from error
        try:
            _refuse_another(opened.files.database, judged)
        except ProblemError:
            opened.close()
            raise
        return opened


def _refuse_another(found: Identity, judged: Identity) -> None:
    """Begin again where the file was replaced meanwhile: what was found of the one says nothing of the other."""
    if found != judged:
        raise ProblemError(Code.DB_STARTING, cause=f"file {judged} was replaced by {found} while it was prepared")


def _refuse_awaited(file: DataFile) -> None:
    """Begin no new database where the replica's service is to bring back the one that was lost."""
    with disk_faults():
        if file.awaited_path.exists() and not file.exists():
            raise ProblemError(Code.DB_REPLICA_UNAVAILABLE, cause="the empty volume waits for what its replica holds")


def check_users(file: DataFile, use: locks.Use) -> None:
    """Keep out while others use other files: two logs or indexes of one database would write past each other."""
    recorded, found = Files.from_record(use.record), file.files()
    if not use.is_alone and recorded != found:
        raise ProblemError(Code.DB_STARTING, cause=f"another process still uses {recorded}, and now there is {found}")
    if recorded and recorded.log == found.log and recorded.database != found.database and file.log_bytes():
        # Nobody has lived to bring it home; SQLite would apply it to the file that is there now.
        raise ProblemError(Code.DB_REPLACED, cause=f"{file.log_path} is the log of the file that was there before")


def examine(file: DataFile, seal: int | None) -> None:
    """Judge the file from outside, without leaving a trace on it."""
    try:
        with examining_engine(file).connect() as connection:
            header = lineage.read_header(connection)
    except DatabaseError as error:
        # A crash in the middle of a checkpoint leaves a file that is whole only together with its log: SQLite's
        # recovery comes first, and the judgement after it.
        if code_of(error) is Code.DB_CORRUPT and seal is not None and file.log_bytes():
            return
        raise
    lineage.judge(header, seal)


def _refuse_newer(file: DataFile, use: locks.Use) -> None:
    """Leave the database of a newer version without a trace, as long as the file alone says that it is one."""
    if use.is_alone and not file.log_bytes():
        with examining_engine(file).connect() as connection:
            schema.refuse_newer(connection)


def _found(file: DataFile, seal: int | None) -> None:
    """Make an empty file this service's new database: one page, written whole or not at all, and then the log."""
    engine = plain_engine(file)
    with closing(engine.raw_connection()) as raw:
        is_empty = raw.cursor().execute("PRAGMA page_count").fetchone() == (0,)
    with engine.begin() as connection:
        if is_empty:
            lineage.found(connection)
        lineage.judge(lineage.read_header(connection), seal)
    with closing(engine.raw_connection()) as raw:
        check_complete(raw, file)
        _switch_to_wal(raw)


def _bring_up_to_date(file: DataFile) -> int:
    """Migrate in one transaction that takes a snapshot first: it holds the write lock, so nobody writes in between."""
    with migrating_engine(file).begin() as connection:
        was_behind = schema.migrate(connection, before=lambda revision: _take_snapshot(file, revision))
        lineage_now = lineage.read_header(connection).lineage
    file.snapshots.settle()
    if was_behind:
        file.snapshots.prune()
    return lineage_now


def _take_snapshot(file: DataFile, revision: str) -> None:
    """Keep the database as it is before the migration, which another connection sees until that is committed."""
    with closing(plain_engine(file).raw_connection()) as raw:
        driver: Any = raw.driver_connection
        was_kept, in_log, at_home = driver.execute(BRING_HOME).fetchone()
        is_home = not was_kept and in_log == at_home
        needed = file.size() + file.log_bytes() + FREE_FLOOR_BYTES
        file.snapshots.take(driver, revision, home=file.path if is_home else None, needed=needed)


def _switch_to_wal(connection: PoolProxiedConnection) -> None:
    """Switch the journal once, here under the lock: two processes doing it at the same time fail each other."""
    (mode,) = connection.cursor().execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise ProblemError(Code.DB_IO_ERROR, cause=f"the journal mode is {mode} and cannot be switched to wal")
