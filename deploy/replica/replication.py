"""One Litestream after the other, on the files of one database."""

import os
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import structlog

from app.control import SOCKET
from app.copying import check_room
from app.datafile import DataFile, Files
from app.engine import plain_engine
from app.hold import Hold
from app.locks import Queue
from app.lookout import FREE_FLOOR_BYTES
from app.problems import ProblemError
from backup.trouble import Refused
from replica import litestream
from replica.beside import beside
from replica.pulse import Pulse
from replica.settings import Settings
from replica.state import State
from replica.volume import claim
from replica.watch import Watch

log = structlog.stdlib.get_logger(__name__)

SHARED = (
    "Somebody else writes to the replica at {}, such as the stack that this one was restored from: end one of the two, "
    "and restart the service replica of the other one."
)
LOOK_SECONDS = 0.1
CLAIM_SECONDS = 5.0
PAUSE_SECONDS = 5.0
REST_SECONDS = 60.0
AGAIN_SECONDS = 1.0  # after Litestream has ended by itself
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
        self._hold = Hold(file)
        self._let_in_at = float("-inf")
        self._is_whole = True
        self._is_shared = False

    def run(self, ended: threading.Event) -> None:
        """Replicate until the end, or until the files are others."""
        self._state.begin()
        try:
            while not ended.is_set() and self._is_unchanged():
                if not self._claim(ended):
                    ended.wait(CLAIM_SECONDS)
                elif self._begin_log_anew():
                    self._run_once(ended)
                else:
                    ended.wait(LOOK_SECONDS)
        finally:
            self._state.end()

    def _claim(self, ended: threading.Event) -> bool:
        """Tell whether the replica may be written to, and whether there is room for the first copy."""
        try:
            self._make_sure(ended)
        except (Refused, ProblemError) as error:
            cause = str(Refused.because_of(error))
            if self._state.failed(cause):
                log.warning("the replica cannot be used", cause=cause)
            return False
        return True

    def _make_sure(self, ended: threading.Event) -> None:
        if self._is_shared:
            raise Refused(os.EX_UNAVAILABLE, SHARED.format(self._settings.place))
        self._is_whole = claim(self._file, self._settings, given_up=ended.is_set)
        needed = self._file.size() + self._file.log_bytes() + FREE_FLOOR_BYTES
        check_room(self._file.path.parent, needed, "the copy that Litestream begins with")

    def _begin_log_anew(self) -> bool:
        """Bring the log home and cut it to nothing, so that Litestream begins with the whole database; tell whether so.

        While no Litestream was there the log may have been begun anew by anybody. Litestream does not notice where the
        end of what it knows is still in the file, and goes on with a hole (tried: rows were missing in the replica).
        """
        try:
            engine = plain_engine(self._file)
            with closing(Queue(self._file.queue_path)) as queue, queue, closing(engine.raw_connection()) as raw:
                busy, _, _ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except (sqlite3.Error, ProblemError) as error:
            self._state.failed(f"The log cannot be begun anew: {error}.")
            return False
        if busy:
            self._state.failed("A reader is in the way of beginning the log anew, such as an open sqlite3 shell.")
        return not busy

    def _run_once(self, ended: threading.Event) -> None:
        process = litestream.replicate(self._file, self._settings, self._folder)
        pulse = Pulse(self._file.path, self._settings, self._state, self._folder)
        watch = Watch(self._file, self._settings, pulse.has_caught_up, is_whole=self._is_whole)
        try:
            with beside(pulse.run), beside(watch.run):
                while process.poll() is None and self._is_unchanged() and not (watch.is_lost or watch.is_shared):
                    if pulse.has_hurried or self._must_let_in() or ended.wait(LOOK_SECONDS):
                        break
            self._is_shared = watch.is_shared
            if watch.is_lost:
                log.error("the replica has lost its beginning, and is begun anew", place=self._settings.place)
            if (code := process.poll()) is not None:
                log.error("litestream has ended", code=code)
                self._state.failed(f"Litestream ended by itself with code {code}, and is started again.")
                ended.wait(AGAIN_SECONDS)
        finally:
            self._stop(process)
        if self._must_let_in():
            self._let_in(ended)

    def _must_let_in(self) -> bool:
        is_due = time.monotonic() - self._let_in_at > REST_SECONDS  # each costs a whole database at the replica
        return is_due and self._hold.is_asked_for()

    def _let_in(self, ended: threading.Event) -> None:
        """Leave the log for a moment to a process that must begin it anew, after an error of the disk."""
        log.warning("litestream pauses, as the service must begin the log anew")
        self._let_in_at = time.monotonic()
        while self._hold.is_asked_for() and time.monotonic() - self._let_in_at < PAUSE_SECONDS:
            ended.wait(LOOK_SECONDS)
        self._hold.give_back()

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
