"""Keeps the database in use while the disk allows it, and knows at any moment whether it does."""

import asyncio
from typing import Self

import structlog

from app import library, schema
from app.checkup import MAX_AGE_SECONDS, Checkup, Checkups
from app.database import Database
from app.inspection import Inspection
from app.prepare import prepare
from app.problems import Code, ProblemError
from app.sizes import Sizes
from app.verdict import Verdict

log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS = 0.5  # twice as often as a check gets too old, so that no probe has to wait for one
LONGEST_LOG_BYTES = 64 * 1024 * 1024  # SQLite empties it with every 4 MiB, unless some reader needs what is in it
LOG_REMEDY = "End the process that reads the database for so long, such as an open sqlite3 shell or a stuck backup."

# Faults of the moment, under which the connections stay good. After any other the database is closed and prepared anew.
PASSING = frozenset({Code.DB_LOCKED, Code.DB_TIMEOUT, Code.DB_DISK_FULL, Code.DB_REPLICA_UNAVAILABLE})


class Keeper:
    """Prepares and opens the database, closes it when the disk takes it away, and opens it again when it is mended.

    As an asynchronous context manager it does so in the background.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._checkups = Checkups(database.file, database.prove_writable)
        self._inspection = Inspection(database)
        self._known_revisions = schema.known_revisions()
        self._stopping = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._known_fault: Code | None = Code.DB_STARTING
        self._has_just_looked = False
        self.log_is_stuck = False
        self.sizes = Sizes()

    async def __aenter__(self) -> Self:
        if not library.has_safe_log():
            log.warning("this SQLite has the WAL-reset bug", sqlite=library.VERSION, remedy=library.REMEDY)
        self._loop = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        if self._loop:
            await self._loop
        await self._checkups.finish()
        await self._inspection.stop()

    @property
    def fault(self) -> Code | None:
        """What was wrong at the last look, `None` when the database is ready."""
        return self._known_fault

    @property
    def integrity(self) -> Verdict | None:
        """What the last check of all pages has found, `None` where that is not known."""
        return self._inspection.verdict

    async def check(self, *, max_age: float = MAX_AGE_SECONDS) -> Checkup:
        """Tell the truth about the database, within a second.

        Looks at files, volume, schema and a page every time; the deep check is shared by all who ask, and at most a
        second old.

        Raises:
            ProblemError: What is wrong with the database now.

        """
        self._glance()
        try:
            return await self._checkups.recent(max_age=max_age)
        except ProblemError:
            self._database.verify()  # files that were moved meanwhile explain more than what SQLite met
            raise

    def _glance(self) -> None:
        """Look at what costs microseconds; all who ask in one turn of the event loop share one look."""
        if not self._has_just_looked:
            schema.judge(self._database.glance(), self._known_revisions)
            self._has_just_looked = True
            asyncio.get_running_loop().call_soon(self._look_again)

    def _look_again(self) -> None:
        self._has_just_looked = False

    async def _keep(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self._database.is_open:
                    await self._open()
                self._inspection.look()
                await self.check(max_age=0)
                await self._watch_log()
            except ProblemError as problem:
                await self._act_on(problem)
            except Exception as error:
                log.exception("the database cannot be kept")
                await self._act_on(ProblemError(Code.DB_IO_ERROR, cause=f"{type(error).__name__}: {error}"))
            else:
                self._tell(None)
            self.sizes = Sizes.of(self._database.file)
            await self._pause()

    async def _open(self) -> None:
        """Open the database; what is known to be damaged stays so while others, on their way out, are in the way."""
        try:
            await self._prepare()
        except ProblemError as problem:
            if problem.code is Code.DB_STARTING:
                self._inspection.check_verdict()
            raise

    async def _prepare(self) -> None:
        await self._database.check_left()
        file, may_create = self._database.file, not self._database.was_used
        opened = await asyncio.to_thread(prepare, file, may_create=may_create, given_up=self._stopping.is_set)
        self._checkups.forget()
        self._database.open(opened)

    async def _watch_log(self) -> None:
        """Empty a log that SQLite itself could not, and say once that some reader is in the way of it."""
        size = self._database.file.log_bytes()
        was_stuck = self.log_is_stuck
        self.log_is_stuck = size > LONGEST_LOG_BYTES and not await self._database.empty_log()
        if self.log_is_stuck and not was_stuck:
            log.warning("the write-ahead log grows", bytes=size, remedy=LOG_REMEDY)
        elif was_stuck and not self.log_is_stuck:
            log.info("the write-ahead log was emptied")

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
            # Where a migration does not work, it is the traceback that says why.
            trace = problem.__cause__ if problem.code is Code.DB_SCHEMA_BEHIND else None
            told = {"title": row.title, "remedy": row.remedy, "cause": problem.cause}
            log.error("database fault", code=problem.code, **told, exc_info=trace)
        else:
            log.info("database ready", path=str(self._database.file.path), sqlite=library.VERSION)
