"""A volume and its replica belong together: an empty one is filled from there, and another's replica is left alone."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from app import locks
from app.copying import COPY_MODE, check_room, sync
from app.datafile import DataFile
from app.faults import disk_faults
from app.lookout import FREE_FLOOR_BYTES
from backup import content
from backup.trouble import Refused
from replica import pieces
from replica.restore import NoDataError, restore
from replica.settings import Settings

FOLDER_MODE = 0o750


def bring_back(file: DataFile, settings: Settings, *, given_up: Callable[[], bool]) -> bool:
    """Fill an empty volume from the replica before anybody creates a database there, and tell whether that was done.

    A volume that has held a database is left alone, and so is everything else that lies there: the service tells what
    is wrong with it. Until it is known what the replica has, a note keeps the service from creating a database, also
    after the end of this process.

    Raises:
        Refused: The replica is damaged or cannot be reached, or there is no room.
        ProblemError: The disk does not allow it, or it was given up.

    """
    with locks.turn(file.lock_path, given_up=given_up):
        if file.exists() or file.read_seal() is not None or file.log_bytes():
            _await(file, wanted=False)
            return False
        _await(file, wanted=True)
        draft = _draft(file)
        with suppress(NoDataError):
            restore(settings, draft, None, given_up=given_up)
            _put(draft, file.path)
            _remember(file, settings)
        _await(file, wanted=False)
        return file.exists()


def claim(file: DataFile, settings: Settings, *, given_up: Callable[[], bool]) -> bool:
    """Make sure that the replica is that of this volume's database, or of none, before anything is written there.

    That is known where the newest piece there is from this volume, whatever database it held then. Else what the
    replica has is restored once, and its lineage compared.

    Returns:
        Whether it will be whole as soon as Litestream has caught up; the rest of an emptied one is so only later.

    Raises:
        Refused: It is the replica of another database, is damaged or cannot be reached.
        ProblemError: The disk does not allow it, or it was given up.

    """
    found = pieces.read(settings, given_up=given_up)
    if _is_noted(file, settings) and pieces.are_of(pieces.read(settings, "0", given_up=given_up), file):
        return pieces.are_whole(found)
    if found:
        _compare(file, settings, given_up)
    _remember(file, settings)
    return True


def _compare(file: DataFile, settings: Settings, given_up: Callable[[], bool]) -> None:
    check_room(file.path.parent, file.size() + FREE_FLOOR_BYTES, "a look at what the replica holds")
    draft = _draft(file)
    try:
        restore(settings, draft, None, given_up=given_up)
        found = content.lineage(draft)
    finally:
        draft.unlink(missing_ok=True)
    if found != file.read_seal():
        raise Refused(
            os.EX_DATAERR,
            f"The replica at {settings.place} is that of another database: give this one a place of its own in "
            "REPLICA_URL, or go on with the other one by `make restore FROM=replica`.",
        )


def _is_noted(file: DataFile, settings: Settings) -> bool:
    with disk_faults():
        try:
            return _note(file).read_text() == settings.url
        except FileNotFoundError:
            return False


def _await(file: DataFile, *, wanted: bool) -> None:
    """Leave the note that the volume is to be filled, or take it away."""
    with disk_faults():
        if wanted:
            file.replica_path.mkdir(FOLDER_MODE, exist_ok=True)
            file.awaited_path.touch()
        else:
            file.awaited_path.unlink(missing_ok=True)
            if not file.replica_path.exists():
                return
    sync(file.replica_path)
    sync(file.replica_path.parent)


def _remember(file: DataFile, settings: Settings) -> None:
    """Write down where this volume's replica is, and have Litestream forget any other."""
    memory, note = file.litestream_path, _note(file)
    with disk_faults():
        shutil.rmtree(memory, ignore_errors=True)
        memory.mkdir(FOLDER_MODE, exist_ok=True)
        note.write_text(settings.url)
        sync(note)
        sync(memory)


def _put(draft: Path, path: Path) -> None:
    with disk_faults():
        draft.chmod(COPY_MODE)
        sync(draft)
        draft.rename(path)
        sync(path.parent)


def _draft(file: DataFile) -> Path:
    draft = file.path.with_name(f".{file.path.name}.incoming")
    with disk_faults():
        draft.unlink(missing_ok=True)
    return draft


def _note(file: DataFile) -> Path:
    return file.litestream_path / "place"
