"""The connections in use, and the files that they were opened on."""

import gc
import sqlite3
from collections.abc import Iterable
from contextlib import ExitStack, suppress

import structlog

from app.datafile import DataFile
from app.engine import plain_engine, reading_engine, writing_engine
from app.group import Unit, commit_together
from app.locks import Queue, Use
from app.lookout import Lookout
from app.problems import Code, ProblemError
from app.readers import Readers
from app.schema import READ_REVISION
from app.unit import UnitConnection

log = structlog.stdlib.get_logger(__name__)

PATIENCE_MS = 500
LOOP_STEPS = 500  # some 20 µs, a small part of what a unit may take of the event loop


class Opened:
    """A database in use, from its opening to its closing.

    One idle connection, the anchor, stays open all the time. So SQLite never removes the write-ahead log or its index
    in between, and one that is gone was taken away by somebody else, together with what had been written to it.
    """

    def __init__(self, file: DataFile, use: Use) -> None:
        self._file = file
        self._use = use
        with ExitStack() as undoing:
            self._anchor = plain_engine(file).raw_connection()
            undoing.callback(self._anchor.close)
            self._anchor.cursor().execute("SELECT 1 FROM sqlite_master").fetchone()  # a real page, which opens the log
            self._lookout = Lookout(file)
            undoing.callback(self._lookout.close)
            self.files, self._traits = file.files(), self._lookout.traits()
            self._queue = Queue(file.queue_path)
            undoing.callback(self._queue.close)
            self._writing = UnitConnection(writing_engine(file))
            undoing.callback(self._writing.close)
            self.loop_reader = UnitConnection(reading_engine(file, busy_seconds=0), steps_between_looks=LOOP_STEPS)
            undoing.callback(self.loop_reader.close)
            use.join(self.files.record)
            undoing.pop_all()
        self.readers = Readers(reading_engine(file))

    def verify(self) -> None:
        """Check that the files are still those that were opened; costs a few microseconds.

        Raises:
            ProblemError: They are not, or the service may no longer use them.

        """
        traits = self._lookout.traits()
        if traits is None or traits != self._traits:
            self.verify_path()
            self._traits = traits

    def verify_path(self) -> None:
        """Check the same from the root on, so that a directory that was moved is noticed, too.

        Raises:
            ProblemError: As `verify` does.

        """
        if self._lookout.traits() == self._traits and self._lookout.is_at_its_path():
            return
        found = self._file.files()
        if found != self.files:
            raise ProblemError(Code.DB_REPLACED, cause=f"{self._file.path} was {self.files} and now is {found}")

    def check_volume(self) -> None:
        """Check that the volume can still be written to; costs a microsecond.

        Raises:
            ProblemError: It cannot.

        """
        self._lookout.check_volume()

    def commit(self, units: Iterable[Unit]) -> None:
        """Commit a group of units when it is this process's turn; only on the writer's thread.

        Raises:
            Exception: None of the group was done.

        """
        with self._queue:
            commit_together(self._writing, units)

    def read_revision(self) -> str | None:
        """Read the schema's revision through the event loop's connection, `None` where there is none.

        Raises:
            sqlite3.Error: It cannot be read.

        """
        try:
            row = self.loop_reader.look(READ_REVISION)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname == "SQLITE_ERROR":  # no such table
                return None
            raise
        return None if row is None else str(row[0])

    def empty_log(self, *, patience_ms: int = PATIENCE_MS) -> bool:
        """Bring the log home and cut it to nothing, and tell whether that went; only on the writer's thread.

        SQLite does so by itself with every thousand pages, but never as long as some reader needs the log.
        """
        with self._queue:
            cursor = self._anchor.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {patience_ms}")
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def optimize(self) -> None:
        """Let SQLite refresh what its query planner knows of the tables; only on the writer's thread.

        For a sound database at the end of its use (see sqlite.org/lang_analyze.html): it writes.
        """
        with suppress(Exception):  # it is a favour: whatever is in the way of it is in the way of nothing else
            for pragma in (f"busy_timeout = {PATIENCE_MS}", "analysis_limit = 400", "optimize"):
                self._writing.execute(f"PRAGMA {pragma}")

    def close(self) -> bool:
        """Close every idle connection, and tell whether the files could be let go of; else it is to be called again.

        When files were moved or deleted, first bring the log home through the anchor, which still has it: a deleted log
        gives back what was written to it, and the log of a deleted database is left empty, so that it is not applied to
        the backup that takes its place. As long as a reader or a hung process is in the way of that, the anchor stays.
        So it does while a reader of this process still has the deleted files open: the last connection to be closed
        removes the log that is at its path by then, which may be that of the backup.
        """
        has_no_readers = self.readers.close()
        self.loop_reader.close()
        self._writing.close()
        gc.collect()  # SQLite ends a connection with its last statement, and an error's traceback may hold on to that
        try:
            self.verify()
        except ProblemError:
            if not (has_no_readers and self._bring_log_home()):
                return False
        self.abandon()
        return True

    def abandon(self) -> None:
        """Let go of the files, whatever has become of the log."""
        self._anchor.close()
        self._lookout.close()
        self._queue.close()
        self._use.leave()

    def _bring_log_home(self) -> bool:
        try:
            is_home = self.empty_log()
        except Exception as error:  # noqa: BLE001 - the disk may do anything now; what matters is to go on closing
            log.warning("the log of the moved files is lost", path=str(self._file.path), cause=str(error))
            return True
        if is_home:
            log.warning("the log of the moved files was brought home", path=str(self._file.path))
        return is_home
