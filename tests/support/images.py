"""The images under test, built once in a run, with the one compose file that users build with."""

import fcntl
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from host import setup
from proof import run
from proof.run import CHECKOUT

ROOT = Path(__file__).resolve().parents[2]

IMAGE_TAG = f"test-{CHECKOUT}"
API_IMAGE = f"fastapi-sqlite/api:{IMAGE_TAG}"
HEALTHCHECKER_IMAGE = f"fastapi-sqlite/healthchecker:{IMAGE_TAG}"
REPLICA_IMAGE = f"fastapi-sqlite/replica:{IMAGE_TAG}"
PROMETHEUS_IMAGE = f"fastapi-sqlite/prometheus:{IMAGE_TAG}"


def build(*services: str) -> None:
    """Build the images of services, by default most of them, unless a process of this run has done so.

    Raises:
        AssertionError: They cannot be built.

    """
    once("images-" + "-".join(services), lambda: _build(services))


def once(name: str, work: Callable[[], None]) -> None:
    """Do something once in a run, whichever of its processes is the first that needs it; the others wait."""
    done = run.current().scratch / f"{name}.done"
    with (run.FOLDER / "building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            work()
            done.touch()


def _build(services: tuple[str, ...]) -> None:
    environment = {**os.environ, "IMAGE_TAG": IMAGE_TAG, "BASE_IMAGE": setup.prepare()}
    compose = ["docker", "compose", "--file", "compose.yaml", "--env-file", "/dev/null", "--profile", "replica"]
    command = [*compose, "build", "--quiet", *services]
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, f"the images cannot be built:\n{built.stdout}{built.stderr}"
