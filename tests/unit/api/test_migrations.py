import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app import schema
from app.base import metadata
from app.datafile import DataFile
from app.engine import plain_engine
from app.problems import Code, ProblemError
from support.database import prepare_once

HEAD = 'import sqlalchemy as sa\nfrom alembic import op\nrevision = "{}"\ndown_revision = "{}"\n\ndef upgrade():\n'
ADD_NOTES = """\
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("task_id", sa.Integer, sa.ForeignKey("tasks.id", ondelete="CASCADE")))
    op.execute("INSERT INTO tasks (id, name, created_at) VALUES (1, 'x', '2026-01-01')")
    op.execute("INSERT INTO notes VALUES (1, 1)")
"""
REBUILD_TASKS = """\
    with op.batch_alter_table("tasks") as tasks:
        tasks.add_column(sa.Column("done", sa.Boolean))
        tasks.alter_column("name", existing_type=sa.String(200), nullable=True)
"""
FAIL_HALF_WAY = """\
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO nowhere VALUES (1)")
"""
BREAK_A_REFERENCE = '    op.execute("DELETE FROM tasks")\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFile:
    shutil.copytree(schema.MIGRATIONS, tmp_path / "migrations")
    monkeypatch.setattr(schema, "MIGRATIONS", tmp_path / "migrations")
    file = DataFile(tmp_path / "api.db")
    prepare_once(file)
    add_revision("0003", "0002", ADD_NOTES)
    prepare_once(file)
    return file


def add_revision(revision: str, before: str, upgrade: str) -> None:
    (schema.MIGRATIONS / "versions" / f"{revision}.py").write_text(HEAD.format(revision, before) + upgrade)


def content(file: DataFile) -> list[str]:
    with sqlite3.connect(file.path) as connection:
        lines = list(connection.iterdump())
    connection.close()
    return lines


def test_rebuilding_a_table_keeps_the_rows_that_refer_to_it(file: DataFile) -> None:
    add_revision("0004", "0003", REBUILD_TASKS)
    prepare_once(file)
    assert 'INSERT INTO "notes" VALUES(1,1);' in content(file)
    assert "done BOOLEAN" in "".join(content(file))


@pytest.mark.fault("L4")
@pytest.mark.parametrize("upgrade", [FAIL_HALF_WAY, BREAK_A_REFERENCE])
def test_a_migration_that_fails_leaves_the_content_as_it_was_and_is_told(upgrade: str, file: DataFile) -> None:
    before = content(file)
    add_revision("0004", "0003", upgrade)
    with pytest.raises(ProblemError) as refusal:
        prepare_once(file)
    assert refusal.value.code == Code.DB_SCHEMA_BEHIND
    assert refusal.value.detail == "The database is at revision 0003, and this version needs revision 0004."
    assert content(file) == before


def test_no_migration_there_or_back_lets_an_id_be_used_twice(tmp_path: Path) -> None:
    file = DataFile(tmp_path / "api.db")
    prepare_once(file)
    with plain_engine(file).begin() as connection:
        command.downgrade(schema.configuration(connection), "0001")
    assert "AUTOINCREMENT" in "".join(content(file))
    prepare_once(file)
    assert "AUTOINCREMENT" in "".join(content(file))


def test_the_migrations_make_the_tables_that_the_code_has(tmp_path: Path) -> None:
    file = DataFile(tmp_path / "api.db")
    prepare_once(file)
    with plain_engine(file).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
