import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app import integrity
from app.datafile import DataFile
from app.integrity import find_damage
from app.prepare import prepare
from app.problems import Code, ProblemError
from support.damage import Page, filled, flipped, verdict
from support.database import never, prepare_once, refused


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    return filled(tmp_path / "api.db")


@pytest.mark.fault("D3")
@pytest.mark.parametrize("kind", Page)
def test_a_flipped_page_is_found_before_the_database_is_used_and_left_byte_for_byte(kind: Page, file: DataFile) -> None:
    with flipped(file.path, kind):
        content = file.path.read_bytes()
        assert refused(file) == Code.DB_CORRUPT
        assert verdict(file).damage
        assert file.path.read_bytes() == content
        assert not file.log_path.exists()


def test_a_sound_database_is_recorded_as_such(file: DataFile) -> None:
    file.record.write(None)
    prepare_once(file)
    assert verdict(file).damage is None
    assert -1 < verdict(file).age < 60


@pytest.mark.fault("D3")
def test_a_mended_file_is_used_again(file: DataFile) -> None:
    with flipped(file.path):
        assert refused(file) == Code.DB_CORRUPT
    prepare_once(file)
    assert verdict(file).damage is None


@pytest.mark.fault("D3")
def test_a_backup_in_the_place_of_a_damaged_file_is_used(file: DataFile) -> None:
    backup = file.path.with_name("backup")
    shutil.copy2(file.path, backup)
    with flipped(file.path):
        assert refused(file) == Code.DB_CORRUPT
        shutil.copy2(file.path, file.path.with_name("damaged"))
        backup.replace(file.path)
        prepare_once(file)
        file.path.with_name("damaged").replace(file.path)
        assert refused(file) == Code.DB_CORRUPT


def test_a_damaged_file_that_nobody_has_touched_is_not_read_again_for_a_while(
    file: DataFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with flipped(file.path):
        refused(file)
        monkeypatch.setattr(integrity, "find_damage", lambda _driver: pytest.fail("it was read again"))
        assert refused(file) == Code.DB_CORRUPT
        monkeypatch.undo()
        monkeypatch.setattr(integrity, "AGAIN_SECONDS", 0)
        monkeypatch.setattr(integrity, "find_damage", lambda _driver: None)
        prepare_once(file)  # it was the disk that told another story then


def test_a_start_does_not_wait_for_the_end_of_a_long_check(file: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "START_SECONDS", 0)
    monkeypatch.setattr(integrity, "STEPS_BETWEEN_LOOKS", 10)
    prepare_once(file)
    assert file.record.read() is None, "it is due"


@pytest.mark.fault("D3")
def test_where_damage_was_found_only_a_check_to_the_end_opens_the_database_again(
    file: DataFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with flipped(file.path):
        refused(file)
        monkeypatch.setattr(integrity, "START_SECONDS", 0)
        monkeypatch.setattr(integrity, "AGAIN_SECONDS", 0)
        monkeypatch.setattr(integrity, "STEPS_BETWEEN_LOOKS", 10)
        assert refused(file) == Code.DB_CORRUPT
    prepare_once(file)
    assert verdict(file).damage is None


def test_a_stop_ends_the_check_of_a_start(file: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "STEPS_BETWEEN_LOOKS", 10)
    with pytest.raises(ProblemError) as refusal:
        prepare(file, given_up=lambda: True)
    assert refusal.value.code == Code.DRAINING


def test_who_comes_to_a_database_in_use_does_not_check_it(file: DataFile, monkeypatch: pytest.MonkeyPatch) -> None:
    user = prepare(file, given_up=never)
    monkeypatch.setattr(integrity, "find_damage", lambda _driver: pytest.fail("it was checked"))
    prepare(file, given_up=never).close()
    user.close()


def damaged_tables(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for name in integrity.tables(connection) if find_damage(connection, name)]


@pytest.mark.parametrize("kind", Page)
def test_table_by_table_the_damaged_one_is_found(kind: Page, file: DataFile) -> None:
    assert damaged_tables(file.path) == []
    with flipped(file.path, kind):
        assert damaged_tables(file.path) == ["tasks"]


@pytest.mark.parametrize("name", ["o'clock", 'a "b"', "select", "two words", "12"])
def test_a_table_is_checked_whatever_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "api.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        quoted = name.replace('"', '""')
        connection.execute(f'CREATE TABLE "{quoted}" (text)')
        connection.executemany(f'INSERT INTO "{quoted}" VALUES (?)', [("x" * 200,)] * 1000)  # noqa: S608
    assert damaged_tables(path) == []
    with flipped(path):
        assert name in damaged_tables(path)


def test_damage_to_the_list_of_free_pages_is_found_with_the_schema(file: DataFile) -> None:
    with closing(sqlite3.connect(file.path)) as connection, connection:
        connection.execute("DELETE FROM tasks WHERE id > 1000")
    with file.path.open("r+b") as opened:
        opened.seek(36)  # the number of free pages, in the header
        opened.write((7).to_bytes(4, "big"))
    assert damaged_tables(file.path) == ["sqlite_schema"]


def test_a_row_that_breaks_a_constraint_is_no_damage(file: DataFile) -> None:
    with closing(sqlite3.connect(file.path)) as connection, connection:
        connection.execute("CREATE TABLE small (number INTEGER CHECK (number < 10))")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("INSERT INTO small VALUES (11)")
    prepare_once(file)
    assert damaged_tables(file.path) == []
