"""The life of the sidecar: restore an empty volume, then replicate whatever database the service uses there."""

import _thread
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from app import locks
from app.copying import sync
from app.datafile import DataFile, Files
from app.faults import disk_faults
from app.problems import ProblemError
from backup.status import PORT, serve
from backup.trouble import Refused
from replica.replication import Replication
from replica.settings import Settings
from replica.state import State
from replica.volume import bring_back

log = structlog.stdlib.get_logger(__name__)

FOLDER_MODE = 0o750
LOOK_SECONDS = 0.25
AGAIN_SECONDS = 5.0


def run(file: DataFile, settings: Settings, port: int = PORT) -> None:
    """Replicate until SIGTERM or SIGINT.

    Raises:
        ProblemError: The disk does not allow it.
        OSError: Nothing can listen on the port.

    """
    ended = told_to_end()
    state = State(settings)
    serve(state.as_json, state.unwell, port)
    with _control_folder(file, settings) as folder:
        log.info("started", path=str(file.path), replica=settings.place, sync=bool(settings.sync))
        if _fill(file, settings, state, ended):
            _end_waiting(file, settings)
            state.ready()
        while not ended.is_set():
            with _use(file, ended) as files:
                if files:
                    Replication(file, files, settings, state, folder).run(ended)
            ended.wait(LOOK_SECONDS)
    log.info("stopped")


def told_to_end() -> threading.Event:
    """Give what SIGTERM and SIGINT set; for the main thread.

    They set it on a thread of their own: what they interrupt may be a wait for it, which has its lock for a moment.
    """
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _thread.start_new_thread(ended.set, ()))
    return ended


@contextmanager
def _control_folder(file: DataFile, settings: Settings) -> Iterator[Path]:
    """Make the folder of the control socket; beside the database it tells the service that it must ask there."""
    if settings.sync:
        with disk_faults():
            file.replica_path.mkdir(FOLDER_MODE, exist_ok=True)
            sync(file.replica_path.parent)
        yield file.replica_path
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)


def _fill(file: DataFile, settings: Settings, state: State, ended: threading.Event) -> bool:
    """Restore an empty volume, however long it takes: a new database in its place would hide that all is lost.

    Returns:
        Whether the volume is as it should be before the service starts; it is not where this has `ended` before.

    """
    while not ended.is_set():
        try:
            if bring_back(file, settings, given_up=ended.is_set):
                log.info("an empty volume was restored from the replica", path=str(file.path))
        except (Refused, ProblemError) as error:
            cause = str(Refused.because_of(error))
            if state.failed(cause):
                log.warning("the volume cannot be restored yet, should it be empty", cause=cause)
            # A volume that is mended is looked at before the service, which waits longer, creates a database there.
            ended.wait(AGAIN_SECONDS if isinstance(error, Refused) else LOOK_SECONDS)
        else:
            return True
    return False


def _end_waiting(file: DataFile, settings: Settings) -> None:
    """Leave nothing that the service would wait for in vain."""
    if not settings.sync:
        with disk_faults(), suppress(FileNotFoundError):
            shutil.rmtree(file.replica_path)


@contextmanager
def _use(file: DataFile, ended: threading.Event) -> Iterator[Files | None]:
    """Become a user of the database beside those of the service, who have examined it; `None` where there are none.

    All users of a database use the same files: while this one is there, nobody opens others at its path, and what
    replaces the database waits.
    """
    use = files = None
    with suppress(ProblemError), locks.turn(file.lock_path, given_up=ended.is_set):
        use = locks.Use(file.use_path)
        found = file.files()
        if not use.is_alone and use.record == found.record:
            use.join(found.record)
            files = found
    try:
        yield files
    finally:
        if use:
            use.leave()
