"""The connections in use, and the files that they were opened on."""

import structlog

from app.datafile import DataFile
from app.engine import plain_engine, reading_engine, writing_engine
from app.locks import Use
from app.problems import Code, ProblemError

log = structlog.stdlib.get_logger(__name__)

READERS = 4
PATIENCE_MS = 500


class Opened:
    """A database in use, from its opening to its closing.

    One idle connection, the anchor, stays open all the time. So SQLite never removes the write-ahead log or its index
    in between, and one that is gone was taken away by somebody else, together with what had been written to it.
    """

    def __init__(self, file: DataFile, use: Use) -> None:
        self._file = file
        self._use = use
        self._anchor = plain_engine(file).raw_connection()
        try:
            self._anchor.cursor().execute("SELECT 1 FROM sqlite_master").fetchone()  # a real page, which opens the log
            self.files = file.files()
            use.join(self.files.record)
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
        found = self._file.files()
        if found != self.files:
            raise ProblemError(Code.DB_REPLACED, cause=f"{self._file.path} was {self.files} and now is {found}")

    def close(self) -> bool:
        """Close every idle connection, and tell whether the files could be let go of; else it is to be called again.

        When files were moved or deleted, first bring the log home through the anchor, which still has it: a deleted log
        gives back what was written to it, and the log of a deleted database is left empty, so that it is not applied to
        the backup that takes its place. As long as a reader or a hung process is in the way of that, the anchor stays.
        """
        self.reading.dispose()
        self.writing.dispose()
        try:
            self.verify()
        except ProblemError:
            if not self._bring_log_home():
                return False
        self.abandon()
        return True

    def abandon(self) -> None:
        """Let go of the files, whatever has become of the log."""
        self._anchor.close()
        self._use.leave()

    def _bring_log_home(self) -> bool:
        try:
            cursor = self._anchor.cursor()
            cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except Exception as error:  # noqa: BLE001 - the disk may do anything now; what matters is to go on closing
            log.warning("the log of the moved files is lost", path=str(self._file.path), cause=str(error))
            return True
        if not busy:
            log.warning("the log of the moved files was brought home", path=str(self._file.path))
        return not busy
