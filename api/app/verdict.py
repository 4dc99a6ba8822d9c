"""What the last check of all pages has found: shared by the processes on one volume, in a hidden file of one line."""

import json
import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

import structlog

from app import locks
from app.faults import disk_faults
from app.problems import ProblemError

log = structlog.stdlib.get_logger(__name__)

Stamp = tuple[int, ...]


class Verdict(NamedTuple):
    """One finding.

    Attributes:
        at: When the check ended, in seconds since 1970.
        seconds: How long it took.
        damage: The first thing that is wrong, `None` for a sound database.
        stamp: What the damaged file looked like from outside; `None` when it was in use.

    """

    at: float
    seconds: float
    damage: str | None = None
    stamp: Stamp | None = None

    @property
    def age(self) -> float:
        """Seconds since; negative when the clock was set back."""
        return time.time() - self.at

    @property
    def time(self) -> str:
        """When the check ended, for people and programs."""
        return datetime.fromtimestamp(self.at, UTC).isoformat(timespec="seconds")

    @property
    def line(self) -> str:
        """The same as one line of text."""
        found: dict[str, Any] = {"ok": True} if self.damage is None else {"damage": self.damage, "file": self.stamp}
        return json.dumps({**found, "at": self.time, "seconds": round(self.seconds, 3)}) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """Read the first line of a text, `None` when it is no verdict."""
        try:
            line = json.loads(text.partition("\n")[0])
            at, seconds = datetime.fromisoformat(line["at"]).timestamp(), float(line["seconds"])
            if line.get("ok") is True:
                return cls(at, seconds)
            return cls(at, seconds, str(line["damage"]), tuple(line["file"] or ()) or None)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            return None


class Record:
    """The file that holds the verdict. Without one, or with one that cannot be read, nobody knows how the pages are."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[Stamp, Verdict | None] | None = None
        self._unwritten: Verdict | None = None

    def read(self) -> Verdict | None:
        """Give the verdict; costs a few microseconds as long as it stays the same."""
        written, own = self._read_written(), self._unwritten
        return own if own and (written is None or written.at <= own.at) else written

    def _read_written(self) -> Verdict | None:
        with suppress(OSError):
            found = self.path.stat()
            stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
            if self._seen is None or self._seen[0] != stamp:
                self._seen = stamp, Verdict.from_text(self.path.read_text(errors="replace"))
            return self._seen[1]
        return None

    def write(self, verdict: Verdict | None) -> None:
        """Replace the verdict for all; where the disk does not allow that, it still holds for this process."""
        self._unwritten = None
        text = verdict.line.encode() if verdict else b""
        try:
            descriptor = locks.open_file(self.path)
            try:
                with disk_faults():
                    os.pwrite(descriptor, text, 0)  # in its place, because who checks holds a lock on this very file
                    os.ftruncate(descriptor, len(text))
            finally:
                os.close(descriptor)
        except ProblemError as problem:
            log.warning("the result of the integrity check cannot be kept", cause=problem.cause)
            self._unwritten = verdict
