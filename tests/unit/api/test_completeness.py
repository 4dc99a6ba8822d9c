import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.completeness import check_complete
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


def test_a_file_whose_last_pages_are_still_in_the_log_is_complete(
    file: DataFile, connection: sqlite3.Connection
) -> None:
    grow_in_the_log(connection)
    before = file.size()
    assert check_complete(connection, file) == file.size() > before


def test_a_file_that_has_not_shrunk_is_not_put_to_the_proof(file: DataFile, connection: sqlite3.Connection) -> None:
    complete_at = check_complete(connection, file)
    grow_in_the_log(connection)
    assert check_complete(connection, file, was_complete_at=complete_at) == complete_at == file.size(), "no checkpoint"


@pytest.mark.parametrize("is_remembered", [True, False])
def test_a_file_that_was_cut_short_is_corrupt(
    is_remembered: bool, file: DataFile, connection: sqlite3.Connection
) -> None:
    grow_in_the_log(connection)
    connection.execute("PRAGMA wal_checkpoint")
    complete_at = check_complete(connection, file)
    os.truncate(file.path, file.size() - 4096)
    with pytest.raises(ProblemError, match="db_corrupt"):
        check_complete(connection, file, was_complete_at=complete_at if is_remembered else None)


def test_a_doubt_that_a_reader_leaves_stays_a_doubt(file: DataFile, connection: sqlite3.Connection) -> None:
    reader = sqlite3.connect(file.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM tasks").fetchall()
    grow_in_the_log(connection)
    assert check_complete(connection, file) is None
    reader.close()
    assert check_complete(connection, file) == file.size()
