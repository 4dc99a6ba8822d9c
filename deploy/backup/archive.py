"""The form of a backup: one zip file, which any system can open, with the database and its manifest."""

import errno
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from backup.manifest import Manifest
from backup.trouble import Refused

DATABASE, MANIFEST = "api.db", "manifest.json"
NAME = "api-%Y%m%dT%H%M%SZ.zip"
LEVEL = 1  # twice as fast as the usual 6, and some percent larger
MODE = 0o640
LONGEST_MANIFEST = 1024 * 1024
CHUNK = 1024 * 1024
# What the libraries raise for an archive that is damaged, encrypted, or none at all, and for a manifest that is none.
BROKEN = (ValueError, KeyError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OverflowError)


def name_of(at: datetime) -> str:
    """Give the name of a backup of that time."""
    return at.strftime(NAME)


def time_of(name: str) -> datetime | None:
    """Give the time in a backup's name, `None` where it is not one."""
    try:
        return datetime.strptime(name, NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def write(database: Path, manifest: Manifest, target: Path) -> None:
    """Write an archive, and read it again: what cannot be unpacked is no backup.

    Raises:
        OSError: The disk does not allow it.
        Refused: What was written cannot be read back.

    """
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as packed:
        packed.writestr(MANIFEST, manifest.text)
        packed.write(database, DATABASE)
    target.chmod(MODE)
    try:
        with zipfile.ZipFile(target) as packed:
            bad = packed.testzip()
    except BROKEN as error:
        bad = str(error)
    if bad:
        raise Refused(os.EX_CANTCREAT, f"The archive could not be read back ({bad}): check the disk of the backups.")


def manifest_of(file: Path | IO[bytes], name: str) -> Manifest:
    """Read the manifest alone.

    Raises:
        Refused: It is no backup.

    """
    try:
        with zipfile.ZipFile(file) as packed:
            return _manifest_in(packed)
    except (OSError, *BROKEN) as error:
        raise _no_backup(name, error) from error


def unpack(file: Path | IO[bytes], name: str, target: Path, check_room: Callable[[int], None]) -> Manifest:
    """Unpack the database to `target`, which must not exist, and give the manifest.

    Args:
        file: The archive.
        name: What it is called, for the sentence.
        target: Where the database goes.
        check_room: Asked with the number of bytes before anything is written.

    Raises:
        Refused: It is no backup, or a damaged one.
        OSError: The disk does not allow it.

    """
    try:
        with zipfile.ZipFile(file) as packed:
            manifest, member = _manifest_in(packed), packed.getinfo(DATABASE)
            check_room(member.file_size)
            with packed.open(member) as source, target.open("xb") as unpacked:
                target.chmod(MODE)
                shutil.copyfileobj(source, unpacked, CHUNK)
                unpacked.flush()
                os.fsync(unpacked.fileno())
            return manifest
    except BROKEN as error:
        raise _no_backup(name, error) from error
    except OSError as error:
        if error.errno == errno.EINVAL:  # what it says of itself leads to no place of a file
            raise _no_backup(name, error) from error
        raise


def _manifest_in(packed: zipfile.ZipFile) -> Manifest:
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in packed.infolist()):
        raise ValueError("it is compressed in another way")
    if packed.getinfo(MANIFEST).file_size > LONGEST_MANIFEST:
        raise ValueError("its manifest is too long")
    return Manifest.from_text(packed.read(MANIFEST))


def _no_backup(name: str, error: Exception) -> Refused:
    told = " ".join(str(error).split()).strip("'\"") or type(error).__name__
    return Refused(os.EX_DATAERR, f"{name} is not a whole backup of this service ({told}): name another one.")
