"""The threads for read units that the event loop cannot run by itself."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import Engine

from app.problems import Code, ProblemError
from app.unit import T, UnitConnection, Work

READERS = 4
LONGEST_WAIT_SECONDS = 5.0
LONGEST_READ_SECONDS = 20.0  # a reader keeps the log from being emptied, so none may last for ever


class Readers:
    """Runs read units on threads, each with a connection of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(READERS, "reader")
        self._all: list[UnitConnection] = []
        self._idle: list[UnitConnection] = []
        self._handed_over: set[Future[Any]] = set()
        self._is_closed = False

    async def read(self, work: Work[T]) -> T:
        """Run a unit on the next free thread.

        Raises:
            ProblemError: `db_timeout` when no thread gets free in time.
            Exception: Whatever the unit raises; SQLite's is `SQLITE_INTERRUPT` when it takes too long.

        """
        handed_over = self._threads.submit(self._run, work)
        self._handed_over.add(handed_over)
        handed_over.add_done_callback(self._handed_over.discard)
        answer = asyncio.wrap_future(handed_over)
        try:
            await asyncio.wait({answer}, timeout=LONGEST_WAIT_SECONDS)
        except asyncio.CancelledError:
            answer.cancel()
            raise
        if handed_over.cancel():
            raise ProblemError(Code.DB_TIMEOUT, cause=f"all {READERS} readers were busy for {LONGEST_WAIT_SECONDS} s")
        return await answer

    def close(self) -> bool:
        """Interrupt the units under way, close the connections as they get idle, and tell whether all are closed."""
        self._is_closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for connection in tuple(self._all):
            connection.interrupt()
        is_idle = all(one.done() for one in tuple(self._handed_over))
        self._close_idle()
        return is_idle

    def _run(self, work: Work[T]) -> T:
        connection = self._take()
        try:
            return connection.read(work, seconds=LONGEST_READ_SECONDS)
        finally:
            self._idle.append(connection)
            if self._is_closed:
                self._close_idle()

    def _take(self) -> UnitConnection:
        try:
            return self._idle.pop()
        except IndexError:
            connection = UnitConnection(self._engine)
            self._all.append(connection)
            if self._is_closed:  # meanwhile, and the closing has not seen this one
                connection.interrupt()
            return connection

    def _close_idle(self) -> None:
        while self._idle:
            try:
                self._idle.pop().close()
            except IndexError:  # another thread was quicker
                return
