"""Migrations that fail, that are interrupted or that race, under the real server with two workers."""

import json
import sqlite3
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from app import schema
from app.datafile import DataFile
from support.database import prepare_once
from support.killing import kill_all
from support.migrating import APP, NEWEST, add_migration
from support.problem import assert_unavailable
from support.server import ENOUGH, Server, running_server
from support.volume import MEBIBYTE, run, small_volume
from support.waiting import eventually

ROWS = 400_000
# Some 80 MB in one transaction, more than SQLite keeps in memory: it goes to the log before it is committed.
LONG = f"""\
    op.execute("ALTER TABLE tasks ADD COLUMN size INTEGER DEFAULT 1")
    op.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, content BLOB)")
    op.execute('''WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < {ROWS})
        INSERT INTO big SELECT i, zeroblob(180) FROM number''')
"""  # noqa: S608 - of a constant
SHORT = '    op.execute("CREATE TABLE small (id INTEGER PRIMARY KEY)")\n'
FAILING_HALF_WAY = SHORT + '    op.drop_table("nowhere")\n'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give the path of a database at the newest released revision, with a row."""
    return with_a_row(tmp_path / "api.db")


def with_a_row(path: Path) -> Path:
    prepare_once(DataFile(path))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO tasks (name, created_at) VALUES ('old', '2026-01-01 00:00:00')")
    return path


def content(data: Path) -> list[str]:
    with closing(sqlite3.connect(data)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return list(connection.iterdump())


def revision(data: Path) -> str:
    with closing(sqlite3.connect(data)) as connection:
        return str(connection.execute(schema.READ_REVISION).fetchone()[0])


def rows(data: Path, table: str) -> int:
    with closing(sqlite3.connect(data)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - of constants


def files_of(data: Path) -> set[str]:
    return {path.name for path in data.parent.iterdir() if data.name in path.name}


def told_once_a_worker(server: Server, code: str) -> None:
    assert [fault["code"] for fault in server.logged("database fault")] == [code] * 2


def every_worker_refuses(server: Server, code: str) -> None:
    server.every_worker_says(code)
    for _ in range(ENOUGH):
        assert_unavailable(server.create("x"), code)


@pytest.mark.fault("L4")
def test_a_migration_that_fails_half_way_changes_nothing_and_is_done_when_it_is_corrected(data: Path) -> None:
    before, old, attempts = content(data), revision(data), data.with_name("attempts")
    add_migration(data.parent, "next", f"    open({str(attempts)!r}, 'a').write('x')\n" + FAILING_HALF_WAY)

    def tried_again() -> None:
        assert attempts.stat().st_size > 6

    with running_server(data, healthy=False, arguments=[APP]) as server:
        eventually(lambda: every_worker_refuses(server, "db_schema_behind"), within=10)
        eventually(tried_again, within=10)
        assert content(data) == before
        assert (
            server.probe().json()["detail"]
            == f"The database is at revision {old}, and this version needs revision next."
        )
        (first, second) = server.logged("database fault")
        assert first["code"] == second["code"] == "db_schema_behind", "a line for each worker"
        assert "no such table: nowhere" in first["cause"]
        lines = map(json.loads, server.log.splitlines())
        told = Counter(line["event"] for line in lines if line["logger"] in {"app.keeper", "app.schema"})
        assert max(told.values()) <= 2, "nothing is told at each try"
        assert "DROP TABLE nowhere" in first["exception"], "the traceback of what does not work"
        add_migration(data.parent, "next", SHORT)
        eventually(server.every_worker_is_ready, within=10)
        assert server.client.get("/tasks").json()["items"][0]["name"] == "old"
    assert revision(data) == "next"


@pytest.mark.fault("L11")
def test_a_kill_in_the_middle_of_a_migration_leaves_the_old_schema_whole_and_the_next_start_brings_the_new(
    data: Path,
) -> None:
    before, old = content(data), revision(data)
    log = Path(f"{data}-wal")
    add_migration(data.parent, "next", LONG)
    with running_server(data, healthy=False, arguments=[APP]) as server:

        def in_the_middle() -> None:
            assert log.stat().st_size > 20 * MEBIBYTE, "the fault did not bite"

        eventually(in_the_middle, within=15)
        kill_all(server)
    assert revision(data) == old
    assert content(data) == before
    with running_server(data, arguments=[APP]) as server:
        assert server.client.get("/tasks").json()["items"][0]["name"] == "old"
        assert server.stop() == 0
    assert revision(data) == "next"
    assert rows(data, "big") == ROWS


@pytest.mark.fault("L6")
def test_two_servers_that_start_at_once_migrate_once_and_both_get_ready(data: Path) -> None:
    add_migration(data.parent, "next", LONG)
    other = data.parent / "other" / "api.db"  # the same database, and a log file of its own for the second server
    other.parent.mkdir()
    other.symlink_to(data)
    with ExitStack() as servers:
        first, second = (
            servers.enter_context(running_server(path, healthy=False, arguments=[APP])) for path in (data, other)
        )
        for server in (first, second):
            eventually(server.every_worker_is_ready, within=30)
        assert sum(len(server.logged("database migrated")) for server in (first, second)) == 1
    assert (revision(data), rows(data, "big"), rows(data, "tasks")) == ("next", ROWS, 1)


@pytest.mark.fault("F7")
def test_a_disk_that_fills_up_in_a_migration_leaves_the_old_schema_and_space_completes_it(tmp_path: Path) -> None:
    with small_volume(tmp_path / "volume", mebibytes=60) as path:
        data = with_a_row(path)
        before, old = content(data), revision(data)
        add_migration(data.parent, "next", LONG)
        with running_server(data, healthy=False, arguments=[APP]) as server:
            eventually(lambda: every_worker_refuses(server, "db_disk_full"), within=20)
            assert (revision(data), content(data)) == (old, before)
            eventually(lambda: told_once_a_worker(server, "db_disk_full"), within=5)
            run("mount", "-o", "remount,size=300m", str(data.parent))
            eventually(server.every_worker_is_ready, within=30)
            assert server.stop() == 0
        assert (revision(data), rows(data, "big"), rows(data, "tasks")) == ("next", ROWS, 1)


@pytest.mark.fault("D11", "L5")
def test_a_database_of_a_newer_version_is_refused_and_left_byte_for_byte(data: Path) -> None:
    with closing(sqlite3.connect(data)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'newer'")
    before, changed, listed = data.read_bytes(), data.stat().st_mtime_ns, files_of(data)
    with running_server(data, healthy=False) as server:
        eventually(lambda: every_worker_refuses(server, "db_schema_ahead"), within=10)
        eventually(lambda: told_once_a_worker(server, "db_schema_ahead"), within=5)
        told = server.probe().json()["detail"]
        assert told == f"The database is at revision newer, and this version needs revision {NEWEST}."
        assert files_of(data) == listed, "not even a log or a snapshot"
        assert server.stop() == 0
    assert (data.read_bytes(), data.stat().st_mtime_ns, files_of(data)) == (before, changed, listed)


@pytest.mark.fault("D11")
def test_a_database_of_an_older_version_is_brought_up_by_one_worker(data: Path) -> None:
    add_migration(data.parent, "next", SHORT)
    with running_server(data, arguments=[APP]) as server:
        assert len(server.logged("database migrated")) == 1
        assert server.client.get("/tasks").json()["items"][0]["name"] == "old"
    assert revision(data) == "next"
