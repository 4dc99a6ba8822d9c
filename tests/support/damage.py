"""Damage to the pages of a database file, as a failing disk does it: real bytes, flipped in their place."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import IntEnum
from pathlib import Path

from app.datafile import DataFile
from app.verdict import Verdict
from support.database import prepare_once

PAGE_BYTES = 4096
FLIPPED_BYTES = 64


class Page(IntEnum):
    """A kind of page, by its first byte; see sqlite.org/fileformat2.html#b_tree_pages."""

    INDEX_INTERIOR = 0x02
    TABLE_INTERIOR = 0x05
    INDEX_LEAF = 0x0A
    TABLE_LEAF = 0x0D


def filled(path: Path, *, rows: int = 5000) -> DataFile:
    """Make a database of this service with so many tasks and an index on them, closed and in one file."""
    file = DataFile(path)
    prepare_once(file)
    tasks = ((f"task {number} " + "x" * 60, "2026-01-01 00:00:00") for number in range(rows))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("INSERT INTO tasks (name, created_at) VALUES (?, ?)", tasks)
        connection.execute("CREATE INDEX tasks_by_name ON tasks (name)")
    return file


@contextmanager
def flipped(path: Path, kind: Page = Page.TABLE_LEAF) -> Iterator[None]:
    """Flip the first bytes of the middle one of the pages of `kind`, and flip them back at the end.

    The file itself must hold all pages: a page that is in the log as well is read from there.
    """
    content = path.read_bytes()
    pages = [start for start in range(PAGE_BYTES, len(content), PAGE_BYTES) if content[start] == kind]
    start = pages[len(pages) // 2]
    good = content[start : start + FLIPPED_BYTES]
    _overwrite(path, start, bytes(byte ^ 0xFF for byte in good))
    try:
        assert path.read_bytes()[start] == kind ^ 0xFF, "the fault did not bite"
        yield
    finally:
        _overwrite(path, start, good)


def verdict(file: DataFile) -> Verdict:
    """Assert that there is a verdict on the database, and give it."""
    found = file.record.read()
    assert found, "no check has ended"
    return found


def _overwrite(path: Path, start: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(content)
