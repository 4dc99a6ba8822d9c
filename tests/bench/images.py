"""The images of a benchmark: the API as it is in this checkout, and what it is compared with."""

import hashlib

from host import command, console, setup
from host.trouble import Trouble

# Of this checkout, so that two checkouts on one engine do not sweep each other's containers.
PREFIX = f"fsqbench-{hashlib.sha256(str(command.ROOT).encode()).hexdigest()[:6]}"
IMAGE_TAG = f"bench-{PREFIX[-6:]}"
API_IMAGE = f"fastapi-sqlite/api:{IMAGE_TAG}"
REPLICA_IMAGE = f"fastapi-sqlite/replica:{IMAGE_TAG}"
APPS_IMAGE = f"fastapi-sqlite/bench-apps:{IMAGE_TAG}"
LOAD_IMAGE = f"fastapi-sqlite/bench-load:{IMAGE_TAG}"

FILES = {"compose.yaml": ["api", "replica"], "tests/bench/compose.yaml": ["apps", "load"]}


def build() -> None:
    """Build the images that are measured.

    Raises:
        Trouble: One could not be built, with the end of what the build said.

    """
    environment = {"IMAGE_TAG": IMAGE_TAG, "BASE_IMAGE": setup.prepare()}
    for file, services in FILES.items():
        console.say(f"Building the images of {file}.")
        lines: list[str] = []
        compose = ("docker", "compose", "--file", file, "--env-file", "/dev/null", "build", *services)
        if command.follow(*compose, environment=environment, each=lines.append):
            raise Trouble(f"The images of {file} could not be built.\n" + "\n".join(lines[-20:]))
