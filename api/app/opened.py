"""The connections in use, and the files that they were opened on."""

from typing import NamedTuple

import structlog

from app import locks
from app.datafile import DataFile, Identity
from app.engine import plain_engine, reading_engine, writing_engine
from app.problems import Code, ProblemError

log = structlog.stdlib.get_logger(__name__)

READERS = 4


class Files(NamedTuple):
    """Which files a database consists of; `log` is the write-ahead log."""

    database: Identity
    log: Identity | None


class Left(NamedTuple):
    """The files that this process has used until now, and the descriptor of their log."""

    files: Files
    log: int


class Opened:
    """A database in use, from its opening to its closing.

    One idle connection, the anchor, stays open all the time. So SQLite never removes the write-ahead log in between,
    and a log that is gone or another was taken away by somebody else, together with what had been written to it.
    """

    def __init__(self, file: DataFile, identity: Identity) -> None:
        self._file = file
        self._anchor = plain_engine(file).raw_connection()
        try:
            self._anchor.cursor().execute("SELECT 1 FROM sqlite_master").fetchone()  # a real page, which opens the log
            self._log = locks.hold(file.log_path)
            self.files = Files(identity, file.log_identity())
        except BaseException:
            self._anchor.close()
            raise
        self.reading = reading_engine(file, READERS)
        self.writing = writing_engine(file)

    def verify(self) -> None:
        """Check that the paths still name the files that were opened; costs a few microseconds.

        Raises:
            ProblemError: They do not.

        """
        found = Files(self._file.identity(), self._file.log_identity())
        if found != self.files:
            raise ProblemError(Code.DB_REPLACED, cause=f"{self._file.path} and its log were {self.files}, now {found}")

    def close(self) -> Left:
        """Close every idle connection, and give what was left.

        When the files were moved or deleted, first bring the log home through the anchor, which still has both: a
        deleted log gives back what was written to it, and the log of a deleted database is left empty, so that it is
        not applied to the backup that takes its place.
        """
        try:
            self.verify()
        except ProblemError:
            self._bring_log_home()
        self.reading.dispose()
        self.writing.dispose()
        self._anchor.close()
        locks.let_go(self._log)
        return Left(self.files, self._log)

    def _bring_log_home(self) -> None:
        try:
            result = self._anchor.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except Exception as error:  # noqa: BLE001 - the disk may do anything now; what matters is to go on closing
            log.warning("the log could not be brought home", path=str(self._file.path), cause=str(error))
        else:
            log.warning("the files were moved; their log was brought home", path=str(self._file.path), result=result)
