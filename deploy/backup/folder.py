"""The folder that the backups are in."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from app.copying import sync
from backup import archive
from backup.manifest import Manifest
from backup.retention import Retention
from backup.trouble import Refused

WORK = ".work"
LOCK = ".lock"
LATEST = "latest"


class Backup(NamedTuple):
    """A backup that is whole: only such have a name that counts."""

    path: Path
    at: datetime
    bytes: int
    manifest: Manifest


class Folder:
    """Holds finished backups under their names, and what is unfinished in `.work`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def work(self) -> Iterator[Path]:
        """Give an empty place for what is unfinished; one command at a time has it, and nothing is left there.

        Raises:
            Refused: Another command has it, or the folder cannot be written to.

        """
        try:
            lock = os.open(self.path / LOCK, os.O_CREAT | os.O_RDWR, 0o640)
        except OSError as error:
            sentence = f"{self.path} cannot be written to ({error.strerror}): give it to user {os.geteuid()}."
            raise Refused(os.EX_CANTCREAT, sentence) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with self._fresh(self.path / WORK) as place:
                yield place
        except BlockingIOError:
            raise Refused(os.EX_TEMPFAIL, "Another backup is under way: try again when it is done.") from None
        finally:
            os.close(lock)

    @contextmanager
    def _fresh(self, place: Path) -> Iterator[Path]:
        """Make an empty folder, and remove it; only for who has the lock, as it would be another one's."""
        shutil.rmtree(place, ignore_errors=True)  # of a command that was killed
        place.mkdir(mode=0o770)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def free_name(self) -> tuple[Path, datetime]:
        """Give the name for a backup that is taken now, and that time: a whole second that no other one has."""
        while True:
            now = datetime.now(UTC)
            path = self.path / archive.name_of(now)
            if not path.exists():
                return path, now.replace(microsecond=0)
            time.sleep(1 - now.microsecond / 1_000_000)

    def finish(self, draft: Path, path: Path) -> None:
        """Give what is written and sound the name under which it counts."""
        sync(draft)
        draft.replace(path)
        sync(self.path)

    def backups(self) -> list[Backup]:
        """Give the backups, newest first; what has no manifest that can be read is not one.

        Raises:
            OSError: The folder cannot be read.

        """
        found = []
        for path in self.path.iterdir():
            at = archive.time_of(path.name)
            with suppress(Refused, OSError):
                if at:
                    found.append(Backup(path, at, path.stat().st_size, archive.manifest_of(path, path.name)))
        return sorted(found, key=lambda backup: backup.at, reverse=True)

    def named(self, name: str) -> Path:
        """Find a backup by its name, or the newest one as `latest`.

        Raises:
            Refused: There is none; it names those that are there.

        """
        newest = self.backups()
        if name == LATEST and newest:
            return newest[0].path
        path = self.path / name
        if path.parent == self.path and path.is_file():
            return path
        there = f"the newest is {newest[0].path.name}" if newest else "there is none at all, `make backup` makes one"
        raise Refused(os.EX_NOINPUT, f"There is no backup {name!r}: {there}.")

    def expired(self, retention: Retention, lineage: int) -> list[Path]:
        """Give the backups of one database that have had their time."""
        ours = {backup.at: backup.path for backup in self.backups() if backup.manifest.lineage == lineage}
        return [ours[at] for at in retention.expired(list(ours), datetime.now(UTC))]
