"""One Litestream after the other, on the files of one database."""

import http.client
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import structlog

from app.datafile import DataFile, Files
from app.problems import ProblemError
from app.replica import SOCKET, Control
from replica import litestream
from replica.settings import Settings
from replica.state import State

log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS = 0.1
AGAIN_SECONDS = 1.0  # after Litestream has ended by itself
SYNC_SECONDS = 60  # the first sync of a large database
STOP_SECONDS = litestream.SHUTDOWN_SECONDS + 5


class Replication:
    """Keeps Litestream running while the files of the database are those that it was started on.

    Litestream has the files open and knows of no others: on another database at the same path it would mix the two.

    Args:
        file: The database.
        files: Its files, which this process uses.
        settings: Where the replica is.
        state: Told how it goes.
        folder: For the control socket.

    """

    def __init__(self, file: DataFile, files: Files, settings: Settings, state: State, folder: Path) -> None:
        self._file = file
        self._files = files
        self._settings = settings
        self._state = state
        self._folder = folder

    def run(self, ended: threading.Event) -> None:
        """Replicate until the end, or until the files are others."""
        self._state.begin()
        try:
            while not ended.is_set() and self._is_unchanged():
                self._run_once(ended)
        finally:
            self._state.end()

    def _run_once(self, ended: threading.Event) -> None:
        process = litestream.replicate(self._file, self._settings, self._folder)
        over = threading.Event()
        syncing = threading.Thread(target=self._sync, args=(over,), name="syncing", daemon=True)
        syncing.start()
        try:
            while process.poll() is None and not ended.is_set() and self._is_unchanged():
                ended.wait(LOOK_SECONDS)
            if (code := process.poll()) is not None:
                log.error("litestream has ended", code=code)
                self._state.failed(f"Litestream ended by itself with code {code}, and is started again.")
                ended.wait(AGAIN_SECONDS)
        finally:
            over.set()
            self._stop(process)
            syncing.join()

    def _sync(self, over: threading.Event) -> None:
        """Sync again and again, as that tells for certain whether all is there."""
        control = Control(self._folder, seconds=SYNC_SECONDS)
        began = time.monotonic()
        with closing(control):
            while not over.is_set():
                at = self._state.now()
                try:
                    control.sync(self._file.path)
                    self._state.equal(at)
                    over.wait(self._settings.sync_interval)
                except (OSError, http.client.HTTPException) as error:
                    control.close()
                    if time.monotonic() - began > AGAIN_SECONDS and not over.is_set():
                        self._state.failed(f"The replica cannot be synced: {error}.")
                    over.wait(LOOK_SECONDS)

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        """End Litestream: with a last sync, or at once where its files are no longer those of the database."""
        try:
            if self._is_unchanged():
                process.terminate()
                process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("litestream does not end", seconds=STOP_SECONDS)
        finally:
            process.kill()
            process.wait()
            (self._folder / SOCKET).unlink(missing_ok=True)

    def _is_unchanged(self) -> bool:
        try:
            return self._file.files() == self._files
        except ProblemError:
            return False
