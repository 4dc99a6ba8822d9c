"""A volume and its replica belong together: an empty one is filled from there, and another's replica is left alone."""

import os
import shutil
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from app import locks
from app.copying import COPY_MODE, sync
from app.datafile import DataFile
from app.faults import disk_faults
from app.problems import ProblemError
from backup.trouble import Refused
from replica.restore import NoDataError, restore
from replica.settings import Settings

LINEAGE_AT = 60  # of the file's header: `user_version`; see sqlite.org/fileformat.html#user_version_number


def bring_back(file: DataFile, settings: Settings, *, given_up: Callable[[], bool]) -> bool:
    """Fill an empty volume from the replica before anybody creates a database there, and tell whether that was done.

    A volume that has held a database is left alone, and so is everything else that lies there: the service tells what
    is wrong with it.

    Raises:
        Refused: The replica is damaged or cannot be reached, or the disk does not allow it.
        ProblemError: The volume cannot be looked at, or it was given up.

    """
    with locks.turn(file.lock_path, given_up=given_up):
        if file.exists() or file.read_seal() is not None or file.log_bytes():
            return False
        draft = _draft(file)
        with suppress(NoDataError):
            restore(settings, draft, None)
            try:
                _put(draft, file.path)
                _remember(file, settings)
            except ProblemError as problem:
                raise Refused.because_of(problem) from None
            return True
        return False


def claim(file: DataFile, settings: Settings) -> None:
    """Make sure that the replica is that of this volume's database, or of none, before anything is written there.

    That is known where this volume has replicated to this place before, whatever database it held then. Else what the
    replica has is restored once, and its lineage compared.

    Raises:
        Refused: It is the replica of another database, is damaged or cannot be reached.
        ProblemError: The disk does not allow it.

    """
    with disk_faults(), suppress(FileNotFoundError):
        if _note(file).read_text() == settings.url:
            return
    draft = _draft(file)
    with suppress(NoDataError):
        restore(settings, draft, None)
        try:
            found = _lineage(draft)
        finally:
            draft.unlink()
        if found != file.read_seal():
            raise Refused(
                os.EX_DATAERR,
                f"The replica at {settings.place} is that of another database: give this one a place of its own in "
                "REPLICA_URL, or empty that one.",
            )
    _remember(file, settings)


def _remember(file: DataFile, settings: Settings) -> None:
    """Write down where this volume's replica is, and have Litestream forget any other."""
    memory, note = file.litestream_path, _note(file)
    with disk_faults():
        shutil.rmtree(memory, ignore_errors=True)
        memory.mkdir(0o750, exist_ok=True)
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


def _lineage(database: Path) -> int:
    """Read the lineage of a database that nobody has open."""
    with disk_faults(), database.open("rb") as opened:
        opened.seek(LINEAGE_AT)
        (lineage,) = struct.unpack(">i", opened.read(4))
        return int(lineage)
