import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from app import locks
from app.datafile import DataFile
from app.lineage import APPLICATION_ID
from app.opened import Opened
from app.prepare import prepare
from app.problems import Code, ProblemError

API = Path(__file__).resolve().parents[3] / "api"


def never() -> bool:
    return False


def refused(file: DataFile) -> Code:
    with pytest.raises(ProblemError) as refusal:
        prepare(file, given_up=never)
    return refusal.value.code


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    return DataFile(tmp_path / "api.db")


def test_an_empty_volume_gets_a_database_at_the_newest_revision_in_wal_mode(file: DataFile) -> None:
    prepare(file, given_up=never)
    with sqlite3.connect(file.path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (0,)
    connection.close()


def test_the_files_are_readable_by_owner_and_group_only(file: DataFile) -> None:
    prepare(file, given_up=never)
    for path in (file.path, file.seal_path, file.lock_path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_preparing_again_changes_nothing(file: DataFile) -> None:
    first = prepare(file, given_up=never)
    content = file.path.read_bytes()
    assert prepare(file, given_up=never) == first
    assert file.path.read_bytes() == content


@pytest.mark.parametrize("name", ["a?b#c%20d.db", "ünïcödé ☃.db", "two words.db", "a&mode=memory.db"])
def test_the_file_is_at_exactly_the_path_whatever_its_characters(name: str, tmp_path: Path) -> None:
    prepare(DataFile(tmp_path / name), given_up=never)
    assert {path.name for path in tmp_path.iterdir()} == {name, f".{name}.id", f".{name}.lock"}, quote(name)


def test_two_slashes_at_the_start_are_one(tmp_path: Path) -> None:
    prepare(DataFile(Path(f"/{tmp_path}/api.db")), given_up=never)
    assert (tmp_path / ".api.db.id").exists()


def test_a_file_is_never_created_over_another(file: DataFile) -> None:
    file.path.write_text("not ours")
    with pytest.raises(ProblemError):
        file.create()
    assert file.path.read_text() == "not ours"


def test_a_vanished_database_is_missing_and_no_new_one_is_created(file: DataFile) -> None:
    prepare(file, given_up=never)
    file.path.unlink()
    assert refused(file) == Code.DB_MISSING
    assert not file.path.exists()


def test_an_interrupted_first_start_is_finished_by_the_next(file: DataFile) -> None:
    file.create()
    prepare(file, given_up=never)
    assert file.read_seal()


def test_a_missing_directory_is_not_created(tmp_path: Path) -> None:
    assert refused(DataFile(tmp_path / "nowhere" / "api.db")) == Code.DB_MISSING
    assert not list(tmp_path.iterdir())


def test_a_directory_at_the_path_is_named(file: DataFile) -> None:
    file.path.mkdir()
    assert refused(file) == Code.DB_NOT_A_FILE


def overwrite_with_garbage(path: Path) -> None:
    path.write_bytes(b"not a database " * 1000)


def truncate_to_half(path: Path) -> None:
    with path.open("r+b") as opened:
        opened.truncate(path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def put_another_application_there(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (id INTEGER PRIMARY KEY)")
    connection.close()


def put_another_database_of_ours_there(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 12345")
    connection.close()


def stamp_a_newer_schema(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (overwrite_with_garbage, Code.DB_NOT_A_DATABASE),
        (truncate_to_half, Code.DB_CORRUPT),
        (empty, Code.DB_REPLACED),
        (put_another_application_there, Code.DB_FOREIGN),
        (put_another_database_of_ours_there, Code.DB_REPLACED),
        (stamp_a_newer_schema, Code.DB_SCHEMA_AHEAD),
    ],
)
def test_a_file_that_is_not_ours_is_named_and_left_byte_for_byte(
    damage: Callable[[Path], None], code: Code, file: DataFile
) -> None:
    prepare(file, given_up=never)
    damage(file.path)
    content = file.path.read_bytes()
    assert refused(file) == code
    assert file.path.read_bytes() == content


def test_a_crash_in_the_middle_of_a_checkpoint_is_recovered(file: DataFile) -> None:
    prepare(file, given_up=never)
    before = file.path.read_bytes()
    writer = sqlite3.connect(file.path)
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    rows = [(f"task {number}", "2026-01-01 00:00:00") for number in range(1000)]
    writer.executemany("INSERT INTO tasks (name, created_at) VALUES (?, ?)", rows)
    writer.commit()
    log = file.log_path.read_bytes()
    writer.close()
    after = file.path.read_bytes()
    assert len(after) > len(before)
    page = 4096
    file.path.write_bytes(after[:page] + before[page:])  # only the first page has come home
    file.log_path.write_bytes(log)

    prepare(file, given_up=never)
    with sqlite3.connect(file.path) as connection:
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (1000,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_database_cut_short_under_its_log_is_corrupt(file: DataFile) -> None:
    prepare(file, given_up=never)
    reader = sqlite3.connect(file.path)  # keeps the log and its index alive
    reader.execute("INSERT INTO tasks (name, created_at) VALUES ('x', '2026-01-01 00:00:00')")
    reader.commit()
    reader.execute("PRAGMA wal_checkpoint")
    truncate_to_half(file.path)
    assert refused(file) == Code.DB_CORRUPT
    reader.close()


def test_another_applications_database_gets_no_files_beside_it(file: DataFile) -> None:
    with sqlite3.connect(file.path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE bookmarks (id INTEGER PRIMARY KEY)")
    connection.close()
    before = {path.name for path in file.path.parent.iterdir()}
    assert refused(file) == Code.DB_FOREIGN
    assert {path.name for path in file.path.parent.iterdir()} - before == {".api.db.lock"}


def test_without_its_seal_another_database_of_this_service_is_accepted(file: DataFile) -> None:
    prepare(file, given_up=never)
    put_another_database_of_ours_there(file.path)
    file.seal_path.unlink()
    prepare(file, given_up=never)
    assert file.read_seal() == 12345


def test_whoever_waits_for_the_lock_can_be_stopped(file: DataFile) -> None:
    with locks.turn(file.lock_path, given_up=never), pytest.raises(ProblemError) as refusal:
        prepare(file, given_up=lambda: True)
    assert refusal.value.code == Code.DRAINING


def test_where_a_database_has_been_in_use_none_is_created_even_without_its_seal(file: DataFile) -> None:
    left = Opened(file, prepare(file, given_up=never)).close()
    file.path.unlink()
    file.seal_path.unlink()
    with pytest.raises(ProblemError) as refusal:
        prepare(file, left=left, given_up=never)
    os.close(left.log)
    assert refusal.value.code == Code.DB_MISSING
    assert not file.path.exists()


def test_without_its_seal_a_vanished_database_is_started_anew(file: DataFile) -> None:
    prepare(file, given_up=never)
    file.path.unlink()
    file.seal_path.unlink()
    prepare(file, given_up=never)
    assert file.path.exists()


def test_files_that_were_moved_wait_until_every_process_has_let_go_of_the_former_ones(file: DataFile) -> None:
    identity = prepare(file, given_up=never)
    ours, others = Opened(file, identity), Opened(file, identity)
    away = file.path.with_name("away")
    away.write_bytes(file.path.read_bytes())
    away.replace(file.path)
    left = ours.close()
    with pytest.raises(ProblemError, match="has not let go") as refusal:
        prepare(file, left=left, given_up=never)
    assert refusal.value.code == Code.DB_REPLACED

    others_left = others.close()
    reopened = Opened(file, prepare(file, left=left, given_up=never))
    prepare(file, left=others_left, given_up=never)  # whoever uses the new files already is no obstacle
    for descriptor in (left.log, others_left.log, reopened.close().log):
        os.close(descriptor)


KILLED_AT_A_STEP = """
import os, sys
from pathlib import Path
from app import locks
from app.datafile import DataFile
from app.prepare import prepare
count = 0
def step(frame, event, argument):
    global count
    if event == "c_call" and argument.__name__ in ("execute", "commit", "open", "fsync", "replace"):
        count += 1
        if count == int(sys.argv[2]):
            os._exit(9)
sys.setprofile(step)
prepare(DataFile(Path(sys.argv[1])), given_up=lambda: False)
"""


@pytest.mark.parametrize("step", range(5, 60, 5))
def test_a_first_start_that_is_killed_at_any_step_is_finished_by_the_next(step: int, file: DataFile) -> None:
    command = [sys.executable, "-c", KILLED_AT_A_STEP, str(file.path), str(step)]
    killed = subprocess.run(command, env={"PYTHONPATH": str(API)}, capture_output=True, check=False)
    assert killed.returncode == 9, killed.stderr
    prepare(file, given_up=never)
    with sqlite3.connect(file.path) as connection:
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (0,)
    connection.close()
