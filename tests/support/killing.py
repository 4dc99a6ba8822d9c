"""A server of which all processes are killed at once, as by a machine that runs out of memory."""

import os
import re
import shutil
import signal
from pathlib import Path

from support.server import Server
from support.waiting import eventually


def kill_all(server: Server) -> None:
    """Kill master and workers, and clear away what the master would have."""
    workers = server.workers()
    (metrics,) = set(re.findall(r"/dev/shm/api-metrics-\w+", Path(f"/proc/{workers[0]}/maps").read_text()))
    for process in (server.process.pid, *workers):
        os.kill(process, signal.SIGKILL)
    server.process.wait(60)

    def all_ended() -> None:
        assert all(_has_ended(worker) for worker in workers)

    eventually(all_ended, within=10)
    shutil.rmtree(metrics)


def _has_ended(process: int) -> bool:
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"
