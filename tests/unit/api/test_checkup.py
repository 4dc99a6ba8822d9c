import asyncio
import time
from pathlib import Path

import pytest

from app import checkup
from app.checkup import Checkup, Checkups
from app.datafile import DataFile
from app.problems import Code, ProblemError
from support.database import prepare_once
from support.waiting import load_factor


async def writable() -> None:
    """Stand in for a writer that can write."""


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    file = DataFile(tmp_path / "api.db")
    prepare_once(file)
    return file


ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.mark.fault("H6")
def test_however_many_ask_at_once_one_check_is_made(file: DataFile) -> None:
    made = 0

    async def count() -> None:
        nonlocal made
        made += 1

    async def flood() -> list[Checkup]:
        checkups = Checkups(file, count)
        return await asyncio.gather(*(checkups.recent() for _ in range(500)))

    assert len(asyncio.run(flood())) == 500
    assert made == 1


def test_a_check_that_takes_too_long_is_a_timeout_for_all_who_ask_and_is_interrupted(
    file: DataFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask() -> list[Checkup | BaseException]:
        checkups = Checkups(file, writable)
        answers = await asyncio.gather(*(checkups.recent() for _ in range(10)), return_exceptions=True)
        await asyncio.wait_for(checkups.finish(), 10)  # an endless statement would go on
        return answers

    monkeypatch.setattr(checkup, "DEADLINE_SECONDS", 0.2)
    monkeypatch.setattr(checkup, "LOOK", ENDLESS)
    answers = asyncio.run(ask())
    assert [answer.code for answer in answers if isinstance(answer, ProblemError)] == [Code.DB_TIMEOUT] * 10


def test_a_proof_that_takes_too_long_is_a_timeout_too(file: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> Code:
        is_over = asyncio.Event()

        async def take_long() -> None:
            await is_over.wait()

        checkups = Checkups(file, take_long)
        with pytest.raises(ProblemError) as found:
            await checkups.recent()
        is_over.set()
        await checkups.finish()
        return found.value.code

    monkeypatch.setattr(checkup, "DEADLINE_SECONDS", 0.2)
    assert asyncio.run(story()) == Code.DB_TIMEOUT


def test_who_asks_again_while_a_check_hangs_is_told_at_once(file: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> float:
        is_over = asyncio.Event()

        async def hang() -> None:
            await is_over.wait()

        checkups = Checkups(file, hang)
        with pytest.raises(ProblemError, match="db_timeout"):
            await checkups.recent()
        began = time.monotonic()
        with pytest.raises(ProblemError, match="db_timeout"):
            await checkups.recent()
        took = time.monotonic() - began
        is_over.set()
        await checkups.finish()
        return took

    monkeypatch.setattr(checkup, "DEADLINE_SECONDS", 2.0)
    assert asyncio.run(story()) < 0.25 * load_factor()


def test_a_database_that_cannot_be_written_to_is_not_well(file: DataFile) -> None:
    async def not_writable() -> None:
        raise ProblemError(Code.DB_LOCKED)

    with pytest.raises(ProblemError, match="db_locked"):
        asyncio.run(Checkups(file, not_writable).recent())


def test_a_failure_that_is_not_of_the_disk_is_no_corruption(file: DataFile) -> None:
    async def fail() -> None:
        raise RuntimeError("can't start new thread")

    with pytest.raises(ProblemError) as found:
        asyncio.run(Checkups(file, fail).recent())
    assert found.value.code == Code.DB_TIMEOUT
