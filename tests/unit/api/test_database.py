import asyncio
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import database as database_module
from app.database import Database
from app.datafile import DataFile
from app.hold import Hold
from app.locks import Queue
from app.opened import Opened
from app.prepare import prepare
from app.problems import Code, ProblemError
from app.tasks import store

WITHIN = 10


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


def current_thread(_session: Session) -> str:
    return threading.current_thread().name


def count_to(steps: int) -> Callable[[Session], tuple[int, str]]:
    statement = text(
        "WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < :steps)"
        "SELECT count(*) FROM number"
    )
    return lambda session: (session.execute(statement, {"steps": steps}).scalar_one(), current_thread(session))


def test_a_point_read_goes_to_no_thread_and_a_write_to_one(with_database: UseDatabase) -> None:
    async def story(database: Database) -> None:
        await database.write(lambda session: store.create(session, "x"))
        found, where = await database.read(lambda session: (store.get(session, 1), current_thread(session)))
        assert (found and found.name, where) == ("x", threading.current_thread().name)
        assert await database.write(current_thread) == "writer"

    with_database(story)


def test_a_read_that_takes_long_goes_on_on_a_thread_and_keeps_nobody_waiting(with_database: UseDatabase) -> None:
    async def story(database: Database) -> None:
        slow = asyncio.create_task(database.read(count_to(3_000_000)))
        await asyncio.sleep(0)
        began = time.monotonic()
        quick = 0
        while not slow.done():
            await database.read(names)
            quick += 1
            await asyncio.sleep(0)
        counted, where = await slow
        assert counted == 3_000_000
        assert where.startswith("reader")
        assert quick > 20 * (time.monotonic() - began), "each of them waited for the slow one"

    with_database(story)


def test_a_read_that_meets_a_lock_waits_for_it_on_a_thread(with_database: UseDatabase) -> None:
    async def story(database: Database) -> None:
        attempts: list[str] = []

        def meet_a_lock_once(session: Session) -> None:
            attempts.append(current_thread(session))
            if len(attempts) == 1:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorname = "SQLITE_BUSY"
                raise error

        await database.read(meet_a_lock_once)
        assert attempts == [threading.current_thread().name, "reader_0"]

    with_database(story)


def test_a_read_cannot_write(with_database: UseDatabase) -> None:
    async def story(database: Database) -> None:
        with pytest.raises(ProblemError, match="db_read_only"):
            await database.read(lambda session: store.create(session, "x"))
        assert await database.read(names) == []

    with_database(story)


def test_a_read_sees_one_state_of_the_database(with_database: UseDatabase) -> None:
    async def story(database: Database) -> None:
        def look_twice(session: Session) -> tuple[list[str], list[str]]:
            before = names(session)
            with sqlite3.connect(database.file.path) as other:
                other.execute("INSERT INTO tasks (name, created_at) VALUES ('meanwhile', '2026-01-01 00:00:00')")
            other.close()
            return before, names(session)

        assert await database.read(look_twice) == ([], [])
        assert await database.read(names) == ["meanwhile"]

    with_database(story)


def test_a_mistake_in_a_units_sql_is_the_units_own(with_database: UseDatabase) -> None:
    async def story(database: Database) -> None:
        for verb in (database.read, database.write):
            with pytest.raises(OperationalError, match="no such table"):
                await verb(lambda session: session.execute(text("SELECT * FROM nowhere")).all())
        assert await database.read(names) == []

    with_database(story)


def test_2000_requests_cancelled_at_random_moments_leave_whole_units_and_no_lock(
    with_database: UseDatabase, tmp_path: Path
) -> None:
    def create_two(number: int) -> Callable[[Session], int]:
        def work(session: Session) -> int:
            store.create(session, f"{number} a")
            store.create(session, f"{number} b")
            return number

        return work

    async def story(database: Database) -> None:
        chance = random.Random(1)  # noqa: S311 - repeatable
        acknowledged: set[int] = set()

        async def request(number: int) -> None:
            await database.read(names)
            acknowledged.add(await database.write(create_two(number)))

        for batch in range(0, 2000, 50):
            tasks = [asyncio.create_task(request(number)) for number in range(batch, batch + 50)]
            for task in tasks:
                await asyncio.sleep(chance.choice((0, 0, 0, 0.0005)))
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        await database.write(lambda session: store.create(session, "and on"))
        stored = await database.read(
            lambda session: session.execute(text("SELECT name FROM tasks ORDER BY id")).scalars().all()
        )
        # In any order: a read that took longer than the loop allows has let the next request overtake it.
        done = [int(name.removesuffix(" a")) for name in stored[:-1:2]]
        assert stored == [*(f"{number} {half}" for number in done for half in "ab"), "and on"]
        assert len(done) == len(set(done))
        assert acknowledged <= set(done)
        assert 0 < len(done) < 2000, "no moment was met at which it matters"
        other = sqlite3.connect(tmp_path / "api.db", timeout=0, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # nobody holds the write lock
        other.execute("ROLLBACK")
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0), "a reader was left behind"
        other.close()

    with_database(story)


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


def test_moved_files_are_not_let_go_of_while_a_reader_has_them_open(with_database: UseDatabase) -> None:
    async def story(database: Database) -> None:
        began, may_end = threading.Event(), threading.Event()

        def think_first(session: Session) -> list[str]:
            if threading.current_thread() is threading.main_thread():
                return count_to(10**9)(session)  # type: ignore[return-value]  # too much for the event loop
            began.set()
            assert may_end.wait(10)
            return names(session)

        reading = asyncio.create_task(database.read(think_first))
        await asyncio.to_thread(began.wait, 10)
        away = database.file.path.rename(database.file.path.with_name("away.db"))
        await database.close(ProblemError(Code.DB_MISSING))
        shutil.copy(away, database.file.path)
        with pytest.raises(ProblemError, match="db_starting"):
            await database.check_left()
        may_end.set()
        assert await reading == []
        await database.check_left()

    with_database(story)


def test_a_process_that_keeps_its_turn_for_ever_does_not_stop_the_closing_nor_the_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(database_module, "STOP_SECONDS", 0.3)

    async def story() -> None:
        database = Database(DataFile(tmp_path / "api.db"))
        database.open(prepare(database.file, given_up=lambda: False))
        with Queue(database.file.queue_path):  # as a process does that was frozen in the middle of its turn
            writing = asyncio.create_task(database.write(names))
            await asyncio.sleep(0)
            with pytest.raises(ProblemError, match="db_locked"):
                await database.empty_log()
            await asyncio.wait_for(database.close(ProblemError(Code.DB_MISSING)), WITHIN)
            with pytest.raises(ProblemError, match="db_starting"):
                await database.check_left()
            await asyncio.wait_for(database.shut_down(), WITHIN)
            assert not writing.done(), "it did not wait for its turn"
        assert await writing == []

    asyncio.run(story())


def test_only_a_sound_database_is_optimized_at_the_end(
    with_database: UseDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimized: list[Opened] = []
    monkeypatch.setattr(Opened, "optimize", lambda opened: optimized.append(opened))  # noqa: PLW0108 - binds

    async def meet_a_fault(database: Database) -> None:
        await database.close(ProblemError(Code.DB_CORRUPT))

    with_database(meet_a_fault)
    assert optimized == [], "it would be written to, and hide what is wrong with it"

    async def end_well(database: Database) -> None:
        await database.write(names)

    with_database(end_well)
    assert len(optimized) == 1


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


def test_litestream_is_asked_for_the_log_that_must_be_begun_anew_until_that_is_done(
    with_database: UseDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meet_an_error(_opened: Opened, _units: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
        raise error

    async def story(database: Database) -> None:
        database.file.litestream_path.mkdir()
        hold = Hold(database.file)
        await database.write(names)
        with monkeypatch.context() as broken:
            broken.setattr(Opened, "commit", meet_an_error)
            with pytest.raises(ProblemError, match="db_io_error"):
                await database.write(names)
        assert not hold.is_asked_for()
        with monkeypatch.context() as held:
            held.setattr(Opened, "empty_log", lambda _opened, **_patience: False)
            with pytest.raises(ProblemError, match="a reader is in the way"):
                await database.write(names)
        assert hold.is_asked_for()
        await database.write(names)
        assert not hold.is_asked_for()

    with_database(story)
