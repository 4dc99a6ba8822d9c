"""Bring back what the replica has, of now or of an earlier time."""

import json
import os
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from backup.trouble import Refused
from replica import litestream
from replica.settings import Settings

LIST_SECONDS = 15  # Litestream by itself tries for two minutes to reach a store
NO_SUCH_TIME = ("timestamp does not exist", "no matching backup files available", "no snapshots available")
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
    times = _times(settings)
    if not times:
        raise NoDataError(os.EX_DATAERR, f"The replica at {settings.place} holds no data: nothing can be restored.")
    moment = [] if at is None else ["-timestamp", _text(at)]
    done = litestream.run("restore", "-o", str(target), "-integrity-check", "full", *moment, settings.url)
    beside = [Path(f"{target}{suffix}") for suffix in ("-wal", "-shm", "-txid", ".tmp")]
    for path in beside if done.returncode == 0 else [target, *beside]:
        path.unlink(missing_ok=True)
    if done.returncode == 0:
        return
    cause = _cause(done.stderr)
    if at is not None and any(words in cause for words in NO_SUCH_TIME):
        raise Refused(
            os.EX_DATAERR,
            f"The replica at {settings.place} has nothing of {_text(at)}: it goes from {_text(min(times))} to "
            f"{_text(max(times))}. Name a time between these, or none for its newest state.",
        )
    if any(words in cause for words in NOT_SOUND):
        raise Refused(
            os.EX_DATAERR,
            f"The replica at {settings.place} is damaged ({cause}): restore an earlier time, or a backup.",
        )
    raise _unreadable(settings, cause)


def _times(settings: Settings) -> list[datetime]:
    """Give when each of its files was written, to the second.

    Raises:
        Refused: The store cannot be reached.

    """
    try:
        done = litestream.run("ltx", "-level", "all", "-json", settings.url, within=LIST_SECONDS)
    except subprocess.TimeoutExpired:
        raise _unreadable(settings, f"its store has not answered within {LIST_SECONDS} s") from None
    if done.returncode:
        raise _unreadable(settings, _cause(done.stderr))
    with suppress(ValueError, KeyError, TypeError):
        return [datetime.fromisoformat(each["timestamp"]) for each in json.loads(done.stdout)]
    return []


def _unreadable(settings: Settings, cause: str) -> Refused:
    return Refused(
        os.EX_UNAVAILABLE,
        f"The replica at {settings.place} cannot be read ({cause}): check REPLICA_URL, the keys and the store.",
    )


def _cause(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1].removeprefix("Error: ").rstrip(".")[:LONGEST_CAUSE] if lines else "it said nothing"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
