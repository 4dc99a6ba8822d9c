"""Put the staged database in the place of the present one, and back.

Each step leaves the old state or the new one, whatever ends the process in between: the one step that counts is a
rename over the old file, which has a second name by then.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from app.copying import sync
from app.datafile import DataFile
from app.engine import plain_engine
from app.faults import code_of
from app.problems import Code, ProblemError
from backup import content
from backup.live import alone
from backup.staging import Stage, Staging, holds_anything
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
        staging.give_log_back()
        if not _set_aside(staging, staging.old, staging.old_log):
            staging.keep_seal()
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
            staging.give_log_back()
            _set_aside(staging, staging.undone, staging.undone_log)
            if staging.old.exists():
                _put(file, staging.old, content.lineage(staging.old), staging.old_log)
            else:
                staging.give_seal_back()
                _drop_log(file)
                file.path.unlink(missing_ok=True)
                sync(file.path.parent)
    staging.settle()
    return "The old database is in place." if file.exists() else "The volume is empty, as it was."


def _set_aside(staging: Staging, aside: Path, log_aside: Path) -> bool:
    """Give the present database a second name, so that another one can take the first; tell whether there is one.

    Raises:
        Refused: Another program has it open.
        ProblemError, OSError: The disk does not allow it.

    """
    file = staging.file
    if not holds_anything(file):
        if file.log_path.exists():  # SQLite would throw it away
            file.snapshots.keep_log(file.log_path)
        return False
    staging.put_away(aside, log_aside)  # of a swap that was interrupted
    _bring_log_home(file, log_aside)
    if file.path.is_file():
        aside.hardlink_to(file.path)
        sync(aside.parent)
    else:
        file.path.replace(aside)
    return True


def _bring_log_home(file: DataFile, aside: Path) -> None:
    """Close the present database as its last user would; where it is too damaged, its log gets a second name."""
    try:
        with closing(plain_engine(file).raw_connection()) as raw:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except (sqlite3.Error, DatabaseError, ProblemError) as error:
        if code_of(error) is Code.DB_DISK_FULL:
            raise
        is_in_use = code_of(error) is Code.DB_LOCKED
        if not is_in_use and file.log_path.exists():
            aside.hardlink_to(file.log_path)
            sync(aside.parent)
    else:
        is_in_use = file.log_path.exists()  # the last one to close it would have removed that
    if is_in_use:
        raise Refused(
            os.EX_TEMPFAIL,
            f"Another process has {file.path} open, such as the replica or an sqlite3 shell: end it first.",
        )


def _put(file: DataFile, new: Path, lineage: int | None, log: Path | None = None) -> None:
    """Put a closed database in place, with the log that could not be brought home."""
    if lineage is not None and not holds_anything(file):
        file.write_seal(lineage)  # without one, a new database could be begun there
    else:
        file.seal_path.unlink(missing_ok=True)  # without one, the service accepts either of the two
    file.record.path.unlink(missing_ok=True)  # what is known of the pages is about the other one
    _drop_log(file)
    if new.is_dir():
        file.path.unlink(missing_ok=True)  # a directory does not take the place of a file
    new.replace(file.path)
    if log and log.exists():
        log.replace(file.log_path)
    sync(file.path.parent)
    if lineage is not None:
        file.write_seal(lineage)


def _drop_log(file: DataFile) -> None:
    for path in (file.log_path, file.index_path):
        path.unlink(missing_ok=True)
    sync(file.path.parent)
