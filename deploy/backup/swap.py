"""Put the staged database in the place of the present one, and back.

Each step leaves the old state or the new one, whatever ends the process in between: the one step that counts is a
rename over the old file, which has a second name by then.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from app.copying import sync
from app.datafile import DataFile
from app.engine import plain_engine
from app.problems import ProblemError
from backup import content
from backup.live import alone
from backup.staging import Stage, Staging
from backup.trouble import Refused


def swap(file: DataFile) -> str:
    """Put what is staged in place; give a sentence.

    Raises:
        Refused: Nothing is staged, or the database is in use.
        ProblemError, OSError: The disk does not allow it; the old database is in place.

    """
    staging = Staging(file)
    if staging.stage is not Stage.STAGED:
        raise Refused(os.EX_USAGE, "Nothing is staged: stage a backup first.")
    note = staging.note
    with alone(file):
        if file.exists():
            _set_aside(file, staging.old, staging.old_log)
        _put(file, staging.new, note.lineage)
    return f"{note.source} is in place."


def undo(file: DataFile) -> str:
    """Put the replaced database back; give a sentence. What has taken its place meanwhile is kept as a snapshot.

    Raises:
        Refused: The database is in use.
        ProblemError, OSError: The disk does not allow it.

    """
    staging = Staging(file)
    if staging.stage is Stage.SWAPPED:
        with alone(file):
            if staging.old.exists():
                if file.exists():
                    _set_aside(file, staging.undone, staging.undone_log)
                _put(file, staging.old, _lineage(staging.old))
            else:
                file.seal_path.unlink(missing_ok=True)
                file.path.replace(staging.undone)
                sync(file.path.parent)
    staging.settle()
    return "The old database is in place." if file.exists() else "The volume is empty, as it was."


def _set_aside(file: DataFile, aside: Path, log_aside: Path) -> None:
    """Give the present database a second name; its log goes home, or with it where it is damaged."""
    aside.unlink(missing_ok=True)  # of a swap that was interrupted
    if _bring_log_home(file) and file.log_path.exists():
        raise Refused(
            os.EX_TEMPFAIL,
            f"Another process has {file.path} open, such as the replica or an sqlite3 shell: end it first.",
        )
    if file.path.is_file():
        aside.hardlink_to(file.path)
        sync(aside.parent)
    else:
        file.path.replace(aside)
    with suppress(FileNotFoundError):
        file.log_path.replace(log_aside)
    file.index_path.unlink(missing_ok=True)


def _put(file: DataFile, new: Path, lineage: int | None) -> None:
    """Put a closed database in place. Without a seal, either of the two would be accepted by the service."""
    file.seal_path.unlink(missing_ok=True)
    sync(file.path.parent)
    new.replace(file.path)
    sync(file.path.parent)
    file.record.path.unlink(missing_ok=True)  # what is known of the pages is about the other one
    if lineage is not None:
        file.write_seal(lineage)


def _bring_log_home(file: DataFile) -> bool:
    """Close the present database as its last user would, and tell whether that went: it may be damaged."""
    try:
        with closing(plain_engine(file).raw_connection()) as raw:
            busy, _, _ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except (sqlite3.Error, DatabaseError, ProblemError):
        return False
    return not busy


def _lineage(database: Path) -> int | None:
    try:
        with content.opened(database) as connection:
            return content.header(connection).lineage
    except sqlite3.Error:
        return None
