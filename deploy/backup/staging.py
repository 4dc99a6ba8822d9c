"""Where a database waits for its turn to take the place of another, and where the other waits after that.

What lies there says how far a restore has come, also after the end of the process that made it:

- `new.db` without a note: staging was interrupted; the old database is in place.
- `new.db` and a note: staged; the old database is in place.
- a note, and no `new.db`: swapped; the new database is in place.
- `undone.db` and no `old.db`: undone; the old database is in place.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from app.copying import COPY_MODE, sync
from app.datafile import FILE_MODE, DataFile
from app.snapshots import Snapshot
from backup import content
from backup.findings import Findings
from backup.live import alone
from backup.manifest import Manifest
from backup.trouble import Refused
from backup.verify import examine

Fetch = Callable[[Path], Manifest | None]


class Stage(StrEnum):
    """How far a restore has come."""

    NOTHING = "nothing"
    STAGED = "staged"
    SWAPPED = "swapped"
    UNDONE = "undone"


class Note(NamedTuple):
    """What is known of the staged database: where it is from, its lineage and its schema's revision."""

    source: str
    lineage: int
    revision: str | None


class Staging:
    """The folder of a restore, hidden beside the database."""

    def __init__(self, file: DataFile) -> None:
        self.file = file
        self.folder = file.path.with_name(f".{file.path.name}.restoring")
        self.new = self.folder / "new.db"
        self.old = self.folder / "old.db"
        self.old_log = self.folder / "old.db-wal"
        self.undone = self.folder / "undone.db"
        self.undone_log = self.folder / "undone.db-wal"
        self._old_seal = self.folder / "old.id"
        self._note = self.folder / "note.json"

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        if not self._note.exists():
            return Stage.NOTHING
        if self.new.exists():
            return Stage.STAGED
        is_undone = self.undone.exists() and not self.old.exists() and not _is_same(self.undone, self.file.path)
        return Stage.UNDONE if is_undone else Stage.SWAPPED

    @property
    def note(self) -> Note:
        """What is staged, or was."""
        return Note(*json.loads(self._note.read_text()))

    def fill(self, source: str, fetch: Fetch) -> Findings:
        """Bring a database here and check all of it; whatever fails, nothing is left.

        Args:
            source: Where it is from, for people.
            fetch: Writes it to the path that it is given, and gives its manifest if there is one.

        Raises:
            Refused: It is not sound, not this service's, or newer than this version.
            ProblemError, OSError: The disk does not allow it.

        """
        self.settle()
        self.folder.mkdir(mode=0o770)
        try:
            manifest = fetch(self.new)
            self.new.chmod(COPY_MODE)  # whatever the umask is
            findings = examine(self.new, manifest)
            _refuse_if_hindered(findings, source)
            with content.opened(self.new) as connection:
                note = Note(source, content.header(connection).lineage, content.revision(connection))
            sync(self.new)
            _write(self._note, json.dumps(note))
        except BaseException:
            self._clear()
            raise
        return findings

    def give_log_back(self) -> None:
        """Put a log beside the database that it belongs to, where a swap ended between the one and the other."""
        if log := self._stray_log:
            log.replace(self.file.log_path)
            sync(self.file.path.parent)

    @property
    def _stray_log(self) -> Path | None:
        if self.stage is Stage.NOTHING:
            return None  # the note has gone, and each log belongs to what lies beside it
        is_new = self.stage is Stage.SWAPPED and (self.old.exists() or not self.old_log.exists())
        log = self.undone_log if is_new else self.old_log
        # Whoever has used the database since has sealed it, and the log is not of what it is now.
        is_used = self.file.seal_path.exists() or self.file.log_path.exists()
        return log if log.exists() and not is_used else None

    def keep_seal(self) -> None:
        """Keep what the volume remembers, of a database that is not there any more or of none."""
        if not self._old_seal.exists():
            seal = self.file.seal_path
            _write(self._old_seal, seal.read_text(errors="replace") if seal.exists() else "")

    def give_seal_back(self) -> None:
        """Have the volume remember that again."""
        if not self._old_seal.exists():
            return
        if seal := self._old_seal.read_text():
            _write(self.file.seal_path, seal)
        else:
            self.file.seal_path.unlink(missing_ok=True)

    def settle(self) -> list[Snapshot]:
        """End the restore as it stands, and keep as snapshots what was replaced.

        Raises:
            Refused: A log has to be put back, and the database is in use.
            ProblemError, OSError: The disk does not allow it.

        """
        is_sealed_for_new = self.stage is Stage.STAGED and self._old_seal.exists() and not holds_anything(self.file)
        if self._stray_log or is_sealed_for_new:
            with alone(self.file):
                self.give_log_back()
                if is_sealed_for_new:
                    self.give_seal_back()
        return self._clear()

    def put_away(self, database: Path, log: Path) -> Snapshot | None:
        """Make a snapshot of a database, with its log, unless it is only a second name; remove it then."""
        if database.exists() and not _is_same(database, self.file.path):
            return self._keep(database, log)
        if log.exists() and not _is_same(log, self.file.log_path):
            self.file.snapshots.keep_log(log)
        for path in (database, log):
            path.unlink(missing_ok=True)
        return None

    def _clear(self) -> list[Snapshot]:
        """Remove the folder, and make snapshots of what has no other name; without a note nothing is under way."""
        self._note.unlink(missing_ok=True)
        kept = [self.put_away(self.old, self.old_log), self.put_away(self.undone, self.undone_log)]
        shutil.rmtree(self.folder, ignore_errors=True)
        return [snapshot for snapshot in kept if snapshot]

    def _keep(self, database: Path, log: Path) -> Snapshot:
        revision = None
        with suppress(sqlite3.Error), content.opened(database) as connection:
            revision = content.revision(connection)
        return self.file.snapshots.adopt(database, revision or "unknown", log)


def holds_anything(file: DataFile) -> bool:
    """Tell whether there is a database, or something else that stands in its place."""
    return file.exists() and not (file.path.is_file() and file.path.stat().st_size == 0)


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.part")
    draft.write_text(text)
    draft.chmod(FILE_MODE)
    sync(draft)
    draft.replace(path)
    sync(path.parent)


def _is_same(path: Path, other: Path) -> bool:
    return other.exists() and path.samefile(other)


def _refuse_if_hindered(findings: Findings, source: str) -> None:
    if findings.hindrance:
        raise Refused(os.EX_DATAERR, f"{source} cannot be restored, and nothing was touched: {findings.hindrance}.")
