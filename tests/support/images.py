"""The images under test, built once in a run, with the one compose file that users build with."""

import fcntl
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from host import setup
from host.trouble import Trouble
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
    """Do something once in a run, whichever of its processes is the first that needs it; the others wait.

    Raises:
        AssertionError: It did not work, for whoever needs it.

    """
    this = run.current()
    result = this.scratch / f"{name}.result"
    with (run.FOLDER / "building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            this.engine_mark.touch()
            result.write_text(_failure(work))
    assert not (failure := result.read_text()), failure


def _failure(work: Callable[[], None]) -> str:
    try:
        work()
    except (AssertionError, OSError, Trouble) as error:
        return str(error) or repr(error)
    return ""


def base_image() -> str:
    """Return the name of the image to build on, bringing it where it is missing.

    Raises:
        Trouble: It cannot be had.

    """
    os.environ["COMPOSE_FILE"] = "compose.yaml"  # without an override of whoever owns this clone
    try:
        return setup.prepare()
    finally:
        del os.environ["COMPOSE_FILE"]


def _build(services: tuple[str, ...]) -> None:
    environment = {**os.environ, "IMAGE_TAG": IMAGE_TAG, "BASE_IMAGE": base_image()}
    compose = ["docker", "compose", "--file", "compose.yaml", "--env-file", "/dev/null", "--profile", "replica"]
    command = [*compose, "build", "--quiet", *services]
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, f"the images cannot be built:\n{built.stdout}{built.stderr}"
