"""Where a database to restore can come from."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

from app.copying import check_room
from app.datafile import DataFile
from app.lookout import FREE_FLOOR_BYTES
from backup import archive
from backup.folder import Folder
from backup.manifest import Manifest
from backup.staging import Fetch
from backup.trouble import Refused
from backup.verify import spool


def archive_at(path: Path, file: DataFile) -> Fetch:
    """Restore from a backup in its folder."""
    return partial(_unpack, path, path.name, _room(file))


def archive_from(stream: IO[bytes], file: DataFile, folder: Folder) -> Fetch:
    """Restore from a backup that comes from a pipe, by way of the folder of the backups: the volume is in use."""

    def fetch(target: Path) -> Manifest:
        with folder.work() as work:
            return _unpack(spool(stream, work / "archive.zip"), "The given file", _room(file), target)

    return fetch


def snapshot(file: DataFile, name: str) -> tuple[str, Fetch]:
    """Restore from a snapshot beside the database.

    Raises:
        Refused: There is none of that name.

    """
    path = next((each.path for each in file.snapshots.all() if each.path.name == name), None)
    if path is None:
        raise Refused(os.EX_NOINPUT, f"There is no snapshot {name!r}: `make rollback LIST=1` lists them.")

    def fetch(target: Path) -> None:
        log = Path(f"{path}-wal")  # that of a database which was replaced, where it could not be brought home
        log_bytes = log.stat().st_size if log.exists() else 0
        _room(file)(path.stat().st_size + 2 * log_bytes)
        shutil.copyfile(path, target)
        if log_bytes:
            shutil.copyfile(log, f"{target}-wal")
            _bring_log_home(target, path.name)

    return f"Snapshot {path.name}", fetch


def replica(at: datetime | None) -> Fetch:
    """Restore what the replica has, of now or of a time."""
    from replica.restore import restore  # noqa: PLC0415 - only its own image has it
    from replica.settings import read_settings  # noqa: PLC0415 - the same

    settings = read_settings()
    return lambda target: restore(settings, target, at)


def _bring_log_home(database: Path, name: str) -> None:
    try:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        raise Refused(os.EX_DATAERR, f"Snapshot {name} cannot be restored with its log: {error}.") from error


def _unpack(path: Path, name: str, room: Callable[[int], None], target: Path) -> Manifest:
    return archive.unpack(path, name, target, room)


def _room(file: DataFile) -> Callable[[int], None]:
    def check(needed: int) -> None:
        check_room(file.path.parent, needed + FREE_FLOOR_BYTES, "the restored database, beside the present one,")

    return check
