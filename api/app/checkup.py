"""The deep check: use the database as a stranger would, and say what was found."""

import asyncio
import sqlite3
import time
from dataclasses import dataclass

import structlog

from app import lineage, schema
from app.completeness import check_complete
from app.datafile import DataFile
from app.engine import probing_engine
from app.faults import driver_error
from app.problems import Code, ProblemError

log = structlog.stdlib.get_logger(__name__)

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
    """Runs one check at a time, however many ask, and never gives an answer older than `MAX_AGE_SECONDS`."""

    def __init__(self, file: DataFile) -> None:
        self._file = file
        self._engine = probing_engine(file)
        self._known_revisions = schema.known_revisions()
        self._running: asyncio.Task[Checkup | ProblemError] | None = None
        self._began = 0.0

    async def recent(self) -> Checkup:
        """Give what the present check finds, or what the last one has found.

        Raises:
            ProblemError: What is wrong; `db_timeout` when the check takes longer than `DEADLINE_SECONDS`.

        """
        if self._running is None or (self._running.done() and time.monotonic() - self._began > MAX_AGE_SECONDS):
            self._began = time.monotonic()
            self._running = asyncio.create_task(self._check())
        running = self._running
        finished, _ = await asyncio.wait({running}, timeout=DEADLINE_SECONDS)
        if not finished:
            raise ProblemError(Code.DB_TIMEOUT, cause=f"the deep check took longer than {DEADLINE_SECONDS} s")
        match running.result():
            case ProblemError() as problem:
                raise ProblemError(problem.code, cause=problem.cause)
            case Checkup() as checkup:
                return checkup

    def forget(self) -> None:
        """Drop what the last check has found: it was about another time."""
        self._running = None

    async def finish(self) -> None:
        """Let the check that is under way come to its end."""
        if self._running:
            await asyncio.wait({self._running}, timeout=DEADLINE_SECONDS)

    async def _check(self) -> Checkup | ProblemError:
        began = time.monotonic()
        try:
            async with self._engine.connect() as connection:
                await connection.run_sync(lambda sync: check_complete(sync.connection, self._file))
                # From here on in a transaction that holds the write lock.
                header = await connection.run_sync(lineage.read_header)
                lineage.judge(header, self._file.read_seal())
                schema.judge(await connection.run_sync(schema.current_revision), self._known_revisions)
        except ProblemError as problem:
            return problem
        except Exception as error:  # noqa: BLE001 - every failure of a check is its result
            return self._file.problem_of(error) or _unknown(error)
        return Checkup(time.monotonic() - began, self._known_revisions[0])


def _unknown(error: Exception) -> ProblemError:
    if isinstance(driver_error(error), sqlite3.Error):
        return ProblemError(Code.DB_CORRUPT, cause=str(driver_error(error)))
    log.error("the deep check failed", exc_info=error)
    return ProblemError(Code.DB_TIMEOUT, cause=f"{type(error).__name__}: {error}")
