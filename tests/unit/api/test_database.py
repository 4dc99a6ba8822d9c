import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.database import Database
from app.datafile import DataFile
from app.prepare import prepare
from app.problems import Code, ProblemError
from app.tasks import store


@pytest.fixture
def with_database(tmp_path: Path) -> Callable[[Callable[[Database], Awaitable[None]]], None]:
    file = DataFile(tmp_path / "api.db")

    async def use(story: Callable[[Database], Awaitable[None]]) -> None:
        database = Database(file)
        database.open(prepare(file, given_up=lambda: False))
        await story(database)
        await database.shut_down()

    return lambda story: asyncio.run(use(story))


UseDatabase = Callable[[Callable[[Database], Awaitable[None]]], None]


class SlowUnit:
    """A unit of work that waits to be told to end."""

    def __init__(self) -> None:
        self.began, self.may_end = threading.Event(), threading.Event()

    def __call__(self, session: Session) -> None:
        store.create(session, "half")
        self.began.set()
        assert self.may_end.wait(10)
        store.create(session, "whole")


def names(session: Session) -> list[str]:
    return [task.name for task in store.page(session, after=0, limit=10).items]


def test_a_unit_that_fails_leaves_nothing_of_itself(with_database: UseDatabase) -> None:
    def fail(session: Session) -> None:
        store.create(session, "half")
        raise ValueError("the unit's own mistake")

    async def story(database: Database) -> None:
        with pytest.raises(ValueError, match="own mistake"):
            await database.write(fail)
        assert await database.read(names) == []

    with_database(story)


def test_a_unit_whose_caller_is_cancelled_is_done_whole(with_database: UseDatabase) -> None:
    async def story(database: Database) -> None:
        unit = SlowUnit()
        caller = asyncio.create_task(database.write(unit))
        await asyncio.to_thread(unit.began.wait, 10)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        unit.may_end.set()
        await database.write(lambda _session: None)  # comes after it, on the one writer thread
        assert await database.read(names) == ["half", "whole"]

    with_database(story)


def test_the_files_are_let_go_of_only_after_the_unit_under_way(with_database: UseDatabase) -> None:
    async def story(database: Database) -> None:
        unit = SlowUnit()
        writing = asyncio.create_task(database.write(unit))
        await asyncio.to_thread(unit.began.wait, 10)
        closing = asyncio.create_task(database.close(ProblemError(Code.DB_REPLACED)))
        finished, _ = await asyncio.wait({closing}, timeout=0.2)
        assert not finished
        with pytest.raises(ProblemError, match="db_replaced"):
            await database.read(names)
        unit.may_end.set()
        await closing
        await writing

    with_database(story)


def test_units_are_refused_with_the_reason_before_the_opening_and_after_the_closing(tmp_path: Path) -> None:
    async def story() -> None:
        database = Database(DataFile(tmp_path / "api.db"))
        with pytest.raises(ProblemError, match="db_starting"):
            await database.read(names)
        await database.close(ProblemError(Code.DB_CORRUPT))
        with pytest.raises(ProblemError, match="db_corrupt"):
            await database.write(names)
        await database.shut_down()

    asyncio.run(story())


def test_a_failure_is_named_after_the_files_that_were_moved_and_not_after_what_sqlite_met(
    with_database: UseDatabase,
) -> None:
    async def story(database: Database) -> None:
        def lose_the_file(_session: Session) -> None:
            database.file.path.unlink()
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorname = "SQLITE_IOERR_FSTAT"
            raise error

        with pytest.raises(ProblemError, match="db_missing"):
            await database.read(lose_the_file)

    with_database(story)
