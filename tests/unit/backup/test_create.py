import errno
import os
import sqlite3
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.datafile import DataFile
from app.prepare import prepare
from app.problems import Code, ProblemError
from backup import archive
from backup.create import create
from backup.folder import Folder
from backup.manifest import Manifest
from backup.retention import Retention
from backup.trouble import Refused
from support.backups import ALL, add_tasks, back_up, backup_folder, content_of, database, everything
from support.damage import Page, filled, flipped
from support.database import never
from support.volume import filled_up, mounted


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    return database(tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return backup_folder(tmp_path / "backups")


def names(folder: Folder) -> list[str]:
    return [path.name for path in folder.path.iterdir() if path.name != ".lock"]


def test_a_backup_is_one_zip_file_that_holds_the_database_and_its_manifest(
    file: DataFile, folder: Folder, tmp_path: Path
) -> None:
    made = back_up(file, folder)
    assert names(folder) == [made.path.name]
    with zipfile.ZipFile(made.path) as packed:
        assert sorted(packed.namelist()) == ["api.db", "manifest.json"]
        packed.extract("api.db", tmp_path)
        manifest = Manifest.from_text(packed.read("manifest.json"))
    assert content_of(tmp_path / "api.db") == content_of(file.path)
    assert (manifest.rows["tasks"], manifest.revision) == (3, "0002")
    assert manifest.lineage == file.read_seal()


def test_a_backup_leaves_the_database_and_its_folder_as_they_were(file: DataFile, folder: Folder) -> None:
    before = everything(file.path.parent)
    back_up(file, folder)
    after = everything(file.path.parent)
    assert {name: after[name] for name in before if not name.endswith(".use")} == {
        name: content for name, content in before.items() if not name.endswith(".use")
    }
    assert not {name for name in after if name not in before}


def test_a_backup_of_a_database_in_use_has_what_is_only_in_the_log(file: DataFile, folder: Folder) -> None:
    opened = prepare(file, given_up=never)
    try:
        with closing(sqlite3.connect(file.path)) as connection, connection:
            connection.execute("INSERT INTO tasks (name, created_at) VALUES ('in the log', '2026-01-01 00:00:00')")
        assert file.log_bytes()
        made = back_up(file, folder)
        assert made.manifest.rows["tasks"] == 4
    finally:
        assert opened.close()


def test_two_backups_of_the_same_rows_have_the_same_content_hash_and_one_more_row_another(
    file: DataFile, folder: Folder
) -> None:
    first, second = back_up(file, folder), back_up(file, folder)
    with closing(sqlite3.connect(file.path, isolation_level=None)) as connection:
        connection.execute("VACUUM")
    third = back_up(file, folder)
    add_tasks(file, 1)
    fourth = back_up(file, folder)
    assert first.path != second.path
    assert first.manifest.content == second.manifest.content == third.manifest.content != fourth.manifest.content


@pytest.mark.fault("B8")
def test_backups_that_have_had_their_time_go_and_those_of_another_database_stay(
    file: DataFile, folder: Folder, tmp_path: Path
) -> None:
    foreign = back_up(database(tmp_path / "other"), folder)
    old = back_up(file, folder)
    created = create(file, folder, Retention(keep=1))
    assert created.pruned == [old.path]
    assert sorted(names(folder)) == sorted([foreign.path.name, created.backup.path.name])


def test_a_backup_counts_although_an_older_one_cannot_be_removed(
    file: DataFile, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = back_up(file, folder)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", str(old.path))

    with monkeypatch.context() as patched:
        patched.setattr(type(old.path), "unlink", refuse)
        created = create(file, folder, Retention(keep=1))
    assert created.trouble
    assert old.path.name in created.trouble
    assert sorted(names(folder)) == [old.path.name, created.backup.path.name]


def test_a_backup_that_fails_removes_no_older_one(folder: Folder, tmp_path: Path) -> None:
    file = filled(tmp_path / "api.db")
    old = back_up(file, folder)
    with flipped(file.path, Page.INDEX_LEAF), pytest.raises(Refused):
        create(file, folder, Retention(keep=1))
    assert names(folder) == [old.path.name]


@pytest.mark.parametrize("page", [Page.TABLE_LEAF, Page.INDEX_LEAF])
def test_a_damaged_database_is_not_backed_up_and_the_newest_good_backup_is_named(
    page: Page, folder: Folder, tmp_path: Path
) -> None:
    file = filled(tmp_path / "api.db")
    good = back_up(file, folder)
    with flipped(file.path, page), pytest.raises(Refused, match=f"no backup was made .*{good.path.name}") as refusal:
        back_up(file, folder)
    assert refusal.value.exit_code == os.EX_DATAERR
    assert names(folder) == [good.path.name]


def test_an_index_that_does_not_fit_its_table_is_found(folder: Folder, tmp_path: Path) -> None:
    file = filled(tmp_path / "api.db")
    with closing(sqlite3.connect(file.path)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_schema WHERE name = 'tasks_by_name'")
        connection.execute("INSERT INTO tasks (name, created_at) VALUES ('not in the index', '2026-01-01 00:00:00')")
    with pytest.raises(Refused, match="no backup was made"):
        back_up(file, folder)


def test_no_database_is_told_so(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no database yet") as refusal:
        back_up(DataFile(tmp_path / "api.db"), folder)
    assert refusal.value.exit_code == os.EX_UNAVAILABLE
    assert list(tmp_path.iterdir()) == [folder.path]


def test_a_vanished_database_is_missing_and_not_an_empty_backup(file: DataFile, folder: Folder) -> None:
    file.path.unlink()
    with pytest.raises(ProblemError) as refusal:
        back_up(file, folder)
    assert refusal.value.code is Code.DB_MISSING
    assert not file.exists()


def test_another_applications_database_is_not_backed_up(file: DataFile, folder: Folder) -> None:
    with closing(sqlite3.connect(file.path)) as connection:
        connection.execute("PRAGMA application_id = 42")
    with pytest.raises(ProblemError) as refusal:
        back_up(file, folder)
    assert refusal.value.code is Code.DB_FOREIGN
    assert names(folder) == []


def test_one_backup_at_a_time_is_made_in_a_folder(file: DataFile, folder: Folder) -> None:
    with folder.work() as work:
        (work / "unfinished").touch()
        with pytest.raises(Refused, match="Another backup is under way") as refusal:
            back_up(file, folder)
        assert refusal.value.exit_code == os.EX_TEMPFAIL
        assert (work / "unfinished").exists()


@pytest.mark.fault("B3")
def test_a_folder_without_room_is_told_before_it_is_filled_and_nothing_is_left_there(
    file: DataFile, tmp_path: Path
) -> None:
    with mounted(tmp_path / "backups", "-t", "tmpfs", "-o", "size=40m", "tmpfs"):
        folder = Folder(tmp_path / "backups")
        with filled_up(folder.path, leaving=1024 * 1024):
            with pytest.raises(ProblemError, match=r"a backup needs \d+ bytes") as refusal:
                back_up(file, folder)
            assert refusal.value.code is Code.DB_DISK_FULL
            assert names(folder) == ["filler"]
        assert back_up(file, folder).manifest.rows["tasks"] == 3


@pytest.mark.fault("B3")
def test_a_folder_that_fills_up_meanwhile_leaves_no_backup(
    file: DataFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_tasks(file, 40_000)
    monkeypatch.setattr("backup.create.check_room", lambda *_: None)
    with mounted(tmp_path / "backups", "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
        folder = Folder(tmp_path / "backups")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            back_up(file, folder)
        assert names(folder) == []


def test_an_archive_that_the_disk_has_changed_is_noticed_before_it_counts(
    file: DataFile, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = zipfile.ZipFile.close

    def close_and_flip(packed: zipfile.ZipFile) -> None:
        was_written, path = packed.mode == "x" and packed.fp is not None, packed.filename
        close(packed)
        if was_written and path:
            whole = bytearray(Path(path).read_bytes())
            whole[len(whole) // 2] ^= 0xFF
            Path(path).write_bytes(whole)

    monkeypatch.setattr(zipfile.ZipFile, "close", close_and_flip)
    with pytest.raises(Refused, match="could not be read back"):
        back_up(file, folder)
    assert names(folder) == []


def test_a_file_that_only_has_the_name_of_a_backup_is_none(folder: Folder) -> None:
    (folder.path / archive.name_of(datetime.now(UTC))).write_bytes(b"garbage")
    (folder.path / "api-yesterday.zip").write_bytes(b"garbage")
    assert folder.backups() == []


def test_the_time_in_the_name_is_from_before_the_copy(file: DataFile, folder: Folder) -> None:
    before = datetime.now(UTC)
    made = create(file, folder, ALL).backup
    assert before - timedelta(seconds=1) <= made.at <= datetime.now(UTC)
    assert made.manifest.taken_at == made.at
