import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from app import locks
from app import prepare as preparing
from app.datafile import DataFile
from app.lineage import APPLICATION_ID
from app.prepare import prepare
from app.problems import Code, ProblemError
from support.database import never, prepare_once, refused

API = Path(__file__).resolve().parents[3] / "api"


@pytest.fixture
def file(tmp_path: Path) -> DataFile:
    return DataFile(tmp_path / "api.db")


def test_an_empty_volume_gets_a_database_at_the_newest_revision_in_wal_mode(file: DataFile) -> None:
    prepare_once(file)
    with sqlite3.connect(file.path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (0,)
    connection.close()


@pytest.mark.fault("S5")
def test_the_files_are_readable_by_owner_and_group_only(file: DataFile) -> None:
    prepare_once(file)
    for path in (file.path, file.seal_path, file.lock_path, file.record.path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_preparing_again_changes_nothing(file: DataFile) -> None:
    prepare_once(file)
    content, seal = file.path.read_bytes(), file.read_seal()
    prepare_once(file)
    assert (file.path.read_bytes(), file.read_seal()) == (content, seal)


@pytest.mark.fault("D14")
@pytest.mark.parametrize("step", ["check_at_start", "Opened"])
def test_a_file_that_takes_the_place_of_the_one_that_was_judged_is_judged_itself(
    step: str, file: DataFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_once(file)
    another = file.path.with_name("another")
    with closing(sqlite3.connect(another)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    content = another.read_bytes()
    done = getattr(preparing, step)

    def replace_first(*arguments: Any, **named: Any) -> Any:
        another.replace(file.path)
        return done(*arguments, **named)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(preparing, step, replace_first)
        assert refused(file) is Code.DB_STARTING
    assert refused(file) is Code.DB_FOREIGN
    assert file.path.read_bytes() == content


@pytest.mark.parametrize("name", ["a?b#c%20d.db", "ünïcödé ☃.db", "two words.db", "a&mode=memory.db"])
def test_the_file_is_at_exactly_the_path_whatever_its_characters(name: str, tmp_path: Path) -> None:
    prepare_once(DataFile(tmp_path / name))
    assert {path.name for path in tmp_path.iterdir()} == {
        name,
        *(f".{name}.{memory}" for memory in ("check", "id", "lock", "queue", "use")),
    }


def test_two_slashes_at_the_start_are_one(tmp_path: Path) -> None:
    prepare_once(DataFile(Path(f"/{tmp_path}/api.db")))
    assert (tmp_path / ".api.db.id").exists()


def test_a_file_is_never_created_over_another(file: DataFile) -> None:
    file.path.write_text("not ours")
    with pytest.raises(ProblemError):
        file.create()
    assert file.path.read_text() == "not ours"


@pytest.mark.fault("G3")
def test_an_empty_volume_that_is_to_be_filled_from_its_replica_gets_no_new_database(file: DataFile) -> None:
    file.replica_path.mkdir()
    file.awaited_path.touch()
    assert refused(file) == Code.DB_REPLICA_UNAVAILABLE
    assert not file.exists()
    file.awaited_path.unlink()
    prepare_once(file)


def test_what_the_replicas_service_finds_out_in_its_turn_is_known_to_who_has_waited_for_it(file: DataFile) -> None:
    file.replica_path.mkdir()
    with ExitStack() as service:
        service.enter_context(locks.turn(file.lock_path, given_up=never))

        def is_found_out_meanwhile() -> bool:
            file.awaited_path.touch()
            service.close()
            return False

        with pytest.raises(ProblemError) as raised:
            prepare(file, given_up=is_found_out_meanwhile)
    assert raised.value.code is Code.DB_REPLICA_UNAVAILABLE
    assert not file.exists()


def test_a_vanished_database_is_missing_and_no_new_one_is_created(file: DataFile) -> None:
    prepare_once(file)
    file.path.unlink()
    assert refused(file) == Code.DB_MISSING
    assert not file.path.exists()


def test_an_interrupted_first_start_is_finished_by_the_next(file: DataFile) -> None:
    file.create()
    prepare_once(file)
    assert file.read_seal()


@pytest.mark.fault("F3")
def test_a_missing_directory_is_not_created(tmp_path: Path) -> None:
    assert refused(DataFile(tmp_path / "nowhere" / "api.db")) == Code.DB_MISSING
    assert not list(tmp_path.iterdir())


@pytest.mark.fault("F4")
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
        pytest.param(overwrite_with_garbage, Code.DB_NOT_A_DATABASE, marks=pytest.mark.fault("D1")),
        pytest.param(truncate_to_half, Code.DB_CORRUPT, marks=pytest.mark.fault("D2")),
        (empty, Code.DB_REPLACED),
        (put_another_application_there, Code.DB_FOREIGN),
        (put_another_database_of_ours_there, Code.DB_REPLACED),
        (stamp_a_newer_schema, Code.DB_SCHEMA_AHEAD),
    ],
)
def test_a_file_that_is_not_ours_is_named_and_left_byte_for_byte(
    damage: Callable[[Path], None], code: Code, file: DataFile
) -> None:
    prepare_once(file)
    damage(file.path)
    content = file.path.read_bytes()
    assert refused(file) == code
    assert file.path.read_bytes() == content


@pytest.mark.fault("L5")
def test_the_database_of_a_newer_version_is_refused_without_a_trace(file: DataFile) -> None:
    prepare_once(file)
    stamp_a_newer_schema(file.path)
    folder = file.path.parent
    before = file.stamp(), folder.stat().st_mtime_ns, sorted(folder.iterdir())
    assert refused(file) == Code.DB_SCHEMA_AHEAD
    assert (file.stamp(), folder.stat().st_mtime_ns, sorted(folder.iterdir())) == before, "no log came and went either"


def test_a_crash_in_the_middle_of_a_checkpoint_is_recovered(file: DataFile) -> None:
    prepare_once(file)
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

    prepare_once(file)
    with sqlite3.connect(file.path) as connection:
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (1000,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


@pytest.mark.fault("D2")
def test_a_database_cut_short_under_its_log_is_corrupt(file: DataFile) -> None:
    prepare_once(file)
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
    assert {path.name for path in file.path.parent.iterdir()} - before == {".api.db.lock", ".api.db.use"}


def test_the_log_that_a_crash_of_another_application_has_left_is_not_applied(file: DataFile) -> None:
    writer = sqlite3.connect(file.path.with_name("theirs"))
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE bookmarks (id INTEGER PRIMARY KEY)")
    writer.execute("PRAGMA wal_checkpoint")
    writer.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY)")
    shutil.copy(file.path.with_name("theirs"), file.path)
    shutil.copy(file.path.with_name("theirs-wal"), file.log_path)
    writer.close()
    before = file.path.read_bytes(), file.log_path.read_bytes()
    assert refused(file) == Code.DB_FOREIGN
    assert (file.path.read_bytes(), file.log_path.read_bytes()) == before


def test_without_its_seal_another_database_of_this_service_is_accepted(file: DataFile) -> None:
    prepare_once(file)
    put_another_database_of_ours_there(file.path)
    file.seal_path.unlink()
    prepare_once(file)
    assert file.read_seal() == 12345


def test_whoever_waits_for_the_lock_can_be_stopped(file: DataFile) -> None:
    with locks.turn(file.lock_path, given_up=never), pytest.raises(ProblemError) as refusal:
        prepare(file, given_up=lambda: True)
    assert refusal.value.code == Code.DRAINING


def test_where_a_database_has_been_in_use_none_is_created_even_without_its_seal(file: DataFile) -> None:
    prepare_once(file)
    file.path.unlink()
    file.seal_path.unlink()
    with pytest.raises(ProblemError) as refusal:
        prepare(file, may_create=False, given_up=never)
    assert refusal.value.code == Code.DB_MISSING
    assert not file.path.exists()


def test_without_its_seal_a_vanished_database_is_started_anew(file: DataFile) -> None:
    prepare_once(file)
    file.path.unlink()
    file.seal_path.unlink()
    prepare_once(file)
    assert file.path.exists()


def copy_in_its_place(path: Path) -> None:
    path.with_name("copy").write_bytes(path.read_bytes())
    path.with_name("copy").replace(path)


def delete_log(path: Path) -> None:
    Path(f"{path}-wal").unlink()


def delete_index(path: Path) -> None:
    Path(f"{path}-shm").unlink()


@pytest.mark.parametrize("move", [copy_in_its_place, delete_log, delete_index])
def test_whoever_comes_while_others_use_files_that_were_moved_has_to_wait(
    move: Callable[[Path], None], file: DataFile
) -> None:
    user = prepare(file, given_up=never)
    prepare(file, given_up=never).close()  # the same files: welcome
    move(file.path)
    with pytest.raises(ProblemError, match="another process still uses") as refusal:
        prepare(file, given_up=never)
    assert refusal.value.code == Code.DB_STARTING
    assert user.close()
    prepare_once(file)


def test_whoever_has_to_wait_brings_no_log_of_the_others_home_to_the_file_that_is_there_now(file: DataFile) -> None:
    user = prepare(file, given_up=never)
    writer = sqlite3.connect(file.path)
    writer.execute("INSERT INTO tasks (name, created_at) VALUES ('theirs', '2026-01-01 00:00:00')")
    writer.commit()
    copy_in_its_place(file.path)
    before = file.path.read_bytes(), file.log_path.read_bytes()
    assert refused(file) == Code.DB_STARTING
    assert (file.path.read_bytes(), file.log_path.read_bytes()) == before
    writer.close()
    assert user.close()


def test_a_log_is_not_let_go_of_before_it_could_be_brought_home(file: DataFile) -> None:
    user = prepare(file, given_up=never)
    reader = sqlite3.connect(file.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM tasks").fetchall()
    writer = sqlite3.connect(file.path)
    writer.execute("INSERT INTO tasks (name, created_at) VALUES ('kept', '2026-01-01 00:00:00')")
    writer.commit()
    delete_log(file.path)
    assert not user.close(), "the reader is in the way"
    reader.close()
    assert user.close()
    writer.close()
    prepare_once(file)
    with sqlite3.connect(file.path) as connection:
        assert connection.execute("SELECT name FROM tasks").fetchall() == [("kept",)]
    connection.close()


@pytest.mark.fault("D7")
def test_the_log_of_the_file_before_is_not_applied_to_a_backup_even_if_nobody_lived_to_empty_it(file: DataFile) -> None:
    prepare_once(file)
    shutil.copy(file.path, file.path.with_name("backup"))
    user = prepare(file, given_up=never)
    writer = sqlite3.connect(file.path)
    writer.execute("INSERT INTO tasks (name, created_at) VALUES ('x', '2026-01-01 00:00:00')")
    writer.commit()
    file.path.rename(file.path.with_name("killed"))
    user.abandon()
    writer.close()
    assert file.log_bytes(), "left behind, as by a crash"
    file.path.with_name("backup").replace(file.path)
    assert refused(file) == Code.DB_REPLACED
    file.log_path.unlink()
    prepare_once(file)


KILLED_AT_A_STEP = """
import os, sys
from pathlib import Path
from app import locks
from app import prepare as preparing
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
    prepare_once(file)
    with sqlite3.connect(file.path) as connection:
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize("record", ["", "garbage", "[1]", "[[1, 2]]", "\x00" * 9, "null"])
def test_a_damaged_record_of_the_users_keeps_nobody_out_who_is_alone(record: str, file: DataFile) -> None:
    prepare_once(file)
    file.use_path.write_text(record)
    prepare_once(file)
