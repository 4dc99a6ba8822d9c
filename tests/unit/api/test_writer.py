import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterable

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import writer as writer_module
from app.group import Unit
from app.problems import Code, ProblemError
from app.unit import Work
from app.writer import Writer
from support.waiting import load_factor

WITHIN = 10


class Disk:
    """Stands in for the database: runs units without one, counts the commits, and can be made to wait or to fail."""

    def __init__(self) -> None:
        self.groups: list[list[Unit]] = []
        self.is_free = threading.Event()
        self.is_free.set()
        self.is_reached = threading.Event()
        self.has_run = threading.Event()
        self.may_commit = threading.Event()
        self.may_commit.set()
        self.failures: list[Exception] = []
        self.session = Session()

    def commit(self, units: Iterable[Unit]) -> None:
        self.is_reached.set()
        assert self.is_free.wait(WITHIN)
        group = []
        for unit in units:
            if not unit.answer.done():
                unit.began = True
                unit.result = unit.work(self.session)
            group.append(unit)
        self.has_run.set()
        assert self.may_commit.wait(WITHIN)
        if self.failures:
            raise self.failures.pop()
        self.groups.append(group)


@pytest.fixture
def disk() -> Disk:
    return Disk()


def saying(word: str) -> Work[str]:
    return lambda _session: word


async def hold(disk: Disk, writer: Writer) -> asyncio.Task[str]:
    """Keep the writer's thread busy with one unit until the disk is free."""
    disk.is_free.clear()
    disk.is_reached.clear()
    writer.start()
    first = asyncio.create_task(writer.write(saying("first")))
    await asyncio.to_thread(disk.is_reached.wait, WITHIN)
    return first


async def handed_over() -> None:
    """Let what was asked for reach the thread: one turn of the event loop for its task, one for the handing over."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_all_that_waits_shares_one_commit_and_each_gets_its_own_answer(disk: Disk) -> None:
    async def story() -> None:
        writer = Writer(disk.commit)
        first = await hold(disk, writer)
        others = [asyncio.create_task(writer.write(saying(f"{number}"))) for number in range(63)]
        await handed_over()
        disk.is_free.set()
        assert [await first, *[await other for other in others]] == ["first", *[f"{number}" for number in range(63)]]
        assert await writer.stop(within=WITHIN)

    asyncio.run(story())
    assert len(disk.groups) == 1


def test_a_group_must_tell_how_long_it_waited_for_its_turn_and_how_many_it_is(disk: Disk) -> None:
    told: list[tuple[float, int]] = []

    async def story() -> float:
        writer = Writer(disk.commit, lambda seconds, units: told.append((seconds, units)))
        first = await hold(disk, writer)
        began = time.monotonic()
        others = [asyncio.create_task(writer.write(saying("x"))) for _ in range(9)]
        await handed_over()
        held = time.monotonic() - began
        disk.is_free.set()
        await asyncio.gather(first, *others)
        assert await writer.stop(within=WITHIN)
        return held

    held = asyncio.run(story())
    ((seconds, units),) = told
    assert units == 10
    assert held <= seconds < WITHIN


def test_a_group_that_is_refused_its_turn_must_tell_of_its_wait_too() -> None:
    told: list[tuple[float, int]] = []

    def refuse(_units: Iterable[Unit]) -> None:
        raise OSError("closed")

    async def story() -> None:
        writer = Writer(refuse, lambda seconds, units: told.append((seconds, units)))
        writer.start()
        with pytest.raises(OSError, match="closed"):
            await writer.write(saying("x"))
        assert await writer.stop(within=WITHIN)

    asyncio.run(story())
    assert [units for _, units in told] == [1]


def test_nobody_is_answered_before_the_commit(disk: Disk) -> None:
    async def story() -> None:
        writer = Writer(disk.commit)
        disk.may_commit.clear()
        writer.start()
        first = asyncio.create_task(writer.write(saying("first")))
        await asyncio.to_thread(disk.has_run.wait, WITHIN)
        finished, _ = await asyncio.wait({first}, timeout=0.1)
        assert not finished
        disk.may_commit.set()
        assert await first == "first"
        assert await writer.stop(within=WITHIN)

    asyncio.run(story())


def test_a_commit_that_fails_is_told_to_all_of_its_units(disk: Disk) -> None:
    async def story() -> None:
        writer = Writer(disk.commit)
        first = await hold(disk, writer)
        second = asyncio.create_task(writer.write(saying("second")))
        await handed_over()
        disk.failures = [OSError("no space left")]
        disk.is_free.set()
        answers = await asyncio.gather(first, second, return_exceptions=True)
        assert [str(answer) for answer in answers] == ["no space left"] * 2
        assert await writer.write(saying("and on")) == "and on"
        assert await writer.stop(within=WITHIN)

    asyncio.run(story())


def test_a_turn_that_cannot_be_had_is_told_at_once(disk: Disk) -> None:
    def refuse(_units: Iterable[Unit]) -> None:
        raise OSError("closed")

    async def story() -> None:
        writer = Writer(refuse)
        writer.start()
        with pytest.raises(OSError, match="closed"):
            await writer.write(saying("x"))
        assert await writer.stop(within=WITHIN)

    asyncio.run(story())


BROKEN = sqlite3.IntegrityError("FOREIGN KEY constraint failed")


@pytest.mark.parametrize("broken", [BROKEN, IntegrityError("COMMIT", None, BROKEN)], ids=["sqlite3", "SQLAlchemy"])
def test_a_constraint_that_undoes_all_is_told_to_the_unit_that_broke_it(broken: Exception, disk: Disk) -> None:
    def refuse(_session: Session) -> str:
        disk.failures = [broken]
        return "not done"

    async def story() -> None:
        writer = Writer(disk.commit)
        first = await hold(disk, writer)
        breaking = asyncio.create_task(writer.write(refuse))
        last = asyncio.create_task(writer.write(saying("last")))
        await handed_over()
        disk.is_free.set()
        answers = await asyncio.gather(first, breaking, last, return_exceptions=True)
        assert answers == ["first", broken, "last"]
        assert await writer.stop(within=WITHIN)

    asyncio.run(story())


def test_one_more_than_may_wait_is_refused_at_once(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "MOST_WAITING", 3)

    async def story() -> None:
        writer = Writer(disk.commit)
        first = await hold(disk, writer)
        waiting = [asyncio.create_task(writer.write(saying("x"))) for _ in range(3)]
        await handed_over()
        with pytest.raises(ProblemError, match="db_locked: 3 writes are waiting already"):
            await writer.write(saying("one too many"))
        disk.is_free.set()
        await asyncio.gather(first, *waiting)
        assert await writer.stop(within=WITHIN)

    asyncio.run(story())


def test_a_unit_that_waits_too_long_is_refused_and_never_begun(disk: Disk) -> None:
    async def story() -> None:
        writer = Writer(disk.commit)
        first = await hold(disk, writer)
        began = time.monotonic()
        with pytest.raises(ProblemError, match="db_locked"):
            await writer.write(saying("late"), within=0.05)
        assert time.monotonic() - began < 2 * load_factor()
        disk.is_free.set()
        assert await first == "first"
        assert await writer.stop(within=WITHIN)

    asyncio.run(story())
    late = [unit for group in disk.groups for unit in group if unit.answer.cancelled()]
    assert [unit.began for unit in late] == [False], "it stays in the queue, where whoever commits leaves it out"


def test_a_stop_does_what_is_waiting(disk: Disk) -> None:
    async def story() -> None:
        writer = Writer(disk.commit)
        first = await hold(disk, writer)
        second = asyncio.create_task(writer.write(saying("second")))
        await handed_over()
        stopping = asyncio.create_task(writer.stop(within=WITHIN))
        await handed_over()
        disk.is_free.set()
        assert await stopping
        assert [await first, await second] == ["first", "second"]

    asyncio.run(story())


def test_a_stop_does_not_wait_for_ever(disk: Disk) -> None:
    async def story() -> None:
        writer = Writer(disk.commit)
        first = await hold(disk, writer)
        assert not await writer.stop(within=0.05)
        disk.is_free.set()
        await first

    asyncio.run(story())


def test_a_job_runs_after_the_units_before_it_and_before_those_after_it(disk: Disk) -> None:
    async def story() -> None:
        writer = Writer(disk.commit)
        first = await hold(disk, writer)
        between = asyncio.create_task(writer.between(lambda: len(disk.groups)))
        await handed_over()
        last = asyncio.create_task(writer.write(saying("last")))
        await handed_over()
        disk.is_free.set()
        await asyncio.gather(first, last)
        assert (await between, len(disk.groups)) == (1, 2)
        assert await writer.stop(within=WITHIN)

    asyncio.run(story())


def test_after_a_failed_commit_only_a_real_one_proves_that_writing_works(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_nothing_to_write(_session: Session) -> None:
        """Commit no page, as a deletion of what is not there does."""

    def rewrite(_session: Session) -> None:
        rewritten.append(len(disk.groups))

    rewritten: list[int] = []
    monkeypatch.setattr(writer_module, "_rewrite_header", rewrite)

    async def story() -> None:
        writer = Writer(disk.commit)
        writer.start()
        disk.failures = [OSError("no space left")]
        with pytest.raises(OSError, match="no space"):
            await writer.write(saying("x"))
        await writer.write(find_nothing_to_write)
        await writer.prove()
        assert rewritten == [1]
        await writer.prove()
        assert rewritten == [1], "what was written a moment ago is proof enough"
        assert await writer.stop(within=WITHIN)

    asyncio.run(story())


def test_nothing_is_acknowledged_before_it_is_shipped(disk: Disk) -> None:
    async def story() -> None:
        has_arrived, may_end = threading.Event(), threading.Event()

        def ship() -> None:
            has_arrived.set()
            assert may_end.wait(WITHIN)

        writer = Writer(disk.commit, ship=ship)
        writer.start()
        answer = asyncio.create_task(writer.write(saying("yes")))
        assert await asyncio.to_thread(has_arrived.wait, WITHIN)
        assert len(disk.groups) == 1, "it is committed by then"
        assert not answer.done()
        may_end.set()
        assert await answer == "yes"
        await writer.stop(within=WITHIN)

    asyncio.run(story())


def test_what_cannot_be_shipped_is_told_to_those_who_have_written_and_is_no_fault_of_the_disk(disk: Disk) -> None:
    def ship() -> None:
        raise ProblemError(Code.DB_REPLICA_UNAVAILABLE)

    async def story() -> None:
        writer = Writer(disk.commit, ship=ship)
        writer.start()
        with pytest.raises(ProblemError, match="db_replica_unavailable"):
            await writer.write(saying("no"))
        await writer.prove()
        await writer.stop(within=WITHIN)

    asyncio.run(story())
    assert len(disk.groups) == 1, "the commit has proved that the disk works"


def test_a_proof_that_writes_nothing_is_not_shipped(disk: Disk) -> None:
    shipped: list[None] = []

    async def story() -> None:
        writer = Writer(disk.commit, ship=lambda: shipped.append(None))
        writer.start()
        await writer.prove()
        await writer.stop(within=WITHIN)

    asyncio.run(story())
    assert len(disk.groups) == 1
    assert shipped == []
