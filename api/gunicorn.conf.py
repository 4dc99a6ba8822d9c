"""The server's settings. `python -m app` is what starts it, after a look at the environment."""

import gc
import os

from gunicorn.arbiter import Arbiter

from app import endings, logs, main, places
from app.worker import Worker

# What is imported here, in the master, is there in every worker: they start at once, and share the memory of it.
wsgi_app = f"{main.__name__}:{main.create_app.__name__}()"
worker_class = Worker
bind = "0.0.0.0:8000"
if "WEB_CONCURRENCY" not in os.environ:
    # As many as a small machine has cores: each keeps one busy, and while one is stuck or replaced the other answers.
    # More add nothing to writes, which take turns, and little to reads before there are more cores.
    workers = 2

# A worker that does not come back to its loop for this long is replaced.
timeout = 30
# Requests under way may finish within this, and the container's stop_grace_period is longer.
graceful_timeout = 20
keepalive = 5

# The root file system is read-only: the workers' heartbeat lives in shared memory, and there is no control socket.
worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True

# Each worker opens the database for itself: an SQLite connection must not be carried across a fork.
preload_app = False

logconfig_dict = logs.configure()


def on_starting(_arbiter: Arbiter) -> None:
    """See to it that the master is without what ends it for no longer than a fork takes."""
    endings.release_after_fork()


def when_ready(arbiter: Arbiter) -> None:
    """Leave what is there before the fork alone: a garbage collection in a worker would copy it."""
    if not places.is_shared():
        arbiter.log.warning("each worker counts for itself: give the server some MiB of /dev/shm (shm_size)")
    gc.freeze()
    gc.enable()


def pre_fork(arbiter: Arbiter, worker: Worker) -> None:
    """Give a worker the place in which it counts, and keep for it what may end it before it can listen to that."""
    worker.place = places.free_place(other.place for other in arbiter.WORKERS.values())
    endings.hold()


def post_fork(_arbiter: Arbiter, worker: Worker) -> None:
    """Take that place."""
    places.take(worker.place)


def child_exit(_arbiter: Arbiter, worker: Worker) -> None:
    """Do what gunicorn's master does when a worker has ended."""
    Worker.forget(worker)
    places.leave(worker.place)


def on_exit(_arbiter: Arbiter) -> None:
    """Leave nothing behind."""
    places.remove_folder()
