"""The server's own settings, with a first worker that is told to end before it listens to that."""

import os
import runpy
import signal
from pathlib import Path

from gunicorn.arbiter import Arbiter

from app.worker import Worker

SETTINGS = runpy.run_path(str(Path("gunicorn.conf.py").resolve()))
globals().update(SETTINGS)


def post_fork(arbiter: Arbiter, worker: Worker) -> None:
    """Send the signal where gunicorn has not replaced the master's handlers yet."""
    SETTINGS["post_fork"](arbiter, worker)
    if worker.age == 1:
        arbiter.log.info("told to end while it is born: %s", worker.pid)
        os.kill(worker.pid, signal.SIGTERM)
