"""The check of all pages while the database is in use: now and then, slowly, and by one process of the volume."""

import asyncio
import sqlite3
import threading
import time
from contextlib import closing
from typing import Any

import structlog

from app import integrity, locks
from app.database import Database
from app.engine import checking_engine
from app.faults import code_of
from app.problems import Code, ProblemError
from app.verdict import Verdict

log = structlog.stdlib.get_logger(__name__)

EVERY_SECONDS = 6 * 3600.0
AGAIN_SECONDS = 60.0  # after a check that came to nothing
LONGEST_LOG_BYTES = 48 * 1024 * 1024  # less than what the keeper complains of: no log is emptied under a reader
WORK_SECONDS = 0.01
PAUSES = 4  # times what was worked: a fifth of a core while others have work
STOP_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 0.2  # less than a closed database stays closed


class Pace:
    """Says when a check must pause or end, asked by SQLite every so many steps.

    Args:
        database: Whose requests come first.
        stopping: Set when the service stops.

    """

    def __init__(self, database: Database, stopping: threading.Event) -> None:
        self._database = database
        self._stopping = stopping
        self._units = database.units
        self._most_log_bytes = max(LONGEST_LOG_BYTES, database.file.log_bytes())
        self._since = time.monotonic()

    def must_end(self) -> bool:
        """Pause while others are at work, then tell whether the check must end."""
        worked = time.monotonic() - self._since
        if worked >= WORK_SECONDS:
            if self._units != self._database.units:
                self._stopping.wait(min(worked * PAUSES, LONGEST_PAUSE_SECONDS))
            self._units, self._since = self._database.units, time.monotonic()
        return self._stopping.is_set() or not self._database.is_open or self.is_in_the_way()

    def is_in_the_way(self) -> bool:
        """Tell whether the log has grown so long because this reader still needs it."""
        return self._database.file.log_bytes() > self._most_log_bytes


class Inspection:
    """Checks the database when that is due, and knows what was found, by whichever process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._not_before = float("-inf")
        self.verdict: Verdict | None = None

    def look(self) -> None:
        """Look at what was found last, and begin a check in the background when one is due; costs microseconds.

        Raises:
            ProblemError: `db_corrupt`: damage was found.

        """
        self.check_verdict()
        is_idle = self._thread is None or not self._thread.is_alive()
        if is_idle and self.is_due() and time.monotonic() > self._not_before:
            # A daemon: a process that must stop does not wait for a disk that hangs.
            self._thread = threading.Thread(target=self._inspect, name="inspection", daemon=True)
            self._thread.start()

    def check_verdict(self) -> None:
        """Look at what was found last.

        Raises:
            ProblemError: `db_corrupt`: damage was found.

        """
        self.verdict = self._database.file.record.read()
        if self.verdict and self.verdict.damage:
            raise ProblemError(Code.DB_CORRUPT, cause=self.verdict.damage)

    def is_due(self) -> bool:
        """Tell whether a check is needed; one of the processes on the volume makes it."""
        verdict = self._database.file.record.read()
        return self._database.has_met_damage or verdict is None or not 0 <= verdict.age < EVERY_SECONDS

    async def stop(self) -> None:
        """End the check that is under way."""
        self._stopping.set()
        if self._thread:
            await asyncio.to_thread(self._thread.join, STOP_SECONDS)

    def _inspect(self) -> None:
        try:
            with locks.chance(self._database.file.record.path) as is_ours:
                if is_ours and self.is_due():  # the one who had the lock may have done it just now
                    self._check()
        except Exception as error:  # noqa: BLE001 - the check is a favour, and is tried again
            self._not_before = time.monotonic() + AGAIN_SECONDS
            if not self._stopping.is_set() and self._database.is_open:
                log.warning("the integrity check was not finished", cause=f"{type(error).__name__}: {error}")

    def _check(self) -> None:
        began = time.monotonic()
        damage = self._find_damage()
        if self._database.has_met_damage:  # which the next check may not see either: not each request begins one
            self._database.has_met_damage = False
            self._not_before = began + AGAIN_SECONDS
        integrity.note(self._database.file, Verdict(time.time(), time.monotonic() - began, damage))

    def _find_damage(self) -> str | None:
        """Check table by table, so that the log can be emptied in between."""
        with closing(checking_engine(self._database.file).raw_connection()) as raw:
            driver: Any = raw.driver_connection
            try:
                names = integrity.tables(driver)
            except sqlite3.Error as error:
                if code_of(error) in integrity.DAMAGED:
                    return str(error)
                raise
            for name in names:
                pace = Pace(self._database, self._stopping)
                driver.set_progress_handler(pace.must_end, integrity.STEPS_BETWEEN_LOOKS)
                try:
                    damage = integrity.find_damage(driver, name)
                except sqlite3.OperationalError as error:
                    if pace.is_in_the_way():
                        raise TimeoutError(f"the log grew too long while {name} was checked") from error
                    raise
                if damage:
                    return damage
        return None
