"""Looks again and again whether the replica is still what was brought there."""

import threading

from app.datafile import DataFile
from app.problems import ProblemError
from backup.trouble import Refused
from replica import pieces
from replica.settings import Settings

LOOK_SECONDS = {"file": 5.0, "s3": 60.0}  # a store has its price
LOOKS = 3


class Watch:
    """For a thread beside one Litestream, which itself does not look at what others do to its place.

    Args:
        file: The database.
        settings: Where the replica is.
        begun: Set once the replica has been equal to the database.

    Attributes:
        is_lost: Whether the replica has lost its beginning, and so all its worth.
        is_shared: Whether somebody else has written there.

    """

    def __init__(self, file: DataFile, settings: Settings, begun: threading.Event) -> None:
        self.is_lost = self.is_shared = False
        self._file = file
        self._settings = settings
        self._begun = begun

    def run(self, over: threading.Event) -> None:
        """Look until it is over, or something is wrong."""
        patience = LOOKS  # with the rest of an emptied replica, until Litestream has brought its first whole copy there
        while not over.wait(LOOK_SECONDS[self._settings.kind]):
            if not self._begun.is_set():
                continue
            try:
                found = pieces.read(self._settings, given_up=over.is_set)
            except (Refused, ProblemError):
                continue  # that the store cannot be reached is told by the lag
            patience = 1 if pieces.are_whole(found) else patience - 1
            self.is_lost = patience == 0
            self.is_shared = bool(found) and not pieces.are_of(found, self._file)
            if self.is_lost or self.is_shared:
                return
