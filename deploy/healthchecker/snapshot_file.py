"""The file of the snapshot: read with distrust, replaced as a whole, and never written over what is not ours."""

import json
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

APPLICATION = "healthchecker"
VERSION = 1
MOST_BYTES = 8 * 1024 * 1024
MOST_SET_ASIDE = 3


class SnapshotFile:
    """One snapshot on the disk.

    Args:
        path: Where it is; `.new` and `.aside-1`, `.aside-2` … are added to this name.
        target: The URL that the snapshot is about; another target's is not taken.

    """

    def __init__(self, path: Path, target: str) -> None:
        self.path = path
        self._target = target
        self._rejected: str | None = None  # why what stands at the path must still be set aside

    def load(self) -> dict[str, Any]:
        """Give the parts that were saved, or none; what is of no use is set aside."""
        try:
            return parts_of(self._read(), self._target)
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.reject(f"it cannot be read: {error.strerror}")
        except ValueError as error:
            self.reject(str(error))
        return {}

    def reject(self, why: str) -> None:
        """Set the file aside, now or, where the disk does not let it, before the next save."""
        self._rejected = why
        with suppress(OSError):
            self._set_aside()

    def save(self, text: str) -> None:
        """Replace the file, so that whoever reads it finds all of the old text or all of the new one.

        Raises:
            OSError: The disk did not take it; the old file is still there.

        """
        self._set_aside()
        new = self.path.with_name(f"{self.path.name}.new")
        try:
            with new.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        except OSError:
            with suppress(OSError):
                new.unlink()
            raise
        _sync_folder(self.path.parent)

    def _read(self) -> str:
        found = self.path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is not a regular file")
        if found.st_size > MOST_BYTES:
            raise ValueError(f"it is longer than {MOST_BYTES} bytes")
        return self.path.read_text(encoding="utf-8")

    def _set_aside(self) -> None:
        if self._rejected is None:
            return
        name = re.compile(re.escape(self.path.name) + r"\.aside-([0-9]{1,9})")
        numbers = sorted(int(found[1]) for file in self.path.parent.iterdir() if (found := name.fullmatch(file.name)))
        aside = self._aside(max(numbers, default=0) + 1)
        with suppress(FileNotFoundError):
            self.path.rename(aside)
            detail = f"The snapshot is not used, because {self._rejected}. It is kept as {aside.name}."
            structlog.get_logger().warning("snapshot_set_aside", detail=detail)
        self._rejected = None
        for number in numbers[: -(MOST_SET_ASIDE - 1)]:
            with suppress(OSError):
                self._aside(number).unlink()

    def _aside(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.aside-{number}")


def envelope(parts: dict[str, Any], target: str) -> str:
    """Give the text of a snapshot."""
    head = {"application": APPLICATION, "version": VERSION, "target": target}
    return json.dumps({**head, "parts": parts}, separators=(",", ":"), allow_nan=False)


def parts_of(text: str, target: str) -> dict[str, Any]:
    """Give the parts of the text of a snapshot.

    Raises:
        ValueError: It is torn, foreign, from a newer version, or about another target; it says which.

    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is torn, or no JSON at all") from None
    if not isinstance(data, dict) or data.get("application") != APPLICATION:
        raise ValueError("another application wrote it")
    version = data.get("version")
    if isinstance(version, int) and version > VERSION:
        raise ValueError("a newer version of the healthchecker wrote it")
    if data.get("target") != target:
        raise ValueError("it is about another target")
    parts = data.get("parts")
    if version != VERSION or not isinstance(parts, dict):
        raise ValueError("it is not in the form that the healthchecker writes")
    return parts


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
