import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.completeness import check_complete, is_doubtful, judge
from app.datafile import DataFile
from app.problems import ProblemError
from support.database import prepare_once


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    file = DataFile(tmp_path / "api.db")
    prepare_once(file)
    return file


@pytest.fixture
def connection(file: DataFile) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(file.path, isolation_level=None)
    yield connection
    connection.close()


def grow_in_the_log(connection: sqlite3.Connection) -> None:
    rows = [("x" * 100, "2026-01-01 00:00:00") for _ in range(200)]
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO tasks (name, created_at) VALUES (?, ?)", rows)
    connection.execute("COMMIT")


@pytest.mark.parametrize(
    ("size", "was_complete_at", "doubtful"),
    [
        (100, None, False),
        (120, None, False),
        (99, None, True),
        (99, 99, False),  # the rest is still in the log
        (99, 50, False),
        (49, 50, True),
        (100, 120, False),
    ],
)
def test_only_a_file_that_is_short_and_has_not_always_been_is_doubtful(
    size: int, was_complete_at: int | None, doubtful: bool
) -> None:
    assert is_doubtful(size, 100, was_complete_at) is doubtful


@pytest.mark.parametrize(("brought_home", "settled"), [((0, 9, 9), True), ((0, 9, 5), False), ((1, 9, 9), False)])
def test_a_doubt_is_settled_once_all_of_the_log_is_home(brought_home: tuple[int, int, int], settled: bool) -> None:
    assert judge(100, 100, brought_home) is settled


def test_a_file_whose_last_pages_are_still_in_the_log_is_complete(
    file: DataFile, connection: sqlite3.Connection
) -> None:
    grow_in_the_log(connection)
    before = file.size()
    check_complete(connection, file)
    assert file.size() > before


def test_a_file_that_was_cut_short_is_corrupt(file: DataFile, connection: sqlite3.Connection) -> None:
    grow_in_the_log(connection)
    connection.execute("PRAGMA wal_checkpoint")
    os.truncate(file.path, file.size() - 4096)
    with pytest.raises(ProblemError, match="db_corrupt"):
        check_complete(connection, file)


def test_a_doubt_that_a_reader_leaves_is_no_fault(file: DataFile, connection: sqlite3.Connection) -> None:
    reader = sqlite3.connect(file.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM tasks").fetchall()
    grow_in_the_log(connection)
    check_complete(connection, file)
    reader.close()
