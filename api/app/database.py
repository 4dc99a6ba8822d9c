"""The one object that runs units of work, with two verbs: read and write."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.datafile import DataFile
from app.engine import BUSY_SECONDS
from app.opened import READERS, Opened
from app.problems import Code, ProblemError

log = structlog.stdlib.get_logger(__name__)

T = TypeVar("T")
Work = Callable[[Session], T]


class Database:
    """Runs units of work on threads of its own.

    A unit is a plain function of one SQLAlchemy session that returns plain data. It is one transaction: done whole or
    not at all, also when the request that asked for it is cancelled, because it is handed over in one piece.

    The database starts closed. Whoever has prepared the file opens it, and closes it with the reason when the file is
    no longer what was opened.
    """

    def __init__(self, file: DataFile) -> None:
        self.file = file
        self.was_used = False
        self._opened: Opened | None = None
        self._leaving: Opened | None = None
        self._closed_because = ProblemError(Code.DB_STARTING)
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._writer = ThreadPoolExecutor(1, "writer")

    @property
    def is_open(self) -> bool:
        """Whether units are accepted."""
        return self._opened is not None

    def open(self, opened: Opened) -> None:
        """Accept units."""
        self._opened = opened
        self.was_used = True

    async def close(self, reason: ProblemError) -> None:
        """Refuse units with `reason` from this moment on, and let go of the files as far as that is possible now."""
        self._closed_because = reason
        if self._opened:
            self._leaving, self._opened = self._opened, None
            await self._leave()

    async def check_left(self) -> None:
        """Make sure that the files of the last opening were let go of.

        Raises:
            ProblemError: They cannot be yet.

        """
        if self._leaving and not await self._leave():
            self.file.identity()  # a file that is still missing is the better thing to tell
            cause = "a reader or a hung process is in the way of the log of the moved files"
            raise ProblemError(Code.DB_STARTING, cause=cause)

    async def shut_down(self) -> None:
        """Finish the units under way, then close for good."""
        await self.close(ProblemError(Code.DRAINING))
        if self._leaving:
            log.error("stopped before the log of the moved files could be brought home", path=str(self.file.path))
            self._leaving.abandon()
        for threads in (self._writer, self._readers):
            await asyncio.to_thread(threads.shutdown)

    async def _leave(self) -> bool:
        if self._leaving is None:
            return True
        # By the writer, after the unit under way: whoever lets go of the files must not write to them any more.
        if await asyncio.get_running_loop().run_in_executor(self._writer, self._leaving.close):
            self._leaving = None
        return self._leaving is None

    def verify(self) -> Opened:
        """Check that the database is open and that its paths still name the files that were opened.

        Raises:
            ProblemError: Why units cannot be accepted now.

        """
        opened = self._opened
        if opened is None:
            reason = self._closed_because
            raise ProblemError(reason.code, cause=reason.cause)
        opened.verify()
        return opened

    async def read(self, work: Work[T]) -> T:
        """Run a unit that only reads, in a transaction that sees one state of the database.

        Raises:
            ProblemError: The database cannot answer; the code says why.

        """
        return await self._hand_over(self._readers, self._read, work)

    async def write(self, work: Work[T]) -> T:
        """Run a unit that writes; when this returns, what it did is on the disk.

        Raises:
            ProblemError: The database cannot answer; the code says why. What the unit did is not acknowledged.

        """
        return await self._hand_over(self._writer, self._write, work)

    async def _hand_over(self, threads: ThreadPoolExecutor, run: Callable[[Work[T]], T], work: Work[T]) -> T:
        handed_over = time.monotonic()

        def run_in_time() -> T:
            if time.monotonic() - handed_over > BUSY_SECONDS:
                raise ProblemError(Code.DB_LOCKED, cause=f"waited for a thread for more than {BUSY_SECONDS} s")
            return run(work)

        return await asyncio.get_running_loop().run_in_executor(threads, run_in_time)

    def _read(self, work: Work[T]) -> T:
        opened = self.verify()
        return self._run(opened, opened.reading, work)

    def _write(self, work: Work[T]) -> T:
        opened = self.verify()
        result = self._run(opened, opened.writing, work)
        opened.verify()  # a commit to a file that nobody can find any more must not be acknowledged
        return result

    def _run(self, opened: Opened, engine: Engine, work: Work[T]) -> T:
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                return work(session)
        except Exception as error:
            if problem := self.file.problem_of(error):
                opened.verify()  # files that were moved meanwhile explain more than what SQLite met
                raise problem from error
            raise
