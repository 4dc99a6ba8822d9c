"""Whether all pages of the database are sound, as SQLite itself finds: what is asked of it, and what of it at a start.

The quick check reads every page and row once; what it leaves out is to compare each index with its table, which takes
many times as long. Bytes that were changed within a value are still a valid page: no check of SQLite can tell those.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import structlog

from app.datafile import DataFile
from app.engine import reading_engine
from app.faults import code_of
from app.problems import Code, ProblemError
from app.verdict import Verdict

log = structlog.stdlib.get_logger(__name__)

START_SECONDS = 5.0  # what a start may wait for the check: enough for some 5 GB in memory
AGAIN_SECONDS = 60.0  # a file that was found damaged and looks the same is not read again before
LONGEST_FINDING = 300
# Of SQLite's virtual machine, some 0.1 ms; while a tree is checked, pages, some 15 ms: each look takes the GIL.
STEPS_BETWEEN_LOOKS = 10_000

DAMAGED = frozenset({Code.DB_CORRUPT, Code.DB_NOT_A_DATABASE})
# The list of free pages belongs to the schema's table: see sqlite.org/pragma.html#pragma_integrity_check.
SCHEMA = "sqlite_schema"
TABLES = f"SELECT name FROM {SCHEMA} WHERE type = 'table' AND rootpage ORDER BY rowid"  # noqa: S608 - of constants


def tables(driver: sqlite3.Connection) -> list[str]:
    """Give the names to check one by one, which together are the database."""
    return [SCHEMA, *(name for (name,) in driver.execute(TABLES))]


def find_damage(driver: sqlite3.Connection, table: str | None = None) -> str | None:
    """Check a table with its indexes, or the whole database, and give the first thing that is wrong.

    Raises:
        sqlite3.Error: The check could not be done; `SQLITE_INTERRUPT` when the progress handler has ended it.

    """
    name = "1" if table is None else "'" + table.replace("'", "''") + "'"
    try:
        driver.execute("PRAGMA ignore_check_constraints = ON")  # a row that breaks one is no damage to the file
        (found,) = driver.execute(f"PRAGMA quick_check({name})").fetchone()
    except sqlite3.Error as error:
        if code_of(error) in DAMAGED:
            return str(error)
        raise
    return None if found == "ok" else " ".join(str(found).split())[:LONGEST_FINDING]


def check_at_start(file: DataFile, *, is_alone: bool, given_up: Callable[[], bool]) -> None:
    """Check the whole database before it is used; by those whose turn it is to prepare it.

    The first user of the database waits for that some seconds at most, and leaves what takes longer to the background.
    Where damage was found, everybody waits to the end: only a check that finds none lets the database be used again.

    Raises:
        ProblemError: `db_corrupt`; `draining` when it was given up.

    """
    known = file.record.read()
    is_suspect = known is not None and known.damage is not None
    if not (is_suspect or is_alone):
        return
    stamp = file.stamp()
    if known and known.damage and known.stamp == stamp and 0 <= known.age < AGAIN_SECONDS:
        raise ProblemError(Code.DB_CORRUPT, cause=known.damage)
    began = time.monotonic()

    def must_end() -> bool:
        return given_up() or not (is_suspect or time.monotonic() - began < START_SECONDS)

    try:
        damage = _find_damage_in(file, must_end)
    except sqlite3.OperationalError as error:
        if code_of(error) is not Code.DB_TIMEOUT:
            raise
        if given_up():
            raise ProblemError(Code.DRAINING, cause="stopped in the middle of the integrity check") from error
        log.info("the integrity check goes on in the background", seconds=START_SECONDS)
        file.record.write(None)
        return
    note(file, Verdict(time.time(), time.monotonic() - began, damage, stamp if damage else None))
    if damage:
        raise ProblemError(Code.DB_CORRUPT, cause=damage)


def note(file: DataFile, verdict: Verdict) -> None:
    """Keep a verdict for all, and log that there is one."""
    file.record.write(verdict)
    result = "ok" if verdict.damage is None else "damaged"
    log.info("integrity checked", result=result, seconds=round(verdict.seconds, 3))


def _find_damage_in(file: DataFile, must_end: Callable[[], bool]) -> str | None:
    with closing(reading_engine(file).raw_connection()) as raw:
        driver: Any = raw.driver_connection
        driver.set_progress_handler(must_end, STEPS_BETWEEN_LOOKS)
        return find_damage(driver)
