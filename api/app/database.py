"""The one object that owns the connections, with two verbs: read and write."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.datafile import DataFile, Identity
from app.engine import BUSY_SECONDS, reading_engine, writing_engine
from app.problems import Code, ProblemError

T = TypeVar("T")
Work = Callable[[Session], T]

READERS = 4


@dataclass(frozen=True)
class Opened:
    """The engines in use, and the file that they were opened on."""

    identity: Identity
    reading: Engine
    writing: Engine


class Database:
    """Runs units of work on threads of its own.

    A unit is a plain function of one SQLAlchemy session that returns plain data. It is one transaction: done whole or
    not at all, also when the request that asked for it is cancelled, because it is handed over in one piece.

    The database starts closed. Whoever has prepared the file opens it, and closes it with the reason when the file is
    no longer what was opened.
    """

    def __init__(self, file: DataFile) -> None:
        self.file = file
        self._opened: Opened | None = None
        self._closed_because = ProblemError(Code.DB_STARTING)
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._writer = ThreadPoolExecutor(1, "writer")

    @property
    def is_open(self) -> bool:
        """Whether units are accepted."""
        return self._opened is not None

    def open(self, identity: Identity) -> None:
        """Accept units for the file that was prepared."""
        self._opened = Opened(identity, reading_engine(self.file, READERS), writing_engine(self.file))

    def close(self, reason: ProblemError) -> None:
        """Refuse units from now on with `reason`, and drop every idle connection."""
        self._closed_because = reason
        if opened := self._opened:
            self._opened = None
            opened.reading.dispose()
            opened.writing.dispose()

    def shut_down(self) -> None:
        """Finish the units that have begun, then close for good."""
        self._writer.shutdown()
        self._readers.shutdown()
        self.close(ProblemError(Code.DRAINING))

    def verify(self) -> Opened:
        """Check that the database is open and that its path still names the file that was opened.

        Raises:
            ProblemError: Why units cannot be accepted now.

        """
        opened = self._opened
        if opened is None:
            reason = self._closed_because
            raise ProblemError(reason.code, cause=reason.cause)
        found = self.file.identity()
        if found != opened.identity:
            raise ProblemError(Code.DB_REPLACED, cause=f"{self.file.path} was {opened.identity} and now is {found}")
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
            ProblemError: The database cannot answer; the code says why. Nothing of the unit was done.

        """
        return await self._hand_over(self._writer, self._write, work)

    async def _hand_over(self, threads: ThreadPoolExecutor, run: Callable[[Work[T], float], T], work: Work[T]) -> T:
        self.verify()
        handed_over = time.monotonic()
        return await asyncio.get_running_loop().run_in_executor(threads, run, work, handed_over)

    def _read(self, work: Work[T], _handed_over: float) -> T:
        return self._run(self.verify().reading, work)

    def _write(self, work: Work[T], handed_over: float) -> T:
        if time.monotonic() - handed_over > BUSY_SECONDS:
            raise ProblemError(Code.DB_LOCKED, cause=f"waited for the writer for more than {BUSY_SECONDS} s")
        opened = self.verify()
        result = self._run(opened.writing, work)
        if self.file.identity() != opened.identity:
            # The commit went to a file that nobody can find any more: it must not be acknowledged.
            raise ProblemError(Code.DB_REPLACED, cause=f"{self.file.path} was replaced during a write")
        return result

    def _run(self, engine: Engine, work: Work[T]) -> T:
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                return work(session)
        except Exception as error:
            if problem := self.file.problem_of(error):
                raise problem from error
            raise
