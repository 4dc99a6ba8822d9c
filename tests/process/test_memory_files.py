"""The memory in which the workers count together, and what becomes of the service where there is none."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from support.fault_matrix import cannot_run_here
from support.metrics import total
from support.server import ANEW, Server, running_server
from support.waiting import eventually


@pytest.fixture(params=["4k", "1m"])
def tiny_memory(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a server see so little of /dev/shm; it is gone with the server's last process."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        cannot_run_here("only root can give a server its own /dev/shm, with unshare")
    python = tmp_path / "python"
    mount = f"mount -t tmpfs -o size={request.param} tmpfs /dev/shm"
    python.write_text(f"""#!/bin/sh\nexec unshare --mount sh -c '{mount} && exec {sys.executable} "$@"' sh "$@"\n""")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))


def counts(server: Server) -> None:
    assert total(server.client.get("/metrics").text, "http_requests_total", route="/tasks", status="2xx") > 0


@pytest.mark.fault("M5")
@pytest.mark.usefixtures("tiny_memory")
def test_without_memory_to_count_in_every_request_is_answered_and_no_worker_dies(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with running_server(tmp_path / "data" / "api.db") as server:
        workers = server.workers()
        for _ in range(50):
            for path in ("/tasks", "/db-check", "/metrics", "/nope"):
                assert server.client.get(path, headers=ANEW).status_code in {200, 404}
        eventually(lambda: counts(server), within=5)
        assert server.workers() == workers
        assert "Traceback" not in server.log
        assert server.log.count("each worker counts for itself") == 1
        assert server.stop() == 0
