"""Bring back what the replica has, of now or of an earlier time."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from backup.trouble import Refused
from replica import litestream, pieces
from replica.settings import Settings

NO_SUCH_TIME = ("timestamp does not exist", "no matching backup files available", "no snapshots available")
NOT_SOUND = ("integrity check", "checksum", "malformed")
NO_ROOM = "no space left"


class NoDataError(Refused):
    """The replica has nothing at all."""


def restore(
    settings: Settings, target: Path, at: datetime | None, *, given_up: Callable[[], bool] = lambda: False
) -> None:
    """Write what the replica has to a new file, and check all of its pages.

    Args:
        settings: Where the replica is.
        target: Must not exist; whatever fails, nothing is left there.
        at: Up to which time; without one the newest.
        given_up: Asked again and again; once true, it ends.

    Raises:
        NoDataError: The replica is empty.
        Refused: It has nothing of that time, is damaged or cannot be reached, or there is no room.
        ProblemError: It was given up.

    """
    found = pieces.read(settings, given_up=given_up)
    if not found:
        raise NoDataError(os.EX_DATAERR, f"The replica at {settings.place} holds no data: nothing can be restored.")
    if not pieces.are_whole(found):
        raise Refused(
            os.EX_DATAERR, f"The replica at {settings.place} lacks its beginning: restore a backup, with FROM=latest."
        )
    moment = [] if at is None else ["-timestamp", _text(at)]
    beside = [Path(f"{target}{suffix}") for suffix in ("-wal", "-shm", "-txid", ".tmp")]
    leftovers = [target, *beside]
    try:
        done = litestream.run(
            "restore", "-o", str(target), "-integrity-check", "full", *moment, settings.url, given_up=given_up
        )
        leftovers = leftovers if done.returncode else beside
    finally:
        for path in leftovers:
            path.unlink(missing_ok=True)
    if done.returncode:
        raise _refusal(settings, pieces.cause_of(done.stderr), at, [piece.at for piece in found], target)


def _refusal(settings: Settings, cause: str, at: datetime | None, times: list[datetime], target: Path) -> Refused:
    if at is not None and any(words in cause for words in NO_SUCH_TIME):
        return Refused(
            os.EX_DATAERR,
            f"The replica at {settings.place} has nothing of {_text(at)}: it goes from {_text(min(times))} to "
            f"{_text(max(times))}. Name a time between these, or none for its newest state.",
        )
    if any(words in cause for words in NOT_SOUND):
        return Refused(
            os.EX_DATAERR,
            f"The replica at {settings.place} is damaged ({cause}): restore an earlier time, or a backup.",
        )
    if NO_ROOM in cause:
        return Refused(
            os.EX_CANTCREAT,
            f"The volume of {target.parent} has no room for the database of the replica: free some, or enlarge it.",
        )
    return pieces.unreadable(settings, cause)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
