import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.copying import check_room, copy
from app.problems import Code, ProblemError


@pytest.fixture
def source(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to a database whose last row is in the log only."""
    with closing(sqlite3.connect(tmp_path / "source.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE notes (content TEXT)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO notes VALUES ('in the log')")
        yield connection


def test_a_copy_is_a_database_of_its_own_with_what_was_in_the_log(source: sqlite3.Connection, tmp_path: Path) -> None:
    copy(source, tmp_path / "copy.db")
    assert {path.name for path in tmp_path.glob("copy*")} == {"copy.db"}
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT * FROM notes").fetchall() == [("in the log",)]


def test_a_copy_is_never_made_over_another_file(source: sqlite3.Connection, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("not ours")
    with pytest.raises(ProblemError):
        copy(source, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "not ours"


@pytest.mark.fault("S5")
def test_whatever_the_umask_is_owner_and_group_can_read_a_copy(source: sqlite3.Connection, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        copy(source, tmp_path / "copy.db")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o640


def test_too_little_room_is_told_with_the_numbers(tmp_path: Path) -> None:
    check_room(tmp_path, 1, "a test")
    with pytest.raises(ProblemError, match=rf"a test needs {2**62} bytes on the volume of .* \d+ are free") as full:
        check_room(tmp_path, 2**62, "a test")
    assert full.value.code == Code.DB_DISK_FULL
