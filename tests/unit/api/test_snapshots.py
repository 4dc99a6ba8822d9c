import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app import prepare, schema, snapshots
from app.copying import copy
from app.datafile import DataFile
from app.problems import Code, ProblemError
from app.snapshots import Snapshot, Snapshots
from support.database import prepare_once, refused
from support.migrating import NEWEST, add_migration

WORKING = '    op.execute("CREATE TABLE small (id INTEGER PRIMARY KEY)")\n'
FAILING = """\
    op.execute("DELETE FROM tasks")
    op.drop_table("nowhere")
"""

Upgrade = Callable[[str], None]


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    file = DataFile(tmp_path / "api.db")
    prepare_once(file)
    add_row(file, "old")
    return file


@pytest.fixture
def upgrade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Upgrade:
    """Give what makes the database fall behind a version with this migration."""

    def needs(code: str) -> None:
        monkeypatch.setattr(schema, "MIGRATIONS", add_migration(tmp_path, "next", code))

    return needs


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        yield connection


def add_row(file: DataFile, name: str) -> None:
    with connected(file.path) as connection:
        connection.execute("INSERT INTO tasks (name, created_at) VALUES (?, '2026-01-01 00:00:00')", (name,))


def content(path: Path) -> list[str]:
    with connected(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return list(connection.iterdump())


def names(path: Path) -> list[str]:
    with connected(path) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM tasks")]


def put_snapshots(file: DataFile, *revisions: str) -> list[Snapshot]:
    """Make one snapshot for each revision, the oldest first."""
    taken = []
    for revision in revisions:
        closed = file.path.with_name("closed.db")
        closed.write_text("replaced by a restore")
        taken.append(file.snapshots.adopt(closed, revision, file.path.with_name("closed.db-wal")))
    return taken


def all_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_snapshot_from_before_a_migration_is_a_database_with_exactly_the_rows_of_then(
    file: DataFile, upgrade: Upgrade
) -> None:
    before, began = content(file.path), datetime.now(UTC)
    upgrade(WORKING)
    prepare_once(file)
    (snapshot,) = file.snapshots.all()
    assert content(snapshot.path) == before != content(file.path)
    assert snapshot.revision == NEWEST
    assert began <= snapshot.at <= datetime.now(UTC)


def test_a_new_database_and_one_that_is_not_behind_get_no_snapshot(file: DataFile) -> None:
    prepare_once(file)
    assert file.snapshots.all() == []
    assert not list(file.path.parent.glob(".*.snapshots"))


@pytest.mark.fault("S5")
def test_a_snapshot_is_readable_by_owner_and_group_only(file: DataFile, upgrade: Upgrade) -> None:
    upgrade(WORKING)
    prepare_once(file)
    (snapshot,) = file.snapshots.all()
    assert stat.S_IMODE(snapshot.path.stat().st_mode) == 0o640
    assert stat.S_IMODE(snapshot.path.parent.stat().st_mode) == 0o750


def test_what_a_reader_keeps_in_the_log_is_in_the_snapshot(file: DataFile, upgrade: Upgrade) -> None:
    with connected(file.path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM tasks").fetchall()
        add_row(file, "in the log")
        upgrade(WORKING)
        prepare_once(file)
    (snapshot,) = file.snapshots.all()
    assert names(snapshot.path) == ["old", "in the log"]


def test_nobody_can_write_between_snapshot_and_migration(
    file: DataFile, upgrade: Upgrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = []

    def copy_while_another_writes(source: sqlite3.Connection, target: Path) -> None:
        copy(source, target)
        with pytest.raises(sqlite3.OperationalError) as refusal:
            add_row(file, "in between")
        refusals.append(str(refusal.value))

    monkeypatch.setattr(snapshots, "copy", copy_while_another_writes)
    upgrade(WORKING)
    prepare_once(file)
    assert refusals == ["database is locked"]
    assert names(file.path) == ["old"]


@pytest.mark.fault("L4")
def test_a_migration_that_fails_again_and_again_leaves_one_snapshot_and_pushes_none_out(
    file: DataFile, upgrade: Upgrade
) -> None:
    before = content(file.path)
    older = put_snapshots(file, NEWEST, NEWEST, NEWEST, NEWEST)
    upgrade(FAILING)
    for attempt in range(20):
        # Half of them by another process, which knows of nothing but the files.
        assert refused(file if attempt % 2 else DataFile(file.path)) == Code.DB_SCHEMA_BEHIND
        assert content(file.path) == before
    newest, *rest = file.snapshots.all()
    assert rest == older[::-1]
    assert content(newest.path) == before


@pytest.mark.fault("L4")
def test_what_others_have_written_since_the_last_try_is_in_the_snapshot_of_the_next_which_takes_its_place(
    file: DataFile, upgrade: Upgrade
) -> None:
    older = put_snapshots(file, NEWEST)
    upgrade(FAILING)
    with connected(file.path):  # another container of the older version
        for name in ("one", "two", "three", "four"):
            add_row(file, name)
            assert refused(file) == Code.DB_SCHEMA_BEHIND
    newest, *rest = file.snapshots.all()
    assert rest == older
    assert names(newest.path) == ["old", "one", "two", "three", "four"]


@pytest.mark.fault("L4")
def test_while_a_reader_is_in_the_way_of_telling_the_state_there_is_still_one_snapshot(
    file: DataFile, upgrade: Upgrade
) -> None:
    upgrade(FAILING)
    with connected(file.path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM tasks").fetchall()
        add_row(file, "in the log")
        for _ in range(3):
            assert refused(file) == Code.DB_SCHEMA_BEHIND
    (snapshot,) = file.snapshots.all()
    assert names(snapshot.path) == ["old", "in the log"]


def test_a_snapshot_whose_migration_another_process_has_done_is_kept(file: DataFile, upgrade: Upgrade) -> None:
    upgrade(FAILING)
    assert refused(file) == Code.DB_SCHEMA_BEHIND
    upgrade(WORKING)
    prepare_once(DataFile(file.path))
    prepare_once(file)
    (first,) = file.snapshots.all()
    shutil.copy(first.path, file.path)
    add_row(file, "since the restore")
    prepare_once(file)
    assert [names(each.path) for each in file.snapshots.all()] == [["old", "since the restore"], ["old"]]


def test_a_migration_that_was_done_leaves_the_newest_three(file: DataFile, upgrade: Upgrade) -> None:
    older = put_snapshots(file, "a", "b", "c")
    with_a_log = Path(f"{older[0].path}-wal")
    with_a_log.touch()
    upgrade(WORKING)
    prepare_once(file)
    newest, *rest = file.snapshots.all()
    assert newest.revision == NEWEST
    assert rest == older[:0:-1]
    assert all_in(newest.path.parent) == {each.path.name for each in (newest, *rest)}


def test_without_room_for_the_snapshot_nothing_is_migrated_until_there_is(
    file: DataFile, upgrade: Upgrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(file.path)
    upgrade(WORKING)
    with monkeypatch.context() as full:
        full.setattr(prepare, "FREE_FLOOR_BYTES", 2**62)
        with pytest.raises(ProblemError, match=r"a snapshot before the migration needs \d+ bytes") as refusal:
            prepare_once(file)
    assert refusal.value.code == Code.DB_DISK_FULL
    assert content(file.path) == before
    assert file.snapshots.all() == []
    prepare_once(file)
    assert len(file.snapshots.all()) == 1


def test_a_disk_that_fills_up_in_the_middle_leaves_nothing_half(
    file: DataFile, upgrade: Upgrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(file.path)
    upgrade(WORKING)

    def fill_up(source: sqlite3.Connection, target: Path) -> None:
        target.write_text("half")
        raise ProblemError(Code.DB_DISK_FULL)

    with monkeypatch.context() as full:
        full.setattr(snapshots, "copy", fill_up)
        assert refused(file) == Code.DB_DISK_FULL
    (folder,) = file.path.parent.glob(".*.snapshots")
    assert all_in(folder) == set()
    assert content(file.path) == before
    prepare_once(file)
    assert len(all_in(folder)) == 1


def test_what_an_interrupted_snapshot_has_left_is_none_and_is_cleared_away_by_the_next(
    file: DataFile, upgrade: Upgrade
) -> None:
    (old,) = put_snapshots(file, NEWEST)
    (old.path.with_name("20260101T000000.000000Z-0001.db.part")).touch()
    assert file.snapshots.all() == [old]
    upgrade(WORKING)
    prepare_once(file)
    assert all_in(old.path.parent) == {each.path.name for each in file.snapshots.all()}


def test_a_database_that_is_adopted_is_the_newest_whatever_the_clock_says(tmp_path: Path) -> None:
    kept = Snapshots(tmp_path / "kept")
    (tmp_path / "kept").mkdir()
    future = (datetime.now(UTC) + timedelta(days=1)).strftime(snapshots.TIME)
    (tmp_path / "kept" / f"{future}-0001.db").touch()
    (tmp_path / "closed.db").write_text("whole")
    adopted = kept.adopt(tmp_path / "closed.db", "0002", tmp_path / "closed.db-wal")
    assert kept.all()[0] == adopted
    assert adopted.path.read_text() == "whole"
    assert all_in(tmp_path) == {"kept"}


def test_a_revision_that_would_lead_out_of_the_folder_does_not(tmp_path: Path) -> None:
    (tmp_path / "closed.db").touch()
    kept = Snapshots(tmp_path / "kept")
    adopted = kept.adopt(tmp_path / "closed.db", "../../0001", tmp_path / "closed.db-wal")
    assert adopted.path.parent == tmp_path / "kept"
    assert Snapshots(tmp_path / "kept").all() == [adopted]


def test_a_log_without_its_database_is_kept_until_the_last_snapshot_is_newer(file: DataFile) -> None:
    log = file.path.with_name("lost-wal")
    log.write_text("rows")
    file.snapshots.keep_log(log)
    (kept,) = (path for path in file.path.parent.rglob("*-lost.db-wal"))
    put_snapshots(file, "0001", "0002")
    file.snapshots.prune()
    assert kept.exists()
    put_snapshots(file, "0003")
    file.snapshots.prune()
    assert not kept.exists()


def test_other_files_in_the_folder_are_no_snapshots_and_are_left_alone(tmp_path: Path) -> None:
    kept = Snapshots(tmp_path)
    for name in ("20260101T000000.000000Z-0001.db-wal", "20261399T000000.000000Z-0001.db", "notes.txt"):
        (tmp_path / name).touch()
    before = all_in(tmp_path)
    assert kept.all() == []
    kept.prune(keep=0)
    assert all_in(tmp_path) == before
