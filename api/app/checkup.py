"""The deep check: use the database as a stranger would, and say what was found."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiosqlite
import structlog

from app import completeness, lineage, schema
from app.datafile import DataFile
from app.engine import probing_engine
from app.faults import driver_error
from app.problems import Code, ProblemError

log = structlog.stdlib.get_logger(__name__)

# One statement, which reads the header and a page of a table.
LOOK = f"""
SELECT ({completeness.READ_LENGTH}), header.*, (SELECT version_num FROM alembic_version)
FROM ({lineage.READ_HEADER}) AS header
"""  # noqa: S608 - of constants

MAX_AGE_SECONDS = 1.0
DEADLINE_SECONDS = 0.75  # with the rest of the request it stays below the promised second


@dataclass(frozen=True)
class Checkup:
    """What a check found.

    Attributes:
        seconds: How long the check took.
        revision: The schema's revision.

    """

    seconds: float
    revision: str


class Checkups:
    """Runs one check at a time, however many ask, and never gives an answer older than `MAX_AGE_SECONDS`.

    Args:
        file: Where the database is.
        prove_writable: Raises why a write would not be possible now.

    """

    def __init__(self, file: DataFile, prove_writable: Callable[[], Awaitable[None]]) -> None:
        self._file = file
        self._prove_writable = prove_writable
        self._engine = probing_engine(file)
        self._known_revisions = schema.known_revisions()
        self._running: asyncio.Task[Checkup | ProblemError] | None = None
        self._driver: aiosqlite.Connection | None = None
        self._was_complete_at: int | None = None
        self._began = 0.0

    async def recent(self, *, max_age: float = MAX_AGE_SECONDS) -> Checkup:
        """Give what the present check finds, or what the last one has found.

        Args:
            max_age: Seconds since the beginning of the last check after which there is to be a new one.

        Raises:
            ProblemError: What is wrong; `db_timeout` when the check takes longer than `DEADLINE_SECONDS`.

        """
        running = self._running
        if running is None or (running.done() and time.monotonic() - self._began > max_age):
            self._began = time.monotonic()
            running = self._running = asyncio.create_task(self._check())
        if not running.done():
            # Counted from the beginning of the check: who asks again after a timeout does not wait for as long again.
            left = self._began + DEADLINE_SECONDS - time.monotonic()
            finished, _ = await asyncio.wait({running}, timeout=max(left, 0))
            if not finished:
                await self._interrupt()
                raise ProblemError(Code.DB_TIMEOUT, cause=f"the deep check took longer than {DEADLINE_SECONDS} s")
        found = running.result()
        if isinstance(found, ProblemError):
            raise found.anew()
        return found

    def forget(self) -> None:
        """Drop what the last check has found: it was about another time."""
        self._running = self._was_complete_at = None

    async def finish(self) -> None:
        """Let the check that is under way come to its end."""
        if self._running:
            await asyncio.wait({self._running}, timeout=DEADLINE_SECONDS)

    async def _check(self) -> Checkup | ProblemError:
        began = time.monotonic()
        try:
            async with self._engine.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                assert isinstance(driver, aiosqlite.Connection)  # noqa: S101 - narrows the type
                self._driver = driver
                try:
                    revision = await self._look(driver)
                finally:
                    self._driver = None  # one that is closed cannot be interrupted
            await self._prove_writable()
        except ProblemError as problem:
            return problem.anew()
        except Exception as error:  # noqa: BLE001 - every failure of a check is its result
            return self._file.problem_of(error) or _unknown(error)
        return Checkup(time.monotonic() - began, revision)

    async def _look(self, driver: aiosqlite.Connection) -> str:
        """Judge the file by its pages, and give its schema's revision.

        By the driver itself: each hop to its thread waits for a turn of the event loop, and SQLAlchemy's cursor takes
        four for a statement. Under full load that was half a second for a check.
        """
        ((needed, pages, application, its_lineage, revision),) = await driver.execute_fetchall(LOOK)
        size = self._file.size()
        if completeness.is_doubtful(size, needed, self._was_complete_at):
            (brought_home,) = await driver.execute_fetchall(completeness.BRING_HOME)
            size = self._file.size()
            if completeness.judge(size, needed, tuple(brought_home)):
                self._was_complete_at = size
        else:
            self._was_complete_at = size
        lineage.judge(lineage.Header(pages, application, its_lineage), self._file.read_seal())
        schema.judge(revision, self._known_revisions)
        return str(revision)

    async def _interrupt(self) -> None:
        """End the statement under way, so that a database that hangs does not hold on to a thread as well."""
        if self._driver:
            await self._driver.interrupt()


def _unknown(error: Exception) -> ProblemError:
    if isinstance(driver_error(error), sqlite3.Error):
        return ProblemError(Code.DB_CORRUPT, cause=str(driver_error(error)))
    log.error("the deep check failed", exc_info=error)
    return ProblemError(Code.DB_TIMEOUT, cause=f"{type(error).__name__}: {error}")
