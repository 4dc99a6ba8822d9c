import sqlite3
import threading
import tracemalloc
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

from app.prepare import prepare
from backup import content
from backup.folder import Folder
from backup.trouble import Refused
from backup.verify import verify_archive, verify_live
from support.backups import back_up, backup_folder, content_of, database
from support.damage import Page, filled, flipped
from support.database import never


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return backup_folder(tmp_path / "backups")


def test_a_good_backup_is_told_in_a_table_of_what_was_looked_at(folder: Folder, tmp_path: Path) -> None:
    made = back_up(database(tmp_path / "data"), folder)
    findings = verify_archive(made.path, made.path.name, folder)
    assert findings.fault is None
    lines = findings.table.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["ok"] * len(lines)
    for title in ("taken", "integrity check", "foreign keys", "schema revision", "rows", "content", "manifest"):
        assert title in findings.table


def test_a_backup_is_verified_from_a_pipe_too(folder: Folder, tmp_path: Path) -> None:
    made = back_up(database(tmp_path / "data"), folder)
    assert verify_archive(BytesIO(made.path.read_bytes()), "it", folder).fault is None
    with pytest.raises(Refused, match="it is not a whole backup"):
        verify_archive(BytesIO(made.path.read_bytes()[:-1]), "it", folder)
    assert sorted(path.name for path in folder.path.iterdir()) == [".lock", made.path.name]


def test_a_broken_reference_is_told_and_keeps_no_backup_from_being_restored(folder: Folder, tmp_path: Path) -> None:
    file = database(tmp_path / "data")
    with closing(sqlite3.connect(file.path)) as connection, connection:
        connection.execute("CREATE TABLE notes (task INTEGER REFERENCES tasks (id))")
        connection.execute("INSERT INTO notes VALUES (99)")
    made = back_up(file, folder)
    findings = verify_archive(made.path, made.path.name, folder)
    assert findings.fault == "foreign keys: 1 broken references"
    assert findings.hindrance is None


def test_the_database_is_verified_while_it_is_written_to(tmp_path: Path) -> None:
    file = database(tmp_path / "data")
    opened, stopping = prepare(file, given_up=never), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(file.path, timeout=10)) as connection:
            while not stopping.is_set():
                with connection:
                    connection.execute("INSERT INTO tasks (name, created_at) VALUES ('x', '2026-01-01 00:00:00')")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            assert verify_live(file).fault is None
    finally:
        stopping.set()
        writer.join()
        assert opened.close()


@pytest.mark.parametrize("page", [Page.TABLE_LEAF, Page.INDEX_LEAF])
def test_damage_to_the_database_is_told(page: Page, tmp_path: Path) -> None:
    file = filled(tmp_path / "api.db")
    with flipped(file.path, page):
        fault = verify_live(file).fault
    assert fault
    assert fault.startswith("integrity check: ")


def test_the_content_hash_tells_any_change_of_a_row_or_of_the_schema(tmp_path: Path) -> None:
    file = database(tmp_path / "data")
    seen = {content_of(file.path).digest}
    for number, change in enumerate(
        (
            "UPDATE tasks SET name = 'other' WHERE id = 1",
            "UPDATE tasks SET idempotency_key = '' WHERE id = 1",
            "UPDATE tasks SET id = 77 WHERE id = 2",
            "DELETE FROM tasks WHERE id = 3",
            "CREATE TABLE notes (text TEXT)",
            "INSERT INTO notes VALUES (CAST(X'ff00fe' AS TEXT))",
            "UPDATE notes SET text = X'ff00fe'",
            "CREATE INDEX notes_by_text ON notes (text)",
        ),
        start=2,
    ):
        with closing(sqlite3.connect(file.path)) as connection, connection:
            connection.execute(change)
        seen.add(content_of(file.path).digest)
        assert len(seen) == number, change


def test_a_number_a_text_and_a_blob_of_the_same_characters_are_different_content(tmp_path: Path) -> None:
    seen = set()
    with closing(sqlite3.connect(tmp_path / "api.db")) as connection:
        connection.execute("CREATE TABLE notes (one, other)")
        for values in ((1, "2"), (1.0, "2"), ("1", "2"), (b"1", "2"), ("12", ""), ("", "12"), (None, "12")):
            connection.execute("DELETE FROM notes")
            connection.execute("INSERT INTO notes VALUES (?, ?)", values)
            seen.add(content.read(connection).digest)
    assert len(seen) == 7


def test_the_content_hash_needs_no_more_memory_for_more_rows(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "api.db")) as connection:
        connection.execute("CREATE TABLE notes (text TEXT)")
        connection.executemany("INSERT INTO notes VALUES (?)", [("x" * 30_000,)] * 200)
        tracemalloc.start()
        try:
            content.read(connection)
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
        finally:
            tracemalloc.stop()


def test_what_sqlite_and_litestream_note_for_themselves_is_no_content(tmp_path: Path) -> None:
    file = database(tmp_path / "data")
    before = content_of(file.path)
    with closing(sqlite3.connect(file.path)) as connection, connection:
        connection.execute("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)")
        connection.execute("ANALYZE")
    assert content_of(file.path) == before


def test_looking_at_a_closed_database_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = database(tmp_path / "data")
    before = sorted(path.name for path in file.path.parent.iterdir())
    with content.opened(file.path) as connection:
        content.read(connection)
        assert sorted(path.name for path in file.path.parent.iterdir()) == before
