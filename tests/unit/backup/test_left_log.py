"""What only the write-ahead log of a database holds, when that database is replaced, or comes back."""

import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest

from app.datafile import DataFile
from app.problems import Code, ProblemError
from backup import swap as swapping
from backup.folder import Folder
from backup.staging import Staging
from backup.trouble import Refused
from support.backups import (
    add_tasks,
    back_up,
    backup_folder,
    content_of,
    crashed,
    database,
    everything,
    stage,
    stage_snapshot,
)
from support.database import prepare_once
from support.exhaustive import first
from support.steps import Scene, each_step
from support.volume import filled_up, mounted

SCENES = "unit.backup.test_left_log"
PAGE = 4096
MANY = 3000  # tasks, whose pages SQLite misses when they are gone
IN_LOG, IN_BACKUP = 7, 3


def put_in_log(file: DataFile) -> None:
    with crashed(file):
        add_tasks(file, IN_LOG, name="only in the log")


def damage(file: DataFile) -> None:
    """Cut it so short that SQLite does nothing with its log."""
    os.truncate(file.path, PAGE)


def lose(file: DataFile, what: str) -> None:
    """Leave nothing of it, or an empty file."""
    if what == "missing":
        file.path.unlink()
    else:
        os.truncate(file.path, 0)


def data(folder: Path) -> DataFile:
    return DataFile(folder / "data" / "api.db")


def build(folder: Path) -> None:
    back_up(database(folder / "other", tasks=IN_BACKUP), backup_folder(folder / "backups"))
    put_in_log(database(folder / "data", tasks=MANY))
    damage(data(folder))
    shutil.copytree(folder / "data", folder / "as it was")
    stage(data(folder), Folder(folder / "backups").backups()[0])


def build_swapped(folder: Path) -> None:
    build(folder)
    swapping.swap(data(folder))


def build_half_swapped(folder: Path) -> None:
    """Swap, and end before the new database is sealed, as a kill would."""
    build_swapped(folder)
    data(folder).seal_path.unlink()


def build_found(folder: Path) -> None:
    build_lost(folder)
    swapping.swap(data(folder))


def build_to_fill(folder: Path) -> None:
    back_up(database(folder / "other", tasks=IN_BACKUP), backup_folder(folder / "backups"))
    (folder / "data").mkdir()
    stage(data(folder), Folder(folder / "backups").backups()[0])


def build_empty(folder: Path) -> None:
    back_up(database(folder / "other", tasks=IN_BACKUP), backup_folder(folder / "backups"))
    (folder / "data").mkdir()
    stage(data(folder), Folder(folder / "backups").backups()[0])
    swapping.swap(data(folder))
    prepare_once(data(folder))
    put_in_log(data(folder))


def build_lost(folder: Path) -> None:
    build(folder)
    data(folder).path.unlink()


def settle(folder: Path) -> None:
    """Go on as the next command would, after somebody has tried to start the service."""
    with suppress(ProblemError):
        prepare_once(data(folder))
    Staging(data(folder)).settle()


def look_for_pair(folder: Path) -> tuple[str, int]:
    """Tell where the old database and its log are, and how many tasks there are now."""
    settle(folder)
    file = data(folder)
    old, log = ((folder / "as it was" / f"api.db{suffix}").read_bytes() for suffix in ("", "-wal"))
    if file.path.read_bytes() == old:
        assert file.log_path.read_bytes() == log
        return "in place", 0
    prepare_once(file)
    (snapshot,) = file.snapshots.all()
    assert snapshot.path.read_bytes() == old
    assert Path(f"{snapshot.path}-wal").read_bytes() == log
    return "kept", content_of(file.path).rows["tasks"]


def swap_and_look(folder: Path) -> tuple[str, int]:
    with suppress(Refused):  # it has been done
        swapping.swap(data(folder))
    return look_for_pair(folder)


def settle_and_look(folder: Path) -> tuple[str, int]:
    Staging(data(folder)).settle()
    return look_for_pair(folder)


def undo_and_look(folder: Path) -> tuple[str, int]:
    swapping.undo(data(folder))
    return look_for_pair(folder)


def look_for_rows(folder: Path) -> tuple[str, int]:
    """Tell where the database is that was put on an empty volume, and how many tasks it has."""
    settle(folder)
    file = data(folder)
    snapshots = file.snapshots.all()
    where = "kept" if snapshots else "in place"
    return where, content_of(snapshots[0].path if snapshots else file.path).rows["tasks"]


def look_for_any(folder: Path) -> str:
    """Tell what a start of the service finds."""
    try:
        prepare_once(data(folder))
    except ProblemError as problem:
        return problem.code
    return "new" if content_of(data(folder).path).rows["tasks"] == IN_BACKUP else "another"


def empty_again_and_look(folder: Path) -> str:
    """Tell what a start of the service finds, once the work is done again."""
    swapping.undo(data(folder))
    return look_for_any(folder)


SWAPPING = Scene(build, lambda folder: swapping.swap(data(folder)), look_for_pair)
UNDOING = Scene(build_swapped, lambda folder: swapping.undo(data(folder)), look_for_pair)
SWAPPING_TWICE = Scene(*SWAPPING[:2], swap_and_look)
UNDOING_TWICE = Scene(*UNDOING[:2], undo_and_look)
SETTLING_HALF = Scene(build_half_swapped, lambda folder: Staging(data(folder)).settle(), settle_and_look)
SETTLING = Scene(build_swapped, lambda folder: Staging(data(folder)).settle(), look_for_pair)
FINDING = Scene(build_lost, lambda folder: swapping.swap(data(folder)), look_for_any)
UNDOING_LOST = Scene(build_found, lambda folder: swapping.undo(data(folder)), empty_again_and_look)
FILLING = Scene(build_to_fill, lambda folder: swapping.swap(data(folder)), empty_again_and_look)
EMPTYING = Scene(build_empty, lambda folder: swapping.undo(data(folder)), look_for_rows)


@pytest.mark.fault("B6")
@pytest.mark.parametrize(
    ("scene", "places"),
    first(
        [
            ("SWAPPING", 2),
            ("SWAPPING_TWICE", 1),
            ("UNDOING", 2),
            ("UNDOING_TWICE", 1),
            ("SETTLING", 1),
            ("SETTLING_HALF", 1),
        ]
    ),
)
def test_a_log_that_cannot_be_brought_home_stays_with_its_database_wherever_the_work_is_killed(
    scene: str, places: int, tmp_path: Path
) -> None:
    found = each_step(f"{SCENES}:{scene}", tmp_path)
    assert {tuple(each) for each in found} <= {("in place", 0), ("kept", IN_BACKUP)}
    assert len({where for where, _ in found}) == places


@pytest.mark.fault("B6")
def test_a_log_that_the_disk_refuses_to_bring_home_comes_back_with_its_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = database(tmp_path / "data", tasks=5)
    backup = back_up(file, backup_folder(tmp_path / "backups"))
    put_in_log(file)
    stage(file, backup)
    with monkeypatch.context() as broken:
        broken.setattr(swapping, "plain_engine", refuse)
        swapping.swap(file)
    assert content_of(file.path).rows["tasks"] == 5
    assert swapping.undo(file) == "The old database is in place."
    assert content_of(file.path).rows["tasks"] == 5 + IN_LOG


def refuse(_file: DataFile) -> NoReturn:
    raise ProblemError(Code.DB_IO_ERROR)


@pytest.mark.fault("B6")
def test_a_log_whose_database_has_been_used_without_it_is_kept_and_not_put_back(tmp_path: Path) -> None:
    build(tmp_path)
    file, staging = data(tmp_path), Staging(data(tmp_path))
    log = file.log_path.read_bytes()
    file.log_path.replace(staging.old_log)
    assert file.seal_path.exists()
    staging.settle()
    assert not file.log_path.exists()
    (kept,) = (tmp_path / "data" / ".api.db.snapshots").iterdir()
    assert kept.read_bytes() == log


@pytest.mark.exhaustive
@pytest.mark.fault("B2")
def test_emptying_a_volume_again_loses_nothing_of_the_log_wherever_it_is_killed(tmp_path: Path) -> None:
    found = each_step(f"{SCENES}:EMPTYING", tmp_path)
    assert {rows for _, rows in found} == {IN_BACKUP + IN_LOG}
    assert found[0][0] == "in place"
    assert found[-1][0] == "kept"


@pytest.mark.exhaustive
@pytest.mark.fault("B2")
def test_a_swap_killed_where_the_database_was_lost_never_lets_a_new_one_be_begun(tmp_path: Path) -> None:
    assert set(each_step(f"{SCENES}:FINDING", tmp_path)) == {"db_missing", "new"}


@pytest.mark.fault("B2")
@pytest.mark.parametrize(
    ("scene", "what"),
    first([("UNDOING_LOST", "db_missing"), ("FILLING", "another")]),
    ids=["which was lost", "which was never there"],
)
def test_what_the_volume_remembers_of_a_database_outlives_a_restore_that_is_taken_back(
    scene: str, what: str, tmp_path: Path
) -> None:
    assert set(each_step(f"{SCENES}:{scene}", tmp_path)) == {what}


def test_a_volume_that_is_emptied_again_takes_a_new_database(tmp_path: Path) -> None:
    build_empty(tmp_path)
    file = data(tmp_path)
    assert swapping.undo(file) == "The volume is empty, as it was."
    assert not file.exists()
    prepare_once(file)
    assert content_of(file.path).rows["tasks"] == 0


def test_an_interrupted_undoing_does_not_make_a_snapshot_of_the_file_that_is_in_use(tmp_path: Path) -> None:
    build_swapped(tmp_path)
    file, staging = data(tmp_path), Staging(data(tmp_path))
    staging.undone.hardlink_to(file.path)
    staging.settle()
    assert file.path.stat().st_nlink == 1
    assert len(file.snapshots.all()) == 1


@pytest.mark.fault("B2")
def test_an_undoing_that_ended_after_it_took_the_log_away_is_done_again_with_that_log(tmp_path: Path) -> None:
    build_swapped(tmp_path)
    file, staging = data(tmp_path), Staging(data(tmp_path))
    prepare_once(file)
    put_in_log(file)
    staging.undone.hardlink_to(file.path)
    file.log_path.replace(staging.undone_log)
    file.seal_path.unlink()
    swapping.undo(file)
    assert content_of(file.snapshots.all()[0].path).rows["tasks"] == IN_BACKUP + IN_LOG


def test_going_back_to_a_snapshot_with_a_log_brings_what_is_in_the_log(tmp_path: Path) -> None:
    file, replaced = database(tmp_path / "data"), database(tmp_path / "replaced", tasks=5)
    put_in_log(replaced)
    file.snapshots.adopt(replaced.path, "0002", replaced.log_path)
    stage_snapshot(file)
    swapping.swap(file)
    assert content_of(file.path).rows["tasks"] == 5 + IN_LOG


def test_a_snapshot_whose_log_cannot_be_used_is_refused_by_its_name(tmp_path: Path) -> None:
    file, replaced = database(tmp_path / "data"), database(tmp_path / "replaced", tasks=MANY)
    put_in_log(replaced)
    damage(replaced)
    snapshot = file.snapshots.adopt(replaced.path, "0002", replaced.log_path)
    before = everything(tmp_path)
    with pytest.raises(Refused, match=f"{snapshot.path.name} cannot be restored with its log"):
        stage_snapshot(file)
    assert everything(tmp_path) == before


@pytest.mark.fault("B5")
def test_a_database_whose_log_the_volume_has_no_room_for_is_not_replaced(tmp_path: Path) -> None:
    with mounted(tmp_path / "data", "-t", "tmpfs", "-o", "size=60m", "tmpfs"):
        file = database(tmp_path / "data")
        backup = back_up(file, backup_folder(tmp_path / "backups"))
        with crashed(file):
            add_tasks(file, 30_000, name="x" * 100)
        stage(file, backup)
        with (
            filled_up(tmp_path / "data", leaving=64 * 1024),
            pytest.raises(sqlite3.OperationalError, match="disk is full"),
        ):
            swapping.swap(file)
        assert swapping.undo(file) == "The old database is in place."
        assert content_of(file.path).rows["tasks"] == 30_003


@pytest.mark.fault("B6")
@pytest.mark.parametrize("what", ["missing", "empty"])
def test_a_log_without_its_database_is_kept_and_not_mixed_with_the_new_one(what: str, tmp_path: Path) -> None:
    build(tmp_path)
    file = data(tmp_path)
    lose(file, what)
    log = file.log_path.read_bytes()
    swapping.swap(file)
    assert content_of(file.path).rows["tasks"] == IN_BACKUP
    kept = [path for path in (tmp_path / "data").rglob("*-wal") if path.read_bytes() == log]
    assert [path.parent.name for path in kept] == [".api.db.snapshots"]


@pytest.mark.fault("B6")
@pytest.mark.parametrize("what", ["missing", "empty"])
def test_undoing_a_restore_of_a_lost_database_does_not_let_a_new_one_be_begun(what: str, tmp_path: Path) -> None:
    build(tmp_path)
    lose(data(tmp_path), what)
    swapping.swap(data(tmp_path))
    swapping.undo(data(tmp_path))
    with pytest.raises(ProblemError, match="db_missing"):
        prepare_once(data(tmp_path))
