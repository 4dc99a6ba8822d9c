"""What the database was before a migration or a restore: whole copies of it, in a hidden folder beside it."""

import os
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import structlog

from app.copying import check_room, copy, sync
from app.faults import disk_faults

log = structlog.stdlib.get_logger(__name__)

KEPT = 3
FOLDER_MODE = 0o750
TIME = "%Y%m%dT%H%M%S.%fZ"
NAME = re.compile(r"(\d{8}T\d{6}\.\d{6}Z)-([\w.]+)\.db", re.ASCII)
NOT_FOR_A_NAME = re.compile(r"[^\w.]", re.ASCII)
UNFINISHED = ".part"


class Snapshot(NamedTuple):
    """A plain SQLite file that holds a whole database.

    Attributes:
        path: Where it is.
        at: When it was taken; no other one has the same time.
        revision: That of its schema.

    """

    path: Path
    at: datetime
    revision: str


class Snapshots:
    """The snapshots of one database; to be changed only by those whose turn it is to prepare or to replace that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._on_trial: Snapshot | None = None

    def all(self) -> list[Snapshot]:
        """Give the finished ones, the newest first.

        Raises:
            ProblemError: The disk does not allow it.

        """
        with disk_faults():
            paths = [path for path in self._folder.iterdir() if path.is_file()] if self._folder.is_dir() else []
        return sorted(filter(None, map(_read_name, paths)), key=lambda snapshot: snapshot.at, reverse=True)

    def take(self, source: sqlite3.Connection, revision: str, *, home: Path | None, needed: int) -> Snapshot:
        """Take a snapshot, unless there is one of this very state; all of it is on the disk then, or nothing.

        A migration that fails is tried again and again, and changes nothing each time. So one snapshot is enough for
        all tries, and where others have written in between, the next one takes its place.

        Args:
            source: Sees the state that is meant, which nobody can change now.
            revision: That of its schema.
            home: The database file where all of that state is in it, `None` where some is in the log only.
            needed: Bytes that must be free for a new one.

        Raises:
            sqlite3.Error: The database cannot be read or the snapshot not be written.
            ProblemError: The disk does not allow it.

        """
        if home and (taken := self._find(revision, home)):
            return taken
        self._make_folder()
        self._clear_unfinished()
        check_room(self._folder, needed, "a snapshot before the migration")
        snapshot = self._new(revision)
        draft = snapshot.path.with_name(snapshot.path.name + UNFINISHED)
        try:
            copy(source, draft)
            with disk_faults():
                if home:  # its time is what it is found again by
                    changed = home.stat().st_mtime_ns
                    os.utime(draft, ns=(changed, changed))
                draft.replace(snapshot.path)
            sync(self._folder)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        log.info("snapshot taken", path=str(snapshot.path), revision=revision)
        if self._on_trial:
            _remove(self._on_trial)
        self._on_trial = snapshot
        return snapshot

    def adopt(self, database: Path, revision: str, log: Path) -> Snapshot:
        """Make a database file that nobody uses any more the newest snapshot, with its log where it has one.

        Raises:
            ProblemError: The disk does not allow it.

        """
        self._make_folder()
        snapshot = self._new(revision)
        with disk_faults():
            if log.exists():
                _log_of(snapshot).hardlink_to(log)
            database.replace(snapshot.path)
            log.unlink(missing_ok=True)
        for place in (snapshot.path, self._folder, database.parent):
            sync(place)
        return snapshot

    def keep_log(self, log: Path) -> None:
        """Keep a log whose database is not there any more: it may hold what nothing else does.

        Raises:
            ProblemError: The disk does not allow it.

        """
        self._make_folder()
        with disk_faults():
            log.replace(_log_of(self._new("lost")))
        sync(self._folder)

    def settle(self) -> None:
        """Keep what was taken last: the migration has been done, and the next snapshot is not in place of that one."""
        self._on_trial = None

    def prune(self, keep: int = KEPT) -> None:
        """Remove all but the newest.

        Raises:
            ProblemError: The disk does not allow it.

        """
        found = self.all()
        for snapshot in found[keep:]:
            _remove(snapshot)
        if 0 < keep <= len(found):
            self._remove_logs(before=found[keep - 1].at)

    def _remove_logs(self, *, before: datetime) -> None:
        """Remove the logs of databases that are not there any more."""
        with disk_faults():
            for log in self._folder.glob("*-wal"):
                its = _read_name(log.with_name(log.name.removesuffix("-wal")))
                if its and its.at < before and not its.path.exists():
                    log.unlink()

    def _find(self, revision: str, home: Path) -> Snapshot | None:
        wanted = _look(home)
        return next((each for each in self.all() if each.revision == revision and _look(each.path) == wanted), None)

    def _new(self, revision: str) -> Snapshot:
        """Name the newest: later than all others, whatever the clock says."""
        at = max([datetime.now(UTC), *(each.at + timedelta(microseconds=1) for each in self.all())])
        revision = NOT_FOR_A_NAME.sub("_", revision) or "_"
        return Snapshot(self._folder / f"{at.strftime(TIME)}-{revision}.db", at, revision)

    def _make_folder(self) -> None:
        with disk_faults():
            if not self._folder.is_dir():
                self._folder.mkdir()
                self._folder.chmod(FOLDER_MODE)  # whatever the umask is
                sync(self._folder.parent)

    def _clear_unfinished(self) -> None:
        with disk_faults():
            for draft in self._folder.glob(f"*{UNFINISHED}"):
                draft.unlink()


def _read_name(path: Path) -> Snapshot | None:
    if not (parts := NAME.fullmatch(path.name)):
        return None
    try:
        return Snapshot(path, datetime.strptime(parts[1], TIME).replace(tzinfo=UTC), parts[2])
    except ValueError:  # no such day
        return None


def _log_of(snapshot: Snapshot) -> Path:
    return Path(f"{snapshot.path}-wal")


def _look(path: Path) -> tuple[int, int]:
    """Give what a change of a file's content changes, and what a snapshot has of the file that it was taken from."""
    with disk_faults():
        found = path.stat()
        return found.st_size, found.st_mtime_ns


def _remove(snapshot: Snapshot) -> None:
    with disk_faults():
        # A replaced database may have a log that could not be brought home, and a shell leaves files beside one.
        for suffix in ("", "-wal", "-shm"):
            Path(f"{snapshot.path}{suffix}").unlink(missing_ok=True)
