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

from app.copying import sync
from app.datafile import DataFile
from app.snapshots import Snapshot
from backup import content
from backup.findings import Findings
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
        self._note = self.folder / "note.json"

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        if not self._note.exists():
            return Stage.NOTHING
        if self.new.exists():
            return Stage.STAGED
        return Stage.UNDONE if self.undone.exists() and not self.old.exists() else Stage.SWAPPED

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
            findings = examine(self.new, fetch(self.new))
            _refuse_unless_well(findings, source)
            with content.opened(self.new) as connection:
                note = Note(source, content.header(connection).lineage, content.revision(connection))
            sync(self.new)
            draft = self.folder / "note.part"
            draft.write_text(json.dumps(note))
            sync(draft)
            draft.replace(self._note)
            sync(self.folder)
        except BaseException:
            self.clear()
            raise
        return findings

    def clear(self) -> None:
        """Remove the folder, whatever is in it; the note first, as without it there is nothing under way."""
        self._note.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def settle(self) -> list[Snapshot]:
        """End the restore as it stands, and keep as snapshots what was replaced."""
        kept, stage = [], self.stage
        if stage is Stage.STAGED and self.old_log.exists() and not self.file.log_path.exists():
            self.old_log.replace(self.file.log_path)  # the database in place is still the one that it belongs to
        if stage is Stage.SWAPPED and self.old.exists():
            kept.append(keep(self.file, self.old, self.old_log))
        if self.undone.exists() and not self.old.exists():
            self._note.unlink(missing_ok=True)
            if self.old_log.exists():
                self.old_log.replace(self.file.log_path)
            kept.append(keep(self.file, self.undone, self.undone_log))
        self.clear()
        return kept


def _refuse_unless_well(findings: Findings, source: str) -> None:
    if findings.fault:
        raise Refused(os.EX_DATAERR, f"{source} cannot be restored, and nothing was touched: {findings.fault}.")


def keep(file: DataFile, database: Path, log: Path) -> Snapshot:
    """Make a closed database a snapshot, with the log that could not be brought home where there is one."""
    snapshots = file.snapshots
    revision = None
    with suppress(sqlite3.Error), content.opened(database) as connection:
        revision = content.revision(connection)
    kept = snapshots.adopt(database, revision or "unknown")
    if log.exists():
        log.replace(f"{kept.path}-wal")
    snapshots.prune()
    return kept
