"""Databases and backups of a test, without containers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.datafile import DataFile
from backup import content, sources
from backup.content import Content
from backup.create import create
from backup.folder import Backup, Folder
from backup.retention import Retention
from backup.staging import Staging
from support.database import prepare_once

ALL = Retention()


def database(folder: Path, *, tasks: int = 3, name: str = "task") -> DataFile:
    """Make a database of this service with so many tasks, closed."""
    folder.mkdir(exist_ok=True)
    file = DataFile(folder / "api.db")
    prepare_once(file)
    add_tasks(file, tasks, name=name)
    return file


def add_tasks(file: DataFile, tasks: int, *, name: str = "task") -> None:
    """Add tasks."""
    rows = [(f"{name} {number}", "2026-01-01 00:00:00") for number in range(tasks)]
    with closing(sqlite3.connect(file.path)) as connection, connection:
        connection.executemany("INSERT INTO tasks (name, created_at) VALUES (?, ?)", rows)


def backup_folder(path: Path) -> Folder:
    """Make an empty folder for backups."""
    path.mkdir()
    return Folder(path)


def back_up(file: DataFile, folder: Folder) -> Backup:
    """Make a backup."""
    return create(file, folder, ALL).backup


def stage(file: DataFile, backup: Backup | Path) -> Staging:
    """Bring the database of a backup beside another one."""
    path = backup.path if isinstance(backup, Backup) else backup
    staging = Staging(file)
    staging.fill(path.name, sources.archive_at(path, file))
    return staging


def stage_snapshot(file: DataFile) -> None:
    """Bring the newest snapshot beside the database."""
    Staging(file).fill(*sources.snapshot(file, file.snapshots.all()[0].path.name))


@contextmanager
def crashed(file: DataFile) -> Iterator[None]:
    """Leave the files as a crash at the end of the block would: with a log."""
    with closing(sqlite3.connect(file.path)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM tasks").fetchone()  # keeps what is written next in the log
        yield
        copies = {path: path.read_bytes() for path in (file.path, file.log_path)}
    for path, copy in copies.items():
        path.write_bytes(copy)


def content_of(path: Path) -> Content:
    """Read what a database holds, with its log."""
    with closing(sqlite3.connect(path)) as connection:
        assert content.damage(connection) is None
        return content.read(connection)


def everything(folder: Path) -> dict[str, bytes]:
    """Give all files below a folder, with what is in them."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
