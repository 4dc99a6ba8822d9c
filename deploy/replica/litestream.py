"""Litestream's program: how it is called, and what it is told."""

import json
import math
import os
import subprocess
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

from app.control import SOCKET
from app.datafile import DataFile
from app.problems import Code, ProblemError
from replica.settings import Settings

PROGRAM = Path(sysconfig.get_path("scripts"), "litestream")
SNAPSHOT_HOURS = 24
RETENTION_HOURS = 7 * 24  # of snapshots, and so of the times that one can go back to
SYNC_MILLISECONDS = 5
LOOK_SECONDS = 0.25
SHUTDOWN_SECONDS = 10  # for a last sync


def environment() -> dict[str, str]:
    """Give the variables that it runs with: it cannot reach a store when `AWS_CA_BUNDLE` is set."""
    return {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}


def configuration(file: DataFile, settings: Settings) -> str:
    """Give its configuration; its socket is in the directory that it is started in."""
    # The database is looked at in intervals, and whenever somebody asks; what is taken in then is brought to the store
    # at once where a caller waits for it.
    interval = f"{settings.sync_interval:g}s"
    ship_interval = f"{SYNC_MILLISECONDS}ms" if settings.sync else interval
    return json.dumps(
        {
            "logging": {"type": "json", "level": "info"},
            "socket": {"enabled": True, "path": SOCKET, "permissions": 0o600},
            "shutdown-sync-timeout": f"{SHUTDOWN_SECONDS}s",
            "snapshot": {"interval": f"{SNAPSHOT_HOURS}h", "retention": f"{RETENTION_HOURS}h"},
            "dbs": [
                {
                    "path": str(file.path),
                    "meta-path": str(file.litestream_path),
                    "monitor-interval": interval,
                    "replica": {"url": settings.url, "sync-interval": ship_interval},
                }
            ],
        }
    )


def replicate(file: DataFile, settings: Settings, folder: Path) -> subprocess.Popen[bytes]:
    """Start it as the replicating service, with its control socket in `folder`."""
    # The variables of the configuration are not expanded: a path may contain a dollar sign.
    command = [str(PROGRAM), "replicate", "-no-expand-env", "-config", "/dev/stdin"]
    process = subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=folder, env=environment(), stdin=subprocess.PIPE
    )
    assert process.stdin  # noqa: S101 - narrows the type
    with process.stdin as configured:
        configured.write(configuration(file, settings).encode())
    return process


def run(
    *arguments: str, within: float = math.inf, given_up: Callable[[], bool] = lambda: False
) -> subprocess.CompletedProcess[str]:
    """Run one of its commands that end by themselves, and give what it said.

    Raises:
        subprocess.TimeoutExpired: It took longer than it may.
        ProblemError: It was given up.

    """
    command = [str(PROGRAM), *arguments]
    until = time.monotonic() + within
    with subprocess.Popen(  # noqa: S603 - as above
        command,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            while not given_up():
                try:
                    out, err = process.communicate(timeout=LOOK_SECONDS)
                    return subprocess.CompletedProcess(command, process.returncode, out, err)
                except subprocess.TimeoutExpired:
                    if time.monotonic() > until:
                        raise
        finally:
            process.kill()  # unless it has ended
    raise ProblemError(Code.DRAINING)
