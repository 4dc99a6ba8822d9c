"""The files that a replica consists of: each brings a database from one transaction to another."""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from app.datafile import DataFile
from backup.trouble import Refused
from replica import litestream
from replica.settings import Settings

LIST_SECONDS = 60  # Litestream by itself tries for two minutes to reach a store
FIRST = f"{1:016x}"
LONGEST_CAUSE = 300


class Piece(NamedTuple):
    """One of the files, by its first and its last transaction as Litestream writes them.

    Attributes:
        first: Of the whole database, where it is the first there is.
        last: Sorts by its text.
        size: In bytes.
        at: When it was written, to the second.

    """

    first: str
    last: str
    size: int
    at: datetime


def read(settings: Settings, level: str = "all", *, given_up: Callable[[], bool] = lambda: False) -> list[Piece]:
    """List those of a level: 0 are what the volume has sent, and the others what Litestream has made of them there.

    Raises:
        Refused: The store cannot be reached.
        ProblemError: It was given up.

    """
    try:
        done = litestream.run("ltx", "-level", level, "-json", settings.url, within=LIST_SECONDS, given_up=given_up)
    except subprocess.TimeoutExpired:
        raise unreadable(settings, f"its store has not answered within {LIST_SECONDS} s") from None
    if done.returncode:
        raise unreadable(settings, cause_of(done.stderr))
    try:
        return [
            Piece(each["min_txid"], each["max_txid"], each["size"], datetime.fromisoformat(each["timestamp"]))
            for each in json.loads(done.stdout)
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise unreadable(settings, f"Litestream lists it in words that are not known here: {error!r}") from error


def are_whole(pieces: Sequence[Piece]) -> bool:
    """Tell whether one of them begins with nothing: without such a one, the others are of no use."""
    return any(piece.first == FIRST for piece in pieces)


def are_of(sent: Sequence[Piece], file: DataFile) -> bool:
    """Tell whether the newest of level 0 was sent from this volume, where Litestream keeps that as well."""
    if not sent:
        return False
    newest = max(sent, key=lambda piece: piece.last)
    return _size(file.litestream_path / "ltx" / "0" / f"{newest.first}-{newest.last}.ltx") == newest.size


def unreadable(settings: Settings, cause: str) -> Refused:
    """Say that the replica cannot be read."""
    return Refused(
        os.EX_UNAVAILABLE,
        f"The replica at {settings.place} cannot be read ({cause}): check REPLICA_URL, the keys and the store.",
    )


def cause_of(said: str) -> str:
    """Give the end of what Litestream has said."""
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1].removeprefix("Error: ").rstrip(".")[:LONGEST_CAUSE] if lines else "it said nothing"


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
