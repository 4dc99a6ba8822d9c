"""Asks Litestream again and again how far the replica is."""

import http.client
import threading
import time
from contextlib import closing
from pathlib import Path

import structlog

from app.control import Control, Position
from replica.settings import Settings
from replica.state import State

log = structlog.stdlib.get_logger(__name__)

ASK_SECONDS = 60  # the first sync of a large database
LOOK_SECONDS = 0.1
START_SECONDS = 2.0  # until a Litestream that does not answer is worth a word
HURRY_SECONDS = 10.0
HURRY_INTERVAL_SECONDS = 1.0


class Pulse:
    """For a thread beside one Litestream: tells the state when the replica has caught up.

    After a failure Litestream itself tries again later and later, in the end each five minutes. So a replica that lags
    is hurried: Litestream is asked to bring it up to date at once. As that may cost it its hold on the log, it is to be
    replaced afterwards.

    Attributes:
        has_hurried: Whether that was done, with success.
        has_caught_up: Set once the replica had all that the database had.

    """

    def __init__(self, database: Path, settings: Settings, state: State, folder: Path) -> None:
        self.has_hurried = False
        self.has_caught_up = threading.Event()
        self._database = database
        self._settings = settings
        self._state = state
        self._folder = folder

    def run(self, over: threading.Event) -> None:
        """Ask until it is over."""
        began = hurried_at = time.monotonic()
        wanted: tuple[Position, float] | None = None
        with closing(Control(self._folder, seconds=ASK_SECONDS)) as control:
            while not over.is_set():
                try:
                    at = self._state.now()
                    position = control.position(self._database)
                    wanted = wanted or (position, at)
                    if position.replicated >= wanted[0].taken > 0:
                        self._state.equal(wanted[1])
                        self.has_caught_up.set()
                        wanted = None
                    elif at - wanted[1] > HURRY_SECONDS and time.monotonic() - hurried_at > HURRY_INTERVAL_SECONDS:
                        hurried_at = time.monotonic()
                        control.hurry(self._database)
                        log.warning("the replica was brought up to date, and litestream begins anew")
                        self.has_hurried = True
                    over.wait(self._settings.sync_interval)
                except (OSError, http.client.HTTPException) as error:
                    control.close()
                    if time.monotonic() - began > START_SECONDS and not over.is_set():
                        self._state.failed(f"The replica cannot be brought up to date: {error}.")
                    over.wait(LOOK_SECONDS)
