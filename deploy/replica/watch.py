"""Looks again and again whether the replica is still what was brought there."""

import threading
from contextlib import suppress

from app.datafile import DataFile
from app.problems import ProblemError
from backup.trouble import Refused
from replica import pieces
from replica.settings import Settings

LOOK_SECONDS = {"file": 5.0, "s3": 60.0}  # a store has its price
LOOKS = 60


class Watch:
    """For a thread beside one Litestream, which itself does not look at what others do to its place.

    Args:
        file: The database.
        settings: Where the replica is.
        begun: Set once the replica has been equal to the database.
        is_whole: Whether the replica is whole by then; else Litestream gets `LOOKS` to bring a whole copy there.

    Attributes:
        is_lost: Whether the replica has lost its beginning, and so all its worth.
        is_shared: Whether somebody else has written there.

    """

    def __init__(self, file: DataFile, settings: Settings, begun: threading.Event, *, is_whole: bool) -> None:
        self.is_lost = self.is_shared = False
        self._file = file
        self._settings = settings
        self._begun = begun
        self._patience = 1 if is_whole else LOOKS

    def run(self, over: threading.Event) -> None:
        """Look until it is over, or something is wrong."""
        while not (self.is_lost or self.is_shared or over.wait(LOOK_SECONDS[self._settings.kind])):
            if self._begun.is_set():
                with suppress(Refused, ProblemError):  # that the store cannot be reached is told by the lag
                    self._look(over)

    def _look(self, over: threading.Event) -> None:
        sent = pieces.read(self._settings, "0", given_up=over.is_set)
        self.is_shared = bool(sent) and not pieces.are_of(sent, self._file)
        is_whole = pieces.are_whole(pieces.read(self._settings, given_up=over.is_set))
        self._patience = 1 if is_whole else self._patience - 1
        self.is_lost = self._patience == 0
