"""The server, and the gate: gunicorn's master runs this before it forks, and stops here if the setting is wrong."""

import os
import sys

from app import logs
from app.settings import ConfigurationError, get_settings

try:
    get_settings()
except ConfigurationError as error:
    print(f"configuration error: {error}", file=sys.stderr)  # noqa: T201 - the one line the operator reads
    raise SystemExit(os.EX_CONFIG) from None

wsgi_app = "app.main:create_app()"
worker_class = "app.worker.Worker"
bind = "0.0.0.0:8000"
if "WEB_CONCURRENCY" not in os.environ:
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
