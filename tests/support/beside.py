"""Another program on the volume, beside the API."""

from collections.abc import Iterator
from contextlib import contextmanager

from support.images import API_IMAGE
from support.stack import Stack, labels
from support.waiting import eventually

CONNECT = "import sqlite3, time\nc = sqlite3.connect('/data/api.db', isolation_level=None, timeout=20)\n"


@contextmanager
def beside(stack: Stack, code: str) -> Iterator[None]:
    """Run Python code with a connection `c`, as the API's user, until the block ends; it prints `bit` once it bites."""
    container = stack.docker.containers.run(
        API_IMAGE,
        ["python3", "-c", CONNECT + code],
        volumes={f"{stack.project}_data": {"bind": "/data"}},
        tmpfs={"/tmp": "size=256m,mode=1777"},
        labels=labels(),
        network_mode="none",
        detach=True,
    )
    try:

        def bitten() -> None:
            assert b"bit" in container.logs(), f"the fault did not bite: {container.logs().decode()}"

        eventually(bitten, within=20)
        yield
    finally:
        container.remove(force=True)
