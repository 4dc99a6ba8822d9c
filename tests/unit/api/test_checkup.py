import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from app import checkup
from app.checkup import Checkup, Checkups
from app.datafile import DataFile
from app.problems import Code, ProblemError
from support.database import prepare_once


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    file = DataFile(tmp_path / "api.db")
    prepare_once(file)
    return file


def test_however_many_ask_at_once_one_check_is_made(file: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0

    def count(*_: Any) -> None:
        nonlocal made
        made += 1

    async def flood() -> list[Checkup]:
        checkups = Checkups(file)
        return await asyncio.gather(*(checkups.recent() for _ in range(500)))

    monkeypatch.setattr(checkup, "check_complete", count)
    assert len(asyncio.run(flood())) == 500
    assert made == 1


def test_a_check_that_takes_too_long_is_a_timeout_for_all_who_ask(
    file: DataFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkup, "DEADLINE_SECONDS", 0.05)
    holder = sqlite3.connect(file.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")  # the check is patient with it for a quarter of a second

    async def ask() -> list[Checkup | BaseException]:
        checkups = Checkups(file)
        answers = await asyncio.gather(*(checkups.recent() for _ in range(10)), return_exceptions=True)
        monkeypatch.setattr(checkup, "DEADLINE_SECONDS", 5)
        await checkups.finish()
        return answers

    answers = asyncio.run(ask())
    holder.close()
    assert [answer.code for answer in answers if isinstance(answer, ProblemError)] == [Code.DB_TIMEOUT] * 10


def test_a_failure_that_is_not_of_the_disk_is_no_corruption(file: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(checkup, "check_complete", fail)
    with pytest.raises(ProblemError) as found:
        asyncio.run(Checkups(file).recent())
    assert found.value.code == Code.DB_TIMEOUT
