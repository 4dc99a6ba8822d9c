"""Snapshots: copies of the database beside it, from before it was changed in a way that may be regretted."""

import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from app.copying import copy, sync
from app.faults import disk_faults

KEPT = 3
TIME = "%Y%m%dT%H%M%S.%fZ"
FOLDER_MODE = 0o770


class Snapshot(NamedTuple):
    """One copy: where it is, when it was taken, and the revision of its schema."""

    path: Path
    at: datetime
    revision: str


class Snapshots:
    """The snapshots in a folder, which is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Snapshot]:
        """Give the snapshots that are whole, newest first."""
        with disk_faults():
            paths = list(self.folder.glob("*.db"))
        found = [snapshot for path in paths if (snapshot := _of(path))]
        return sorted(found, key=lambda snapshot: snapshot.at, reverse=True)

    def take(self, source: sqlite3.Connection, revision: str) -> Snapshot:
        """Copy the database of a connection; the copy has its name once it is whole and on the disk.

        Raises:
            sqlite3.Error: The database cannot be read, or the copy not be written.
            ProblemError: The disk does not allow it.

        """
        self._make_folder()
        with disk_faults():
            for left in self.folder.glob("*.part*"):  # of a process that was killed
                left.unlink(missing_ok=True)
        draft = self._path(revision).with_suffix(".part")
        try:
            copy(source, draft)
        except BaseException:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        return self.adopt(draft, revision)

    def adopt(self, database: Path, revision: str) -> Snapshot:
        """Make a closed database on the same volume a snapshot by moving it here.

        Raises:
            ProblemError: The disk does not allow it.

        """
        self._make_folder()
        path = self._path(revision)
        with disk_faults():
            database.replace(path)
        sync(self.folder)
        found = _of(path)
        assert found  # noqa: S101 - the name was made here
        return found

    def prune(self, keep: int = KEPT) -> None:
        """Remove all but the newest.

        Raises:
            ProblemError: The disk does not allow it.

        """
        with disk_faults():
            for snapshot in self.all()[keep:]:
                snapshot.path.unlink(missing_ok=True)
                Path(f"{snapshot.path}-wal").unlink(missing_ok=True)

    def _make_folder(self) -> None:
        with disk_faults():
            self.folder.mkdir(mode=FOLDER_MODE, exist_ok=True)

    def _path(self, revision: str) -> Path:
        return self.folder / f"{datetime.now(UTC).strftime(TIME)}-{revision}.db"


def _of(path: Path) -> Snapshot | None:
    time, _, revision = path.stem.partition("-")
    try:
        return Snapshot(path, datetime.strptime(time, TIME).replace(tzinfo=UTC), revision)
    except ValueError:
        return None
