"""Keeps the database in use while the disk allows it, and knows at any moment whether it does."""

import asyncio
from typing import Self

import structlog

from app.checkup import Checkup, Checkups
from app.database import Database
from app.prepare import prepare
from app.problems import Code, ProblemError

log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS = 1.0

# Faults of the moment, under which the connections stay good. After any other the database is closed and prepared anew.
PASSING = frozenset({Code.DB_LOCKED, Code.DB_TIMEOUT, Code.DB_DISK_FULL})


class Keeper:
    """Prepares and opens the database, closes it when the disk takes it away, and opens it again when it is mended.

    As an asynchronous context manager it does so in the background.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._checkups = Checkups(database.file)
        self._stopping = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._known_fault: Code | None = Code.DB_STARTING

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        if self._loop:
            await self._loop
        await self._checkups.finish()

    async def check(self) -> Checkup:
        """Tell the truth about the database, within a second.

        Looks at the files every time; the deep check is shared by all who ask, and at most a second old.

        Raises:
            ProblemError: What is wrong with the database now.

        """
        self._database.verify()
        try:
            return await self._checkups.recent()
        except ProblemError:
            self._database.verify()  # files that were moved meanwhile explain more than what SQLite met
            raise

    async def _keep(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self._database.is_open:
                    await self._prepare()
                await self.check()
            except ProblemError as problem:
                await self._act_on(problem)
            except Exception as error:
                log.exception("the database cannot be kept")
                await self._act_on(ProblemError(Code.DB_IO_ERROR, cause=f"{type(error).__name__}: {error}"))
            else:
                self._tell(None)
            await self._pause()

    async def _prepare(self) -> None:
        await self._database.check_left()
        file, may_create = self._database.file, not self._database.was_used
        opened = await asyncio.to_thread(prepare, file, may_create=may_create, given_up=self._stopping.is_set)
        self._checkups.forget()
        self._database.open(opened)

    async def _act_on(self, problem: ProblemError) -> None:
        if problem.code not in PASSING or not self._database.is_open:
            await self._database.close(problem)
        self._tell(problem)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            pass

    def _tell(self, problem: ProblemError | None) -> None:
        """Log what has changed, once."""
        code = problem.code if problem else None
        if code == self._known_fault:
            return
        self._known_fault = code
        if problem:
            row = problem.problem
            log.error("database fault", code=problem.code, title=row.title, remedy=row.remedy, cause=problem.cause)
        else:
            log.info("database ready", path=str(self._database.file.path))
