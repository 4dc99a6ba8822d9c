"""Keeps the database in use while the disk allows it, and knows at any moment whether it does."""

import asyncio
import time
from dataclasses import dataclass
from typing import Self

import structlog

from app import lineage, schema
from app.completeness import check_complete
from app.database import Database
from app.engine import probing_engine
from app.prepare import prepare
from app.problems import Code, ProblemError

log = structlog.stdlib.get_logger(__name__)

CHECK_SECONDS = 1.0  # how old a deep check may be, and how often a fault is looked at again
DEADLINE_SECONDS = 0.75  # of the deep check; with the rest of the request it stays below the promised second

# Faults of the moment, under which the connections stay good. After any other the database is closed and prepared anew.
PASSING = frozenset({Code.DB_LOCKED, Code.DB_TIMEOUT, Code.DB_DISK_FULL})


@dataclass(frozen=True)
class Checkup:
    """What a deep check found.

    Attributes:
        seconds: How long the check took.
        revision: The schema's revision.

    """

    seconds: float
    revision: str


class Keeper:
    """Prepares and opens the database, closes it when the disk takes it away, and opens it again when it is mended.

    As an asynchronous context manager it does so in the background.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._probing = probing_engine(database.file)
        self._known_revisions = schema.known_revisions()
        self._stopping = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._checkup: asyncio.Task[Checkup | ProblemError] | None = None
        self._checkup_began = 0.0
        self._was_open = False
        self._known_fault: Code | None = Code.DB_STARTING

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        if self._loop:
            await self._loop
        if self._checkup:
            await asyncio.wait({self._checkup}, timeout=DEADLINE_SECONDS)

    async def check(self) -> Checkup:
        """Tell the truth about the database, within a second.

        Looks at the file every time; the deep check is shared by all who ask, and at most a second old.

        Raises:
            ProblemError: What is wrong with the database now.

        """
        self._database.verify()
        if self._checkup is None or (self._checkup.done() and time.monotonic() - self._checkup_began > CHECK_SECONDS):
            self._checkup_began = time.monotonic()
            self._checkup = asyncio.create_task(self._examine())
        finished, _ = await asyncio.wait({self._checkup}, timeout=DEADLINE_SECONDS)
        if not finished:
            raise ProblemError(Code.DB_TIMEOUT, cause=f"the deep check took longer than {DEADLINE_SECONDS} s")
        match self._checkup.result():
            case ProblemError() as problem:
                raise ProblemError(problem.code, cause=problem.cause)
            case Checkup() as checkup:
                return checkup

    async def _examine(self) -> Checkup | ProblemError:
        """Use the database as a stranger would: a new connection, the write lock, a real page."""
        began = time.monotonic()
        try:
            async with self._probing.connect() as connection:
                await connection.run_sync(lambda sync: check_complete(sync.connection, self._database.file))
                header = await lineage.read_header_async(connection)
                lineage.judge(header, self._database.file.read_seal())
                revision = await connection.run_sync(schema.current_revision)
                schema.judge(revision, self._known_revisions)
        except ProblemError as problem:
            return problem
        except Exception as error:  # noqa: BLE001 - every failure of a check is its result
            problem_found = self._database.file.problem_of(error)
            return problem_found or ProblemError(Code.DB_CORRUPT, cause=f"{type(error).__name__}: {error}")
        return Checkup(time.monotonic() - began, self._known_revisions[0])

    async def _keep(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self._database.is_open:
                    await self._prepare()
                await self.check()
            except ProblemError as problem:
                self._note(problem)
            except Exception:
                log.exception("the database cannot be watched; trying again")
            else:
                self._note(None)
            await self._pause()

    async def _prepare(self) -> None:
        try:
            identity = await asyncio.to_thread(
                prepare, self._database.file, may_create=not self._was_open, given_up=self._stopping.is_set
            )
        except ProblemError as problem:
            self._database.close(problem)
            raise
        self._checkup = None  # what it found was about the time before
        self._database.open(identity)
        self._was_open = True

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            pass

    def _note(self, problem: ProblemError | None) -> None:
        """Act on what was found, and log what has changed."""
        if problem and problem.code not in PASSING:
            self._database.close(problem)
        code = problem.code if problem else None
        if code == self._known_fault:
            return
        self._known_fault = code
        if problem:
            row = problem.problem
            log.error("database fault", code=problem.code, title=row.title, remedy=row.remedy, cause=problem.cause)
        else:
            log.info("database ready", path=str(self._database.file.path), revision=self._known_revisions[0])
