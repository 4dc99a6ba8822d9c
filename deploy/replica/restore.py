"""Bring back what the replica has, of now or of an earlier time."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from app import locks
from app.copying import COPY_MODE, sync
from app.datafile import DataFile
from app.faults import disk_faults
from app.problems import ProblemError
from backup.trouble import Refused
from replica import litestream
from replica.settings import Settings

# How Litestream ends a restore for which it has found nothing.
NOTHING = ("no matching backup files available", "no snapshots available", "timestamp does not exist")
NOT_SOUND = ("integrity check", "checksum", "malformed")
LONGEST_CAUSE = 300


class NoDataError(Refused):
    """The replica has nothing at all."""


def restore(settings: Settings, target: Path, at: datetime | None) -> None:
    """Write what the replica has to a new file, and check all of its pages.

    Args:
        settings: Where the replica is.
        target: Must not exist; whatever fails, nothing is left there.
        at: Up to which time; without one the newest.

    Raises:
        NoDataError: The replica is empty.
        Refused: It has nothing of that time, is damaged or cannot be reached.

    """
    moment = [] if at is None else ["-timestamp", _text(at)]
    done = litestream.run("restore", "-o", str(target), "-integrity-check", "full", *moment, settings.url)
    beside = [Path(f"{target}{suffix}") for suffix in ("-wal", "-shm", "-txid", ".tmp")]
    for path in beside if done.returncode == 0 else [target, *beside]:
        path.unlink(missing_ok=True)
    if done.returncode:
        raise _refusal(settings, at, _cause(done.stderr))


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
        draft = file.path.with_name(f".{file.path.name}.incoming")
        draft.unlink(missing_ok=True)
        with suppress(NoDataError):
            restore(settings, draft, None)
            try:
                _put(draft, file.path)
            except ProblemError as problem:
                raise Refused.because_of(problem) from None
            return True
        return False


def _put(draft: Path, path: Path) -> None:
    with disk_faults():
        draft.chmod(COPY_MODE)
        sync(draft)
        draft.rename(path)
        sync(path.parent)


def _refusal(settings: Settings, at: datetime | None, cause: str) -> Refused:
    if any(words in cause for words in NOTHING):
        times = _times(settings)
        if not times:
            return NoDataError(
                os.EX_DATAERR, f"The replica at {settings.place} holds no data: nothing can be restored."
            )
        first, last = _text(min(times)), _text(max(times))
        wanted = "" if at is None else f" of {_text(at)}"
        return Refused(
            os.EX_DATAERR,
            f"The replica at {settings.place} has nothing{wanted}: it goes from {first} to {last}. "
            "Name a time between these, or none for its newest state.",
        )
    if any(words in cause for words in NOT_SOUND):
        return Refused(
            os.EX_DATAERR,
            f"The replica at {settings.place} is damaged ({cause}): restore a backup, or an earlier time.",
        )
    return Refused(
        os.EX_UNAVAILABLE,
        f"The replica at {settings.place} cannot be read ({cause}): check REPLICA_URL, the keys and the store.",
    )


def _times(settings: Settings) -> list[datetime]:
    """Give when each of its files was written, to the second; none where that cannot be told."""
    done = litestream.run("ltx", "-level", "all", "-json", settings.url)
    with suppress(ValueError, KeyError, TypeError):
        return [datetime.fromisoformat(each["timestamp"]) for each in json.loads(done.stdout)]
    return []


def _cause(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1].removeprefix("Error: ").rstrip(".")[:LONGEST_CAUSE] if lines else "it said nothing"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
