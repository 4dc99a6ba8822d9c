"""The one object that runs units of work, with two verbs: read and write."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import structlog

from app.datafile import DataFile
from app.faults import code_of
from app.group import Unit
from app.hold import Hold
from app.opened import Opened
from app.problems import Code, ProblemError
from app.replica import Replica
from app.unit import T, Work
from app.writer import OnGroup, Writer

log = structlog.stdlib.get_logger(__name__)

STOP_SECONDS = 8.0
PATIENCE_SECONDS = 2.0  # with a writer that waits for a turn that another process does not give
SHORT_PATIENCE_MS = 100  # a probe asks for a write within a fraction of a second
LOOP_SECONDS = 0.001  # what SQLite has not answered by then is asked again on a thread
NOT_ON_THE_LOOP = frozenset({Code.DB_TIMEOUT, Code.DB_LOCKED})


class Database:
    """Runs units of work: reads in the event loop while they are quick, and on threads else; writes on one thread.

    A unit is a plain function of one SQLAlchemy session that returns plain data. It is one transaction: done whole or
    not at all, also when the request that asked for it is cancelled, because it is handed over in one piece.

    The database starts closed. Whoever has prepared the file opens it, and closes it with the reason when the file is
    no longer what was opened.
    """

    def __init__(self, file: DataFile, on_group: OnGroup = lambda _seconds, _units: None) -> None:
        self.file = file
        self.was_used = False
        self.has_met_damage = False
        self.units = 0
        self._opened: Opened | None = None
        self._leaving: Opened | None = None
        self._letting_go: asyncio.Task[bool] | None = None
        self._closed_because = ProblemError(Code.DB_STARTING)
        self._log_is_doubtful = False
        self._replica = Replica(file)
        self._hold = Hold(file)
        self._writer = Writer(self._commit, on_group, self._replica.sync)

    @property
    def is_open(self) -> bool:
        """Whether units are accepted."""
        return self._opened is not None

    def open(self, opened: Opened) -> None:
        """Accept units."""
        self._opened = opened
        self.was_used = True
        self.has_met_damage = False
        self._writer.start()

    async def close(self, reason: ProblemError) -> None:
        """Refuse units with `reason` from this moment on, and let go of the files as far as that is possible now."""
        self._closed_because = reason.anew()
        if self._opened:
            self._leaving, self._opened = self._opened, None
            await self._leave()

    async def check_left(self) -> None:
        """Make sure that the files of the last opening were let go of.

        Raises:
            ProblemError: They cannot be yet.

        """
        if not await self._leave():
            self.file.identity()  # a file that is still missing is the better thing to tell
            cause = "a reader or a hung process is in the way of the log of the moved files"
            raise ProblemError(Code.DB_STARTING, cause=cause)

    async def shut_down(self) -> None:
        """Finish the units that are waiting, then close for good; give up when that takes too long."""
        try:
            async with asyncio.timeout(STOP_SECONDS):
                if self._opened:
                    await self._writer.between(self._opened.optimize)
                await self.close(ProblemError(Code.DRAINING))
                while self._letting_go:
                    await self._leave()
        except TimeoutError:
            log.error("stopped while another process keeps the writers waiting", path=str(self.file.path))  # noqa: TRY400
            for opened in filter(None, (self._opened, self._leaving)):
                opened.readers.close()  # the interpreter would wait for the units on their threads
            return
        if self._leaving:
            log.error("stopped before the log of the moved files could be brought home", path=str(self.file.path))
            self._leaving.abandon()
        await self._writer.stop(within=STOP_SECONDS)
        self._replica.close()

    async def _leave(self) -> bool:
        """Let go of the files, by the writer and after the units under way, and tell whether that is done.

        Whoever lets go of the files must not write to them any more, and must not let go of them twice: what takes
        longer goes on, and is asked after the next time.
        """
        if self._leaving is None:
            return True
        if self._letting_go is None:
            self._letting_go = asyncio.create_task(self._writer.between(self._leaving.close))
        await asyncio.wait({self._letting_go}, timeout=PATIENCE_SECONDS)
        if not self._letting_go.done():
            return False
        letting_go, self._letting_go = self._letting_go, None
        if letting_go.result():
            self._leaving = None
        return self._leaving is None

    def verify(self) -> Opened:
        """Check that the database is open and that its paths still name the files that were opened.

        Raises:
            ProblemError: Why units cannot be accepted now.

        """
        opened = self._opened
        if opened is None:
            raise self._closed_because.anew()
        opened.verify()
        return opened

    async def read(self, work: Work[T]) -> T:
        """Run a unit that only reads, in a transaction that sees one state of the database.

        The unit may be run twice: what the event loop's connection cannot do at once is done again on a thread.

        Raises:
            ProblemError: The database cannot answer; the code says why.

        """
        opened = self.verify()
        self.units += 1
        with self._naming_faults(opened):
            try:
                return opened.loop_reader.read(work, seconds=LOOP_SECONDS)
            except Exception as error:
                if code_of(error) not in NOT_ON_THE_LOOP:
                    raise
            return await opened.readers.read(work)

    async def write(self, work: Work[T]) -> T:
        """Run a unit that writes; when this returns, what it did is on the disk, and at the replica if it must be.

        Raises:
            ProblemError: The database cannot answer; the code says why. What the unit did is not acknowledged.

        """
        opened = self.verify()
        self.units += 1
        with self._naming_faults(opened):
            return await self._writer.write(work)

    def glance(self) -> str | None:
        """Look at what costs microseconds: the files, the volume, and a page, which says what the schema's revision is.

        Raises:
            ProblemError: What is wrong.

        """
        opened = self.verify()
        opened.check_volume()
        with self._naming_faults(opened):
            return opened.read_revision()

    async def empty_log(self) -> bool:
        """Bring the write-ahead log home and cut it to nothing, and tell whether no reader was in the way.

        Raises:
            ProblemError: The database cannot answer; the code says why.

        """
        opened = self.verify()
        with self._naming_faults(opened):
            try:
                return await asyncio.wait_for(self._writer.between(opened.empty_log), PATIENCE_SECONDS)
            except TimeoutError:
                cause = f"the turn to empty the log could not be had within {PATIENCE_SECONDS} s"
                raise ProblemError(Code.DB_LOCKED, cause=cause) from None

    async def prove_writable(self) -> None:
        """Make sure that a write would be possible now, within a fraction of a second.

        Raises:
            ProblemError: It would not; the code says why.

        """
        opened = self.verify()
        opened.verify_path()
        with self._naming_faults(opened):
            await self._replica.look()
            await self._writer.prove()

    def _commit(self, units: Iterable[Unit]) -> None:
        opened = self.verify()
        self._clear_doubt(opened)
        self._replica.check()
        try:
            opened.commit(units)
        except Exception as error:
            self._log_is_doubtful |= code_of(error) is Code.DB_IO_ERROR
            raise
        opened.verify_path()  # a commit to a file that nobody can find any more must not be acknowledged

    def _clear_doubt(self, opened: Opened) -> None:
        """Empty a log that the disk may have lost a part of, before anything is acknowledged behind that.

        After an fsync that failed Linux takes the pages for written, and the next one succeeds without them
        (see wiki.postgresql.org/wiki/Fsync_Errors). What is brought home is written again.

        Raises:
            ProblemError: A reader is in the way.

        """
        if not self._log_is_doubtful:
            return
        if not opened.empty_log(patience_ms=SHORT_PATIENCE_MS):
            self._hold.ask()
            cause = "a reader is in the way of emptying the log, which the disk has met an error in"
            raise ProblemError(Code.DB_IO_ERROR, cause=cause)
        self._hold.give_back()
        self._log_is_doubtful = False

    @contextmanager
    def _naming_faults(self, opened: Opened) -> Iterator[None]:
        try:
            yield
        except ProblemError:
            raise
        except Exception as error:
            if problem := self.file.problem_of(error):
                self.has_met_damage |= problem.code is Code.DB_CORRUPT
                opened.verify()  # files that were moved meanwhile explain more than what SQLite met
                raise problem from error
            raise
