import io
import os
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from app.datafile import FILE_MODE, DataFile
from app.prepare import prepare
from app.problems import ProblemError
from backup import archive, content, sources
from backup import swap as swapping
from backup.folder import Backup, Folder
from backup.manifest import Manifest
from backup.staging import Stage, Staging
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
from support.damage import Page, filled, flipped
from support.database import never, prepare_once
from support.steps import Scene, each_step
from support.volume import filled_up, mounted


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return backup_folder(tmp_path / "backups")


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    return database(tmp_path / "data")


@pytest.fixture
def backup(file: DataFile, folder: Folder) -> Backup:
    """Give a backup of three tasks; the database has had two more since."""
    made = back_up(file, folder)
    add_tasks(file, 2, name="later")
    return made


def restore(file: DataFile, backup: Backup) -> None:
    staging = stage(file, backup)
    swapping.swap(file)
    prepare_once(file)
    staging.settle()


def tasks(path: Path) -> int:
    return content_of(path).rows["tasks"]


def test_a_restored_database_holds_what_the_backup_held(file: DataFile, backup: Backup) -> None:
    restore(file, backup)
    assert content_of(file.path).digest == backup.manifest.content


def test_a_backup_is_restored_to_an_empty_volume(backup: Backup, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    empty = DataFile(tmp_path / "empty" / "api.db")
    restore(empty, backup)
    assert content_of(empty.path).digest == backup.manifest.content
    assert empty.read_seal() == backup.manifest.lineage


def test_a_backup_is_restored_where_a_new_database_was_begun_since(backup: Backup, tmp_path: Path) -> None:
    begun = database(tmp_path / "begun", tasks=1)
    restore(begun, backup)
    assert tasks(begun.path) == 3
    assert begun.read_seal() == backup.manifest.lineage


def test_staging_touches_nothing_else(file: DataFile, backup: Backup) -> None:
    before = everything(file.path.parent)
    staging = stage(file, backup)
    after = everything(file.path.parent)
    assert {name: after[name] for name in before} == before
    assert staging.stage is Stage.STAGED
    staging.settle()
    assert everything(file.path.parent) == before


def test_the_replaced_database_is_kept_as_the_newest_snapshot(file: DataFile, backup: Backup) -> None:
    replaced = content_of(file.path)
    restore(file, backup)
    newest = file.snapshots.all()[0]
    assert content_of(newest.path) == replaced
    stage_snapshot(file)
    swapping.swap(file)
    assert content_of(file.path) == replaced


@pytest.mark.fault("B7")
def test_a_database_in_use_is_not_replaced(file: DataFile, backup: Backup) -> None:
    stage(file, backup)
    opened = prepare(file, given_up=never)
    try:
        with pytest.raises(Refused, match="The service uses the database: stop it first") as refusal:
            swapping.swap(file)
        assert refusal.value.exit_code == os.EX_TEMPFAIL
    finally:
        assert opened.close()
    assert tasks(file.path) == 5


@pytest.mark.fault("B7")
@pytest.mark.parametrize("begin", ["", "BEGIN"], ids=["open", "reads right now"])
def test_a_database_that_another_program_has_open_is_not_replaced(begin: str, file: DataFile, backup: Backup) -> None:
    stage(file, backup)
    with closing(sqlite3.connect(file.path)) as connection:
        connection.execute(begin)
        connection.execute("SELECT * FROM tasks").fetchall()
        add_tasks(file, 1)
        with pytest.raises(Refused, match=r"Another process has \S+ open"):
            swapping.swap(file)
    assert tasks(file.path) == 6
    assert Staging(file).stage is Stage.STAGED


@pytest.mark.fault("B6")
def test_what_is_only_in_the_log_of_the_replaced_database_is_kept_with_it(file: DataFile, backup: Backup) -> None:
    with crashed(file):
        add_tasks(file, 7)
    restore(file, backup)
    assert tasks(file.path) == 3
    assert tasks(file.snapshots.all()[0].path) == 12


@pytest.mark.fault("B6")
@pytest.mark.parametrize("what", ["garbage", "damaged", "nothing"])
def test_a_backup_is_restored_over_whatever_is_there(what: str, folder: Folder, tmp_path: Path) -> None:
    file = filled(tmp_path / "api.db")
    made = back_up(file, folder)
    if what == "garbage":
        file.path.write_bytes(b"garbage" * 1000)
        file.log_path.write_bytes(b"garbage")
    elif what == "damaged":
        middle = file.path.stat().st_size // 2
        file.path.write_bytes(file.path.read_bytes()[:middle])
    else:
        file.path.unlink()
    restore(file, made)
    assert content_of(file.path).digest == made.manifest.content
    assert not file.log_bytes()


def test_undoing_puts_the_old_database_back_and_keeps_what_was_written_meanwhile(
    file: DataFile, backup: Backup
) -> None:
    old = content_of(file.path)
    staging = stage(file, backup)
    swapping.swap(file)
    prepare_once(file)
    add_tasks(file, 1, name="meanwhile")
    assert swapping.undo(file) == "The old database is in place."
    assert content_of(file.path) == old
    assert tasks(file.snapshots.all()[0].path) == 4
    assert staging.stage is Stage.NOTHING
    prepare_once(file)


def test_undoing_what_was_only_staged_changes_nothing(file: DataFile, backup: Backup) -> None:
    before = everything(file.path.parent)
    stage(file, backup)
    assert swapping.undo(file) == "The old database is in place."
    assert everything(file.path.parent) == before


def repacked(backup: Backup, target: Path, **changes: object) -> Path:
    """Pack a backup anew, with other values in its manifest."""
    with zipfile.ZipFile(backup.path) as packed:
        packed.extract("api.db", target.parent)
    fields = {**backup.manifest.__dict__, **changes}
    archive.write(target.parent / "api.db", Manifest(**fields), target)
    (target.parent / "api.db").unlink()
    return target


def changed(backup: Backup, target: Path, sql: str) -> Path:
    """Pack a backup anew, with another database in it and a manifest that fits."""
    with zipfile.ZipFile(backup.path) as packed:
        packed.extract("api.db", target.parent)
    path = target.parent / "api.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA journal_mode = DELETE; {sql}")
        found = content.read(connection)
        lineage = content.header(connection).lineage
    manifest = Manifest.of(found, taken_at=backup.at, lineage=lineage)
    archive.write(path, manifest, target)
    path.unlink()
    return target


def garbage(_backup: Backup, target: Path) -> Path:
    target.write_bytes(b"garbage" * 100)
    return target


def truncated(backup: Backup, target: Path) -> Path:
    target.write_bytes(backup.path.read_bytes()[:-100])
    return target


def flipped_in_the_middle(backup: Backup, target: Path) -> Path:
    whole = bytearray(backup.path.read_bytes())
    middle = len(whole) // 2
    whole[middle] ^= 0xFF
    target.write_bytes(whole)
    return target


def another_zip(_backup: Backup, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("holiday.txt", "sun")
    return target


def encrypted(backup: Backup, target: Path) -> Path:
    whole = bytearray(backup.path.read_bytes())
    whole[whole.index(b"PK\1\2") + 8] |= 1  # of the first entry, which is the manifest
    target.write_bytes(whole)
    return target


def with_manifest(_backup: Backup, target: Path, text: str) -> Path:
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("manifest.json", text)
    return target


def packed_with_lzma(backup: Backup, target: Path) -> Path:
    with zipfile.ZipFile(backup.path) as ours, zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as packed:
        for name in ours.namelist():
            packed.writestr(name, ours.read(name))
    return target


def empty_file(_backup: Backup, target: Path) -> Path:
    target.touch()
    return target


def leading_nowhere(backup: Backup, target: Path) -> Path:
    """Say of the list of an archive that it begins a megabyte further on."""
    whole = bytearray(backup.path.read_bytes())
    (begins,) = struct.unpack("<L", whole[-6:-2])
    whole[-6:-2] = struct.pack("<L", begins + 1024 * 1024)
    target.write_bytes(whole)
    return target


REFUSED: dict[str, tuple[Callable[[Backup, Path], Path], str]] = {
    "garbage": (garbage, "is not a whole backup of this service"),
    "empty": (empty_file, "is not a whole backup of this service"),
    "truncated": (truncated, "is not a whole backup of this service"),
    "flipped": (flipped_in_the_middle, "is not a whole backup of this service"),
    "leading nowhere": (leading_nowhere, "is not a whole backup of this service"),
    "another zip": (another_zip, "is not a whole backup of this service"),
    "encrypted": (encrypted, "is encrypted"),
    "infinity": (partial(repacked, rows={"tasks": float("inf")}), "is not a whole backup of this service"),
    "deep JSON": (partial(with_manifest, text="[" * 100_000), "is not a whole backup of this service"),
    "lzma": (packed_with_lzma, "it is compressed in another way"),
    "foreign": (partial(changed, sql="PRAGMA application_id = 42"), "another application's database"),
    "newer": (partial(changed, sql="UPDATE alembic_version SET version_num = '9999'"), "9999, which this version"),
    "other rows": (partial(repacked, rows={"tasks": 4}), "manifest: differs in rows"),
    "other content": (partial(repacked, content="sha256:0"), "manifest: differs in content"),
}


@pytest.mark.fault("B4")
@pytest.mark.parametrize("kind", REFUSED)
def test_a_backup_that_will_not_do_is_refused_in_one_line_and_nothing_is_touched(
    kind: str, file: DataFile, backup: Backup, tmp_path: Path
) -> None:
    make, sentence = REFUSED[kind]
    (tmp_path / "given").mkdir()
    bad = make(backup, tmp_path / "given" / "bad.zip")
    before = everything(file.path.parent)
    with pytest.raises(Refused, match=sentence) as refusal:
        stage(file, bad)
    assert refusal.value.exit_code == os.EX_DATAERR
    assert "\n" not in str(refusal.value)
    assert everything(file.path.parent) == before


def test_a_backup_of_a_database_with_broken_references_brings_it_back_as_it_was(file: DataFile, folder: Folder) -> None:
    with closing(sqlite3.connect(file.path)) as connection, connection:
        connection.execute("CREATE TABLE notes (task INTEGER REFERENCES tasks (id))")
        connection.execute("INSERT INTO notes VALUES (99)")
    made = back_up(file, folder)
    file.path.unlink()
    findings = Staging(file).fill("it", sources.archive_at(made.path, file))
    assert "wrong    foreign keys      1 broken references" in findings.table
    swapping.swap(file)
    assert content_of(file.path).digest == made.manifest.content


@pytest.mark.fault("B4")
def test_a_damaged_page_in_a_backup_is_found_although_the_archive_is_whole(folder: Folder, tmp_path: Path) -> None:
    file = filled(tmp_path / "api.db")
    made = back_up(file, folder)
    bad = tmp_path / "bad.zip"
    with flipped(file.path, Page.INDEX_LEAF):
        archive.write(file.path, made.manifest, bad)
    with pytest.raises(Refused, match="integrity check"):
        stage(file, bad)
    assert Staging(file).stage is Stage.NOTHING


@pytest.mark.fault("B5")
def test_a_volume_without_room_for_the_restored_database_is_told_and_the_old_one_stays(
    backup: Backup, tmp_path: Path
) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=40m", "tmpfs"):
        file = database(tmp_path / "small", tasks=1)
        with filled_up(tmp_path / "small", leaving=1024 * 1024):
            before = everything(tmp_path / "small")
            with pytest.raises(ProblemError, match="the restored database, beside the present one, needs"):
                stage(file, backup)
            assert everything(tmp_path / "small") == before
        restore(file, backup)
        assert tasks(file.path) == 3


@pytest.mark.fault("B5")
def test_a_given_file_that_the_folder_of_the_backups_has_no_room_for_is_told(file: DataFile, tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=20m", "tmpfs"):
        given = io.BytesIO(bytes(10 * 1024 * 1024))
        before = everything(file.path.parent)
        with pytest.raises(ProblemError, match="the given file needs"):
            Staging(file).fill("it", sources.archive_from(given, file, Folder(tmp_path / "small")))
        assert everything(file.path.parent) == before
        assert set(everything(tmp_path / "small")) == {".lock"}


def test_what_is_put_in_place_has_the_mode_of_the_database_whatever_the_umask_is(
    file: DataFile, backup: Backup
) -> None:
    put_snapshot(file)
    umask = os.umask(0o007)
    try:
        stage_snapshot(file)
        swapping.swap(file)
    finally:
        os.umask(umask)
    assert file.path.stat().st_mode & 0o777 == FILE_MODE


def test_a_directory_that_was_in_the_way_is_kept_and_later_snapshots_go_all_the_same(
    file: DataFile, backup: Backup
) -> None:
    file.path.unlink()
    file.path.mkdir()
    (file.path / "notes.txt").touch()
    restore(file, backup)
    assert tasks(file.path) == 3
    assert list(file.path.parent.rglob("notes.txt"))
    file.snapshots.prune(keep=0)


def test_a_directory_that_was_in_the_way_is_put_back(file: DataFile, backup: Backup) -> None:
    file.path.unlink()
    file.path.mkdir()
    stage(file, backup)
    swapping.swap(file)
    swapping.undo(file)
    assert file.path.is_dir()


def put_snapshot(file: DataFile) -> None:
    other = database(file.path.parent / "other")
    other.path.chmod(0o660)
    file.snapshots.adopt(other.path, "0002", other.log_path)


def scene_file(folder: Path) -> DataFile:
    return DataFile(folder / "data" / "api.db")


def scene_backup(folder: Path) -> Backup:
    return Folder(folder / "backups").backups()[-1]


def build(folder: Path) -> None:
    """Make a database with 5 tasks, and a backup of another one with 3, as after the loss of a volume."""
    back_up(database(folder / "other"), backup_folder(folder / "backups"))
    database(folder / "data", tasks=5)


def build_staged(folder: Path) -> None:
    build(folder)
    stage(scene_file(folder), scene_backup(folder))


def build_swapped(folder: Path) -> None:
    build_staged(folder)
    swapping.swap(scene_file(folder))


def look(folder: Path) -> tuple[str, int]:
    """Tell what the folder says, and how many tasks the service then has."""
    file = scene_file(folder)
    stage_then = Staging(file).stage
    prepare_once(file)
    return stage_then, tasks(file.path)


def look_and_restore(folder: Path) -> tuple[str, int, int]:
    """Tell the same, and what a restore after that leads to."""
    file, found = scene_file(folder), look(folder)
    stage(file, scene_backup(folder))
    swapping.swap(file)
    Staging(file).settle()
    assert Staging(file).stage is Stage.NOTHING
    return *found, tasks(file.path)


def look_and_undo(folder: Path) -> tuple[str, int, int]:
    """Tell the same, and what an undoing after that leads to."""
    file, found = scene_file(folder), look(folder)
    swapping.undo(file)
    assert Staging(file).stage is Stage.NOTHING
    return *found, tasks(file.path)


def look_at_backups(folder: Path) -> tuple[list[int], int]:
    """Tell which backups count, and whether another one can be made."""
    backups = Folder(folder / "backups")
    counted = [made.manifest.rows["tasks"] for made in backups.backups()]
    assert len(list(backups.path.glob("api-*"))) == len(counted)
    return counted, back_up(scene_file(folder), backups).manifest.rows["tasks"]


STAGING = Scene(build, lambda folder: stage(scene_file(folder), scene_backup(folder)), look_and_restore)
RESTAGING = Scene(build_staged, lambda folder: stage(scene_file(folder), scene_backup(folder)), look_and_restore)
SWAPPING = Scene(build_staged, lambda folder: swapping.swap(scene_file(folder)), look_and_restore)
UNDOING = Scene(build_swapped, lambda folder: swapping.undo(scene_file(folder)), look_and_undo)
CREATING = Scene(build, lambda folder: back_up(scene_file(folder), Folder(folder / "backups")), look_at_backups)
SCENES = "unit.backup.test_restore"


@pytest.mark.fault("B2")
def test_a_swap_killed_at_any_step_leaves_the_old_database_or_the_new_one_and_says_which(tmp_path: Path) -> None:
    found = each_step(f"{SCENES}:SWAPPING", tmp_path)
    for stage_then, in_place, restored in found:
        assert in_place == {"staged": 5, "swapped": 3}[stage_then]
        assert restored == 3
    assert {stage_then for stage_then, *_ in found} == {"staged", "swapped"}


@pytest.mark.exhaustive
@pytest.mark.fault("B2")
def test_an_undoing_killed_at_any_step_leaves_one_of_the_two_and_says_which(tmp_path: Path) -> None:
    found = each_step(f"{SCENES}:UNDOING", tmp_path)
    for stage_then, in_place, undone in found:
        assert in_place == {"swapped": 3, "undone": 5, "nothing": 5}[stage_then]
        assert undone == 5
    assert {stage_then for stage_then, *_ in found} == {"swapped", "undone", "nothing"}


@pytest.mark.exhaustive
@pytest.mark.fault("B2")
@pytest.mark.parametrize("scene", ["STAGING", "RESTAGING"])
def test_a_staging_killed_at_any_step_leaves_the_old_database_and_can_be_done_again(scene: str, tmp_path: Path) -> None:
    for stage_then, in_place, restored in each_step(f"{SCENES}:{scene}", tmp_path):
        assert stage_then in {"nothing", "staged"}
        assert (in_place, restored) == (5, 3)


@pytest.mark.fault("B1")
def test_a_backup_killed_at_any_step_is_whole_or_does_not_count(tmp_path: Path) -> None:
    found = each_step(f"{SCENES}:CREATING", tmp_path)
    assert all(counted in ([3], [5, 3]) and another == 5 for counted, another in found)
    assert found[0][0] == [3]
    assert found[-1][0] == [5, 3]
